/* sqz_outputs.h - private: from accumulators of one filter on a few pixels to bytes.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_OUTPUTS_H
#define SQZ_OUTPUTS_H

#include "sqz_lanes.h"
#include "sqz_strip.h"

#if defined(__GNUC__)
#define SQZ_FALL_THROUGH __attribute__((fallthrough))
#else
#define SQZ_FALL_THROUGH ((void)0)
#endif

enum { SQZ_OUTPUTS = 8 }; /* pixels at once */

/* COUNT outputs of filter FILTER of TILE's layer, STRIDE bytes apart. Accumulators begin with BIAS;
 * weights are lifted. IS_PLAIN: FACTOR is all that is left to do. */
typedef struct {
    const sqz_tile_t *tile;
    int32_t filter;
    int32_t bias;
    int32_t is_plain;
    int32_t factor;
    int32_t stride;
    int32_t count; /* 1..SQZ_OUTPUTS */
    uint8_t *at;
} sqz_outputs_t;

/* Outputs of the tile's first filter. */
sqz_outputs_t sqz_outputs_first(const sqz_tile_t *tile, sqz_strip_t strip);

/* Go on to the next filter of the tile, at the same pixels. */
static inline void sqz_outputs_next(sqz_outputs_t *out)
{
    const sqz_conv_t *const layer = out->tile->layer;

    out->filter++;
    out->at++;
    if (out->filter < layer->out_channels) {
        out->bias = layer->bias[out->filter];
        if (layer->requantizer.per_filter && out->is_plain) {
            out->factor = layer->requantizer.factor[out->filter];
        }
    }
}

/* Rescale ACC in any form, and what may follow it. */
void sqz_outputs_any(const sqz_outputs_t *out, const int32_t acc[SQZ_OUTPUTS]);

#define SQZ_OUTPUTS_ONE(i)                           \
    *at = (uint8_t)sqz_rescale(acc[i], factor); \
    at -= stride

/* Rescale ACC to OUT. */
static SQZ_ALWAYS_INLINE void sqz_outputs_put(const sqz_outputs_t *out,
                                              const int32_t acc[SQZ_OUTPUTS])
{
    const int32_t factor = out->factor;
    const int32_t stride = out->stride;
    uint8_t *at = out->at + (out->count - 1) * stride;

    if (!out->is_plain) { /* through a copy: ACC itself may stay in registers */
        const int32_t copy[SQZ_OUTPUTS] = {acc[0], acc[1], acc[2], acc[3],
                                           acc[4], acc[5], acc[6], acc[7]};

        sqz_outputs_any(out, copy);
        return;
    }
    switch (out->count) {
    case 8:
        SQZ_OUTPUTS_ONE(7);
        SQZ_FALL_THROUGH;
    case 7:
        SQZ_OUTPUTS_ONE(6);
        SQZ_FALL_THROUGH;
    case 6:
        SQZ_OUTPUTS_ONE(5);
        SQZ_FALL_THROUGH;
    case 5:
        SQZ_OUTPUTS_ONE(4);
        SQZ_FALL_THROUGH;
    case 4:
        SQZ_OUTPUTS_ONE(3);
        SQZ_FALL_THROUGH;
    case 3:
        SQZ_OUTPUTS_ONE(2);
        SQZ_FALL_THROUGH;
    case 2:
        SQZ_OUTPUTS_ONE(1);
        SQZ_FALL_THROUGH;
    default:
        *at = (uint8_t)sqz_rescale(acc[0], factor);
    }
}

#endif /* SQZ_OUTPUTS_H */
