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
    const int32_t limited = (int32_t)(whole > 1024 ? 1024 : whole);

    return sqz_clamp((acc < 0 ? -limited : limited) + zero_point, low);
}

/* AHEAD and DOUBT of SCALER: ahead * factor is (whole << 32) + start or, by about FACTOR at most,
 * more; what is more is in doubt too. */
static void look_ahead(sqz_scaler_t *scaler, uint32_t whole, uint32_t start)
{
    const uint32_t factor = (uint32_t)scaler->factor;
    uint32_t ahead = start / factor + 1;

    if (whole != 0) { /* a quotient and, rounded up, what its rest comes to */
        const uint32_t each = 0xffffffffu / factor;
        const uint32_t rest = 0u - each * factor;

        ahead += whole * each + whole * ((rest >> 8) + 1) / (factor >> 8) + 1;
        if (ahead * factor - start > factor) {
            ahead--;
        }
    }
    scaler->ahead = (int32_t)ahead;
    scaler->doubt = start + ahead * factor;
}

void sqz_scaler_init(sqz_scaler_t *scaler, const sqz_requantizer_t *requantizer,
                     int32_t channel)
{
    const int32_t at = requantizer->per_filter ? channel : 0;

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

        scaler->factor = (int32_t)((scaler->m << 8 | 0x80000000u) >> k);
        look_ahead(scaler, (uint32_t)(requantizer->zero_point - requantizer->low),
                   0x80000000u + width);
    }
}

SELDOM uint8_t sqz_requantize_apart(int32_t acc, const sqz_scaler_t *scaler,
                                    const sqz_requantizer_t *requantizer)
{
    return sqz_requantize(acc, scaler, requantizer);
}

SELDOM uint32_t sqz_checked4_alone(const int32_t acc[4], const sqz_scaler_t *scalers, int32_t step,
                                   const sqz_requantizer_t *requantizer)
{
    uint32_t bytes = 0;

    scalers += 3 * step;
    for (int32_t i = 3; i >= 0; i--, scalers -= step) {
        if (!sqz_checked_byte(&bytes, acc[i], scalers->factor, scalers->doubt)) {
            const uint32_t y = sqz_checked(acc[i] - scalers->ahead, scalers, requantizer);

            bytes = (bytes & ~255u) | (y - requantizer->low);
        }
    }
    return sqz_raise4(bytes, requantizer->low);
}
