/* sqz_block.c - outputs of a block of pixels, filter by filter.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_block.h"

static void rescale_fixed(const sqz_conv_t *layer, int32_t filter, const int32_t *sums,
                          sqz_outputs_t out)
{
    const sqz_requantizer_t *const requantizer = &layer->requantizer;
    const int32_t factor = requantizer->factor[requantizer->per_filter ? filter : 0];
    const int32_t bias = layer->bias[filter];
    const uint32_t lift = requantizer->lift;
    const uint32_t low = requantizer->low;

    for (; out.count > 0; out.count--, out.at += out.stride) {
        const int32_t acc = (int32_t)(((uint32_t)*sums++ << lift) + (uint32_t)bias);

        *out.at = (uint8_t)sqz_saturate8((int32_t)(sqz_rescale(acc, factor) + low));
    }
}

static void rescale_any(const sqz_conv_t *layer, int32_t filter, const int32_t *sums,
                        sqz_outputs_t out)
{
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &layer->requantizer, filter);
    for (; out.count > 0; out.count--, out.at += out.stride) {
        const int32_t acc = sqz_accumulator(*sums++, layer->bias[filter], &layer->requantizer);
        const uint8_t y = sqz_requantize(acc, &scaler, &layer->requantizer);

        *out.at = layer->remap ? layer->remap[y] : y;
    }
}

void sqz_outputs_put(const sqz_tile_t *tile, int32_t filter, const int32_t *sums,
                     sqz_outputs_t out)
{
    if (tile->is_fixed) {
        rescale_fixed(tile->layer, filter, sums, out);
    } else {
        rescale_any(tile->layer, filter, sums, out);
    }
}
