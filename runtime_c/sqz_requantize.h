/* sqz_requantize.h - int32 accumulators to uint8, equal to float32 arithmetic for all of them.
 *
 * y = clamp(rint_half_even((float)acc * m) + zero_point, low, 255) with a float32 m < 1
 * (SPEC.md section 2.3), in integers only. The compiler proves which form is right where.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_REQUANTIZE_H
#define SQZ_REQUANTIZE_H

#include "sqz_types.h"

enum {
    SQZ_REQUANTIZE_FIXED = 0,   /* (acc * factor + addend) >> shift */
    SQZ_REQUANTIZE_CHECKED = 1, /* multiply high; near a rounding boundary as EXACT */
    SQZ_REQUANTIZE_EXACT = 2,   /* the float32 operations, step by step */
};

/* One tensor's requantizer. Arrays have one entry, or one a filter when PER_FILTER is 1. */
typedef struct {
    uint8_t form;            /* SQZ_REQUANTIZE_... */
    uint8_t per_filter;      /* 0 or 1 */
    uint8_t zero_point;      /* of the output; FIXED has it inside ADDEND */
    uint8_t low;             /* smallest output: zero_point after a ReLU, else 0 */
    const int32_t *factor;   /* FIXED: 2^30..2^31 - 1 */
    const int64_t *addend;   /* FIXED */
    const uint8_t *shift;    /* FIXED: 31..53 */
    const uint32_t *m;       /* CHECKED, EXACT: the bits of the float32 multiplier */
} sqz_requantizer_t;

/* The parameters of one filter, unpacked once a tile. */
typedef struct {
    int64_t addend;
    int32_t factor;
    uint32_t shift;
    uint32_t m;
    uint32_t near; /* CHECKED: results whose discarded bits are at most this are in doubt */
} sqz_scaler_t;

/* Unpack what REQUANTIZER says about filter CHANNEL. */
void sqz_scaler_init(sqz_scaler_t *scaler, const sqz_requantizer_t *requantizer,
                     int32_t channel);

/* The definition, step by step: any finite normal m >= 0 with exponent at most 2^0. */
uint8_t sqz_requantize_exact(int32_t acc, uint32_t m, int32_t zero_point, int32_t low);

/* The right shifts below must be arithmetic. */
SQZ_STATIC_ASSERT((-3 >> 1) == -2);

static inline uint8_t sqz_clamp(int64_t value, int32_t low)
{
    if (value < low) {
        return (uint8_t)low;
    }
    return (uint8_t)(value > 255 ? 255 : value);
}

static inline uint8_t sqz_requantize(int32_t acc, const sqz_scaler_t *scaler,
                                     const sqz_requantizer_t *requantizer)
{
    const int32_t low = requantizer->low;
    const int64_t scaled = (int64_t)acc * scaler->factor + scaler->addend;

    if (requantizer->form == SQZ_REQUANTIZE_FIXED) {
        return sqz_clamp(scaled >> scaler->shift, low);
    }
    if (requantizer->form == SQZ_REQUANTIZE_CHECKED && (uint32_t)scaled > scaler->near) {
        return sqz_clamp(scaled >> 32, low);
    }
    return sqz_requantize_exact(acc, scaler->m, requantizer->zero_point, low);
}

#endif /* SQZ_REQUANTIZE_H */
