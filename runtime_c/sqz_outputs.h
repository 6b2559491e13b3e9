/* sqz_outputs.h - private: from accumulators of one filter on a few pixels to bytes.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_OUTPUTS_H
#define SQZ_OUTPUTS_H

#include "sqz_lanes.h"
#include "sqz_strip.h"

enum { SQZ_OUTPUTS = 8 }; /* pixels at once */

/* COUNT outputs of one filter of TILE's layer, STRIDE bytes apart. Accumulators begin with its BIAS;
 * weights are lifted. IS_PLAIN: FACTOR is all that is left to do; STEP factors a filter. */
typedef struct {
    const sqz_tile_t *tile;
    const int32_t *bias;
    const int32_t *factor;
    int32_t step;
    int32_t is_plain;
    int32_t stride;
    int32_t count; /* 1..SQZ_OUTPUTS */
    uint8_t *at;
} sqz_outputs_t;

/* Outputs of the tile's first filter. */
sqz_outputs_t sqz_outputs_first(const sqz_tile_t *tile, sqz_strip_t strip);

/* Go on to the next filter, at the same pixels. */
static inline void sqz_outputs_next(sqz_outputs_t *out)
{
    out->bias++;
    out->factor += out->step;
    out->at++;
}

/* Rescale ACC in any form, and what may follow it. */
void sqz_outputs_any(const sqz_outputs_t *out, const int32_t acc[SQZ_OUTPUTS]);

/* Output I, the last one first; what is compared with LEAST and MOST are constants. */
#define SQZ_OUTPUTS_ONE(i)                                           \
    do {                                                             \
        if ((i) < least || ((i) < most && count > (i))) {            \
            *at = (uint8_t)sqz_rescale(acc[i], factor);              \
            at -= stride;                                            \
        }                                                            \
    } while (0)

/* Rescale ACC to OUT, of LEAST to MOST pixels, constants. */
static SQZ_ALWAYS_INLINE void sqz_outputs_put(const sqz_outputs_t *out,
                                              const int32_t acc[SQZ_OUTPUTS], int32_t least,
                                              int32_t most)
{
    if (!out->is_plain) { /* through a copy: ACC itself may stay in registers */
        const int32_t copy[SQZ_OUTPUTS] = {acc[0], acc[1], acc[2], acc[3],
                                           acc[4], acc[5], acc[6], acc[7]};

        sqz_outputs_any(out, copy);
        return;
    }
    const int32_t factor = *out->factor;
    const int32_t stride = out->stride;
    const int32_t count = out->count;
    uint8_t *at = out->at + (count - 1) * stride;

    SQZ_OUTPUTS_ONE(7);
    SQZ_OUTPUTS_ONE(6);
    SQZ_OUTPUTS_ONE(5);
    SQZ_OUTPUTS_ONE(4);
    SQZ_OUTPUTS_ONE(3);
    SQZ_OUTPUTS_ONE(2);
    SQZ_OUTPUTS_ONE(1);
    SQZ_OUTPUTS_ONE(0);
}

#endif /* SQZ_OUTPUTS_H */
