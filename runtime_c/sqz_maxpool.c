/* sqz_maxpool.c - maximum over windows, cut at the edges.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_kernels.h"

/* A window, cut to the part that lies inside of the map. */
typedef struct {
    int32_t top;
    int32_t bottom;
    int32_t left;
    int32_t right;
} box_t;

static uint8_t max_in_box(const sqz_map_t *map, const uint8_t *in, const box_t *box,
                          int32_t channel)
{
    const int32_t row_bytes = map->width * map->channels;
    uint8_t largest = 0;

    for (int32_t y = box->top; y < box->bottom; y++) {
        const uint8_t *const row = in + (y % map->held) * row_bytes + channel;

        for (int32_t x = box->left; x < box->right; x++) {
            const uint8_t value = row[x * map->channels];
            largest = value > largest ? value : largest;
        }
    }
    return largest;
}

void sqz_maxpool(const sqz_maxpool_t *layer, const uint8_t *in, uint8_t *out,
                 int32_t first_row, int32_t rows)
{
    const sqz_window_t *const window = &layer->window;
    const int32_t channels = layer->out.channels;
    const int32_t row_bytes = layer->out.width * channels;

    sqz_profile(layer->layer, SQZ_PHASE_POOL);
    for (int32_t row = first_row; row < first_row + rows; row++) {
        uint8_t *const out_row = out + (row % layer->out.held) * row_bytes;

        for (int32_t x = 0; x < layer->out.width; x++) {
            const int32_t left = x * window->stride - window->padding;
            const int32_t right = left + window->width;
            const box_t box = {
                .top = sqz_rows_begin(window, row),
                .bottom = sqz_rows_end(window, layer->in.height, row),
                .left = left > 0 ? left : 0,
                .right = right < layer->in.width ? right : layer->in.width,
            };

            for (int32_t c = 0; c < channels; c++) {
                out_row[x * channels + c] = max_in_box(&layer->in, in, &box, c);
            }
        }
        sqz_trace(layer->layer, row, 1, 0, channels, channels, out_row);
    }
    sqz_profile(layer->layer, SQZ_PHASE_OTHER);
}
