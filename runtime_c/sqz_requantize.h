/* sqz_requantize.h - int32 accumulators to uint8, equal to float32 arithmetic.
 *
 * y = clamp(rint_half_even((float)(sum + b) * m) + zero_point, low, 255) with a float32 m < 1
 * (SPEC.md section 2.3), in integers only. The compiler proves which form is right where.
 *
 * All forms take the accumulator acc = sum * 2^lift + bias, where BIAS is what lies in flash: a
 * kernel that lifts its weights when it unpacks them gets the factor 2^lift for nothing. Sums and
 * additions may wrap on the way; acc itself is in range.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_REQUANTIZE_H
#define SQZ_REQUANTIZE_H

#include "sqz_types.h"

#if defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
#endif
#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#endif

enum {
    SQZ_REQUANTIZE_FIXED = 0,   /* (acc * factor) >> (32 + SQZ_REQUANTIZE_SHIFT) */
    SQZ_REQUANTIZE_CHECKED = 1, /* multiply high; near a rounding boundary as EXACT */
    SQZ_REQUANTIZE_EXACT = 2,   /* the float32 operations, step by step */
};

/* FIXED: one constant for all networks, so that it is part of the saturating instruction. */
#define SQZ_REQUANTIZE_SHIFT 10

/* One tensor's requantizer. Arrays have one entry, or one a filter when PER_FILTER is 1. */
typedef struct {
    uint8_t form;            /* SQZ_REQUANTIZE_... */
    uint8_t per_filter;      /* 0 or 1 */
    uint8_t zero_point;      /* of the output; FIXED has it inside the bias */
    uint8_t low;             /* smallest output: zero_point after a ReLU, else 0 */
    uint8_t lift;            /* 0..8; 0 unless FIXED */
    const int32_t *factor;   /* FIXED: 1..2^31 - 1 */
    const uint32_t *m;       /* CHECKED, EXACT: the bits of the float32 multiplier */
} sqz_requantizer_t;

/* The parameters of one filter. AHEAD and DOUBT are for sums that begin with AHEAD beside the bias:
 * it is about what rounding and the zero point add to the output, so that the product's high word
 * is the output, unless its low word is at most DOUBT. */
typedef struct {
    int32_t factor; /* FIXED, CHECKED */
    uint32_t m;     /* CHECKED, EXACT */
    int32_t ahead;  /* CHECKED: 0..2^29 */
    uint32_t doubt; /* CHECKED */
} sqz_scaler_t;

/* Unpack what REQUANTIZER says about filter CHANNEL. */
void sqz_scaler_init(sqz_scaler_t *scaler, const sqz_requantizer_t *requantizer,
                     int32_t channel);

/* The definition, step by step: any finite normal m >= 0 with exponent at most 2^0. */
uint8_t sqz_requantize_exact(int32_t acc, uint32_t m, int32_t zero_point, int32_t low);

/* sqz_requantize where it need not be quick. */
uint8_t sqz_requantize_apart(int32_t acc, const sqz_scaler_t *scaler,
                             const sqz_requantizer_t *requantizer);

/* sqz_checked4 where an output is in doubt: one by one. STEP is 1, or 0 where all have one m. */
uint32_t sqz_checked4_alone(const int32_t acc[4], const sqz_scaler_t *scalers, int32_t step,
                            const sqz_requantizer_t *requantizer);

/* The right shifts below must be arithmetic. */
SQZ_STATIC_ASSERT((-3 >> 1) == -2);

/* A sum of products as accumulator: sum * 2^lift + bias, modulo 2^32. */
static inline int32_t sqz_accumulator(int32_t sum, int32_t bias,
                                      const sqz_requantizer_t *requantizer)
{
    return (int32_t)(((uint32_t)sum << requantizer->lift) + (uint32_t)bias);
}

static inline uint8_t sqz_clamp(int32_t value, int32_t low)
{
    if (value < low) {
        return (uint8_t)low;
    }
    return (uint8_t)(value > 255 ? 255 : value);
}

/* With a shift to the right before it, one instruction: USAT. */
static inline uint32_t sqz_saturate8(int32_t value)
{
    const int32_t positive = value < 0 ? 0 : value;

    return (uint32_t)(positive > 255 ? 255 : positive);
}

/* (acc * factor) >> 32 where nothing multiplies to 64 bits: four products of halves, none of
 * which leaves 32 bits, for 0 <= factor < 2^31. */
static inline int32_t sqz_multiply_high_by_halves(int32_t acc, int32_t factor)
{
    const uint32_t acc_low = (uint32_t)acc & 0xffffu;
    const int32_t acc_high = acc >> 16;
    const uint32_t factor_low = (uint32_t)factor & 0xffffu;
    const int32_t factor_high = factor >> 16;
    const int32_t middle =
        acc_high * (int32_t)factor_low + (int32_t)((acc_low * factor_low) >> 16);
    const int32_t rest = (int32_t)(acc_low * (uint32_t)factor_high) + (middle & 0xffff);

    return acc_high * factor_high + (middle >> 16) + (rest >> 16);
}

/* One instruction where the core multiplies to 64 bits: SMULL. */
static inline int32_t sqz_multiply_high(int32_t acc, int32_t factor)
{
#if defined(__thumb__) && !defined(__thumb2__)
    return sqz_multiply_high_by_halves(acc, factor);
#else
    return (int32_t)(((int64_t)acc * factor) >> 32);
#endif
}

/* Form FIXED before LOW is added: SMULL and USAT. */
static inline uint32_t sqz_rescale(int32_t acc, int32_t factor)
{
    return sqz_saturate8(sqz_multiply_high(acc, factor) >> SQZ_REQUANTIZE_SHIFT);
}

/* Add LOW to four bytes, at most to 255. */
static inline uint32_t sqz_raise4(uint32_t bytes, uint8_t low)
{
#if defined(__ARM_FEATURE_SIMD32)
    return __uqadd8(bytes, low * 0x01010101u);
#else
    if (low != 0) {
        const uint32_t even = (bytes & 0x00ff00ffu) + low * 0x00010001u;
        const uint32_t odd = ((bytes >> 8) & 0x00ff00ffu) + low * 0x00010001u;
        const uint32_t over_even = (even >> 8) & 0x00010001u;
        const uint32_t over_odd = (odd >> 8) & 0x00010001u;

        return ((even | over_even * 255u) & 0x00ff00ffu)
               | ((odd | over_odd * 255u) & 0x00ff00ffu) << 8;
    }
    return bytes;
#endif
}

/* Form FIXED: four filters of one pixel, filter i in byte i (the lowest is byte 0). */
static inline uint32_t sqz_rescale4(const int32_t acc[4], const int32_t factor[4], uint8_t low)
{
    uint32_t bytes = sqz_rescale(acc[3], factor[3]);

    bytes = bytes << 8 | sqz_rescale(acc[2], factor[2]);
    bytes = bytes << 8 | sqz_rescale(acc[1], factor[1]);
    bytes = bytes << 8 | sqz_rescale(acc[0], factor[0]);

    return sqz_raise4(bytes, low);
}

/* What sums begin with for sqz_checked4. */
static inline int32_t sqz_ahead(int32_t bias, const sqz_scaler_t *scaler)
{
    return (int32_t)((uint32_t)bias + (uint32_t)scaler->ahead);
}

/* Put one more output below BYTES; 0 where it is in doubt. */
static inline int32_t sqz_checked_byte(uint32_t *bytes, int32_t acc, int32_t factor,
                                       uint32_t doubt)
{
#if defined(__thumb__) && !defined(__thumb2__)
    *bytes = *bytes << 8 | sqz_saturate8(sqz_multiply_high_by_halves(acc, factor));
    return (uint32_t)acc * (uint32_t)factor > doubt;
#else
    const int64_t product = (int64_t)acc * factor;

    *bytes = *bytes << 8 | sqz_saturate8((int32_t)(product >> 32));
    return (uint32_t)product > doubt;
#endif
}

/* Form CHECKED: four filters of one pixel, filter i in byte i; sums that began with what is ahead.
 * That none is in doubt is usual. LOW is REQUANTIZER's: a value that no address is taken of, so that
 * it stays in a register. */
static inline uint32_t sqz_checked4(const int32_t acc[4], const sqz_scaler_t scalers[4],
                                    uint8_t low, const sqz_requantizer_t *requantizer)
{
    uint32_t bytes = 0;

    if (sqz_checked_byte(&bytes, acc[3], scalers[3].factor, scalers[3].doubt)
        && sqz_checked_byte(&bytes, acc[2], scalers[2].factor, scalers[2].doubt)
        && sqz_checked_byte(&bytes, acc[1], scalers[1].factor, scalers[1].doubt)
        && sqz_checked_byte(&bytes, acc[0], scalers[0].factor, scalers[0].doubt)) {
        return sqz_raise4(bytes, low);
    }
    return sqz_checked4_alone(acc, scalers, 1, requantizer);
}

/* The same where all filters have one multiplier: ALIKE is a copy of SCALER, likewise. */
static inline uint32_t sqz_checked4_alike(const int32_t acc[4], sqz_scaler_t alike, uint8_t low,
                                          const sqz_scaler_t *scaler,
                                          const sqz_requantizer_t *requantizer)
{
    uint32_t bytes = 0;

    if (sqz_checked_byte(&bytes, acc[3], alike.factor, alike.doubt)
        && sqz_checked_byte(&bytes, acc[2], alike.factor, alike.doubt)
        && sqz_checked_byte(&bytes, acc[1], alike.factor, alike.doubt)
        && sqz_checked_byte(&bytes, acc[0], alike.factor, alike.doubt)) {
        return sqz_raise4(bytes, low);
    }
    return sqz_checked4_alone(acc, scaler, 0, requantizer);
}

/* 2^31 and the width that bounds, in units of 2^-32, what a factor rounded down and the two roundings
 * of the float32 result can differ by (SPEC.md section 2.3). */
static inline uint32_t sqz_start(const sqz_scaler_t *scaler)
{
    return scaler->doubt - (uint32_t)scaler->ahead * (uint32_t)scaler->factor;
}

/* Form CHECKED: one filter of one pixel, nothing ahead; all accumulators. */
static inline uint8_t sqz_checked(int32_t acc, const sqz_scaler_t *scaler,
                                  const sqz_requantizer_t *requantizer)
{
    const uint32_t low = requantizer->low;
    const uint32_t whole = requantizer->zero_point - low;
    const uint32_t start = sqz_start(scaler);
    const int64_t scaled =
        (int64_t)acc * scaler->factor + (int64_t)((uint64_t)whole << 32 | start);

    if ((uint32_t)scaled <= start << 1) {
        return sqz_requantize_exact(acc, scaler->m, requantizer->zero_point, requantizer->low);
    }
    return (uint8_t)sqz_saturate8((int32_t)(sqz_saturate8((int32_t)(scaled >> 32)) + low));
}

/* Any form: one filter of one pixel. */
static inline uint8_t sqz_requantize(int32_t acc, const sqz_scaler_t *scaler,
                                     const sqz_requantizer_t *requantizer)
{
    const uint32_t low = requantizer->low;

    if (requantizer->form == SQZ_REQUANTIZE_FIXED) {
        return (uint8_t)sqz_saturate8((int32_t)(sqz_rescale(acc, scaler->factor) + low));
    }
    if (requantizer->form == SQZ_REQUANTIZE_CHECKED) {
        return sqz_checked(acc, scaler, requantizer);
    }
    return sqz_requantize_exact(acc, scaler->m, requantizer->zero_point, requantizer->low);
}

#if defined(__ARM_FEATURE_MVE)
/* Form FIXED: four accumulators to the lowest byte of each lane (store with vstrbq_u32); the other
 * bytes are void. VMULH, VSHR, VQMOVUNB, VQMOVNB, VQADD. VQSHRUNB would shift and saturate at once,
 * but GNU as encodes it as VQRSHRUNB, which rounds (binutils 2.40). */
static inline uint32x4_t sqz_rescale_lanes(int32x4_t acc, int32x4_t factor, uint8_t low)
{
    const int32x4_t whole = vshrq_n_s32(vmulhq_s32(acc, factor), SQZ_REQUANTIZE_SHIFT);
    const uint16x8_t halves = vqmovunbq_s32(vuninitializedq_u16(), whole);
    const uint8x16_t bytes = vqmovnbq_u16(vuninitializedq_u8(), halves);

    return vreinterpretq_u32_u8(vqaddq_n_u8(bytes, low));
}
#endif

#endif /* SQZ_REQUANTIZE_H */
