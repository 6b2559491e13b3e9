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
        .bias = layer->bias + tile->first,
        .factor = layer->bias, /* any place */
        .stride = strip.stride,
        .at = strip.at,
    };

    if (tile->form == SQZ_REQUANTIZE_FIXED && requantizer->low == 0) {
        out.is_plain = 1;
        out.step = requantizer->per_filter;
        out.factor = requantizer->factor + out.step * tile->first;
    }
    return out;
}

void sqz_outputs_any(const sqz_outputs_t *out, const int32_t acc[SQZ_OUTPUTS])
{
    const sqz_conv_t *const layer = out->tile->layer;
    const sqz_requantizer_t requantizer = layer->requantizer;
    uint8_t *at = out->at;
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &requantizer, (int32_t)(out->bias - layer->bias));
    if (out->tile->form == SQZ_REQUANTIZE_CHECKED) {
        for (int32_t i = 0; i < out->count; i++, at += out->stride) {
            *at = sqz_checked(acc[i], &scaler, &requantizer);
        }
        return;
    }
    for (int32_t i = 0; i < out->count; i++, at += out->stride) {
        const uint8_t y = sqz_requantize_apart(acc[i], &scaler, &requantizer);

        *at = layer->remap ? layer->remap[y] : y;
    }
}
