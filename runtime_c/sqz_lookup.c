/* sqz_lookup.c - raw pixels to quantized values, for networks whose preprocessing cannot be
 * folded into the first convolution.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_kernels.h"

void sqz_lookup(const sqz_lookup_t *layer, const uint8_t *in, uint8_t *out, int32_t first_row,
                int32_t rows)
{
    const int32_t channels = layer->in.channels;
    const int32_t row_bytes = layer->in.width * channels;

    sqz_profile(layer->layer, SQZ_PHASE_OTHER);
    for (int32_t row = first_row; row < first_row + rows; row++) {
        const uint8_t *const from = in + (row % layer->in.held) * row_bytes;
        uint8_t *const to = out + (row % layer->out_held) * row_bytes;

        for (int32_t x = 0; x < row_bytes; x += channels) {
            for (int32_t c = 0; c < channels; c++) {
                to[x + c] = layer->table[c * 256 + from[x + c]];
            }
        }
        sqz_trace(layer->layer, row, 1, 0, channels, channels, to);
    }
}
