/* sqz_requantize.c - the slow, exact requantizer and the unpacking of the fast ones.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_requantize.h"

/* Once each: what is needed seldom is to be small. */
#if defined(__GNUC__)
#define SELDOM __attribute__((noinline, cold))
#else
#define SELDOM
#endif

enum { MANTISSA_BITS = 24 };

/* m = mantissa * 2^(exponent - 150) */
static uint32_t mantissa_of(uint32_t m)
{
    return (m & 0x7fffffu) | 0x800000u;
}

static int32_t exponent_of(uint32_t m)
{
    return (int32_t)(m >> 23);
}

/* VALUE / 2^COUNT, rounded half to even. */
static SELDOM uint64_t shift_right_half_even(uint64_t value, int32_t count)
{
    if (count <= 0) {
        return value;
    }
    if (count > 62) {
        return 0;
    }
    const uint64_t half = (uint64_t)1 << (count - 1);
    const uint64_t rest = value & ((half << 1) - 1);
    const uint64_t down = value >> count;
    const int up = rest > half || (rest == half && (down & 1));

    return down + (uint64_t)up;
}

static SELDOM int32_t bits_above_mantissa(uint64_t value)
{
    int32_t count = 0;
    while ((value >> count) >= ((uint64_t)1 << MANTISSA_BITS)) {
        count++;
    }
    return count;
}

uint8_t sqz_requantize_exact(int32_t acc, uint32_t m, int32_t zero_point, int32_t low)
{
    const uint64_t magnitude = acc < 0 ? (uint64_t)(-(int64_t)acc) : (uint64_t)acc;

    /* (float)acc: 24 significant bits. Rounding may carry to 2^24, which is exact too. */
    const int32_t shift_in = bits_above_mantissa(magnitude);
    const uint64_t acc_mantissa = shift_right_half_even(magnitude, shift_in);

    /* The float32 product: 48 bits rounded to 24. */
    const uint64_t product = acc_mantissa * mantissa_of(m);
    const int32_t shift_product = bits_above_mantissa(product);
    const uint64_t rounded = shift_right_half_even(product, shift_product);

    /* rint: rounded * 2^exponent to an integer. A non-negative exponent here means a value of
     * at least 2^23, far past the clamp, unless the product is 0. */
    const int32_t exponent = shift_in + shift_product + exponent_of(m) - 150;
    const uint64_t whole = shift_right_half_even(rounded, -exponent);
    const int64_t limited = (int64_t)(whole > 1024 ? 1024 : whole);

    return sqz_clamp((acc < 0 ? -limited : limited) + zero_point, low);
}

void sqz_scaler_init(sqz_scaler_t *scaler, const sqz_requantizer_t *requantizer,
                     int32_t channel)
{
    const int32_t at = requantizer->per_filter ? channel : 0;

    *scaler = (sqz_scaler_t){.factor = 0, .start = 0, .m = 0};
    if (requantizer->form == SQZ_REQUANTIZE_FIXED) {
        scaler->factor = requantizer->factor[at];
        return;
    }
    scaler->m = requantizer->m[at];
    if (requantizer->form == SQZ_REQUANTIZE_CHECKED) {
        /* FACTOR is m * 2^32 rounded down; WIDTH bounds what that and the two roundings of the
         * float32 result can differ by, in units of 2^-32 (SPEC.md section 2.3). */
        const int32_t k = 126 - exponent_of(scaler->m);
        const uint32_t width = (1u << 17) + (512u << k) + 2u;

        scaler->factor = (int32_t)((mantissa_of(scaler->m) << 8) >> k);
        scaler->start = 0x80000000u + width;
    }
}

SELDOM uint8_t sqz_requantize_apart(int32_t acc, const sqz_scaler_t *scaler,
                                    const sqz_requantizer_t *requantizer)
{
    return sqz_requantize(acc, scaler, requantizer);
}

uint32_t sqz_checked4_apart(const int32_t acc[4], const sqz_scaler_t scalers[4],
                            const sqz_requantizer_t *requantizer)
{
    return sqz_checked4(acc, scalers, requantizer);
}

SELDOM uint32_t sqz_requantize4_alone(const int32_t acc[4], const sqz_scaler_t *scalers,
                                      int32_t step, const sqz_requantizer_t *requantizer)
{
    uint32_t bytes = 0;

    for (uint32_t i = 0; i < 4; i++, scalers += step) {
        bytes |= (uint32_t)sqz_requantize_apart(acc[i], scalers, requantizer) << (8 * i);
    }
    return bytes;
}
