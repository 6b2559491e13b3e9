/* sqz_outputs.c - outputs of one filter on a few pixels, in any form of rescaling.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_outputs.h"

sqz_outputs_t sqz_outputs_first(const sqz_tile_t *tile, sqz_strip_t strip)
{
    const sqz_conv_t *const layer = tile->layer;
    const sqz_requantizer_t *const requantizer = &layer->requantizer;
    sqz_outputs_t out = {
        .tile = tile,
        .filter = tile->first,
        .bias = layer->bias[tile->first],
        .is_plain = tile->form == SQZ_REQUANTIZE_FIXED && requantizer->low == 0,
        .stride = strip.stride,
        .at = strip.at,
    };

    if (out.is_plain) {
        out.factor = requantizer->factor[requantizer->per_filter ? tile->first : 0];
    }
    return out;
}

void sqz_outputs_any(const sqz_outputs_t *out, const int32_t acc[SQZ_OUTPUTS])
{
    const sqz_conv_t *const layer = out->tile->layer;
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &layer->requantizer, out->filter);
    for (int32_t i = 0; i < out->count; i++) {
        const uint8_t y = sqz_requantize(acc[i], &scaler, &layer->requantizer);

        out->at[i * out->stride] = layer->remap ? layer->remap[y] : y;
    }
}
