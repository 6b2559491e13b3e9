/* sqz_conv.c - convolutions, a few filters at a time: stored, pooled or averaged.
 *
 * A tile of filters is decoded, then swept over every pixel of the rows: only one tile is ever
 * unpacked in RAM, and each is decoded once a call.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_strip.h"

int32_t sqz_rows_begin(const sqz_window_t *window, int32_t row)
{
    return sqz_max(0, row * window->stride - window->padding);
}

int32_t sqz_rows_end(const sqz_window_t *window, int32_t in_height, int32_t row)
{
    return sqz_min(in_height, row * window->stride - window->padding + window->height);
}

int32_t sqz_rows_under(const sqz_maxpool_t *pool, int32_t pool_rows)
{
    return pool_rows > 0 ? sqz_rows_end(&pool->window, pool->in.height, pool_rows - 1) : 0;
}

void sqz_conv(const sqz_conv_t *layer, const uint8_t *in, uint8_t *out, int32_t first_row,
              int32_t rows, sqz_work_t *work)
{
    const int32_t row_bytes = layer->out.width * layer->out.channels;
    sqz_decoder_t decoder;
    sqz_tile_t tile;

    if (rows <= 0) {
        return;
    }
    sqz_tiles_open(&decoder, layer, work);
    for (int32_t first = 0; first < layer->out_channels; first += tile.channels) {
        sqz_tile_read(&tile, layer, first, &decoder, work);
        for (int32_t row = first_row; row < first_row + rows; row++) {
            const sqz_strip_t strip = {
                .at = out + (row % layer->out.held) * row_bytes + layer->first_channel + first,
                .stride = layer->out.channels,
            };
            sqz_strip_compute(&tile, in, row, strip);
        }
    }
    sqz_profile(layer->layer, SQZ_PHASE_OTHER);
}

#ifdef SQZ_TRACE
/* Hand out the rows of POOL that row ROW of the convolution completes. */
static void trace_pool(const sqz_tile_t *tile, const sqz_maxpool_t *pool, int32_t row,
                       const sqz_pooled_t *out)
{
    for (int32_t pooled = 0; pooled < pool->out.height; pooled++) {
        if (row == sqz_rows_end(&pool->window, pool->in.height, pooled) - 1) {
            sqz_trace(pool->layer, pooled, 1, tile->layer->first_channel + tile->first,
                      tile->channels, out->stride,
                      out->at + (pooled % out->held) * out->row_bytes);
        }
    }
}
#else
#define trace_pool(tile, pool, row, out) ((void)0)
#endif

void sqz_conv_maxpool(const sqz_conv_t *layer, const sqz_maxpool_t *pool, const uint8_t *in,
                      uint8_t *out, int32_t first_row, int32_t rows, sqz_work_t *work)
{
    const sqz_strip_t strip = {.at = work->strip, .stride = work->tile_channels};
    sqz_decoder_t decoder;
    sqz_tile_t tile;

    if (rows <= 0) {
        return;
    }
    sqz_tiles_open(&decoder, layer, work);
    for (int32_t first = 0; first < layer->out_channels; first += tile.channels) {
        const sqz_pooled_t pooled = {
            .at = out + layer->first_channel + first,
            .row_bytes = pool->out.width * pool->out.channels,
            .stride = pool->out.channels,
            .held = pool->out.held,
        };

        sqz_tile_read(&tile, layer, first, &decoder, work);
        for (int32_t row = first_row; row < first_row + rows; row++) {
            sqz_strip_compute(&tile, in, row, strip);
            sqz_strip_pool(pool, strip, tile.channels, row, &pooled);
            trace_pool(&tile, pool, row, &pooled);
        }
    }
    sqz_profile(layer->layer, SQZ_PHASE_OTHER);
}

/* Add WIDTH pixels of STRIP to SUMS, channel by channel. */
static void add_strip(sqz_strip_t strip, int32_t width, int32_t channels, int32_t *sums)
{
    int32_t c = 0;

    for (; c + SQZ_GROUP <= channels; c += SQZ_GROUP) {
        const uint8_t *from = strip.at + c;
        sqz_four_t four;

        sqz_four_load(&four, sums + c);
        for (int32_t x = 0; x < width; x++, from += strip.stride) {
            sqz_four_add_bytes(&four, from);
        }
        sqz_four_store(sums + c, four);
    }
    for (; c < channels; c++) {
        for (int32_t x = 0; x < width; x++) {
            sums[c] += strip.at[x * strip.stride + c];
        }
    }
}

static void average(const sqz_conv_average_t *layer, int32_t *sums, int32_t channels)
{
    if (layer->m == 0) {
        return;
    }
    for (int32_t c = 0; c < channels; c++) {
        sums[c] = sqz_requantize_exact(sums[c] - layer->zero_sum, layer->m,
                                       layer->conv.requantizer.zero_point, 0);
    }
}

void sqz_conv_average(const sqz_conv_average_t *layer, const uint8_t *in, int32_t *logits,
                      int32_t first_row, int32_t rows, sqz_work_t *work)
{
    const sqz_conv_t *const conv = &layer->conv;
    const sqz_strip_t strip = {.at = work->strip, .stride = work->tile_channels};
    const int32_t end_row = first_row + rows;
    sqz_decoder_t decoder;
    sqz_tile_t tile;

    if (rows <= 0) {
        return;
    }
    sqz_tiles_open(&decoder, conv, work);
    for (int32_t first = 0; first < conv->out_channels; first += tile.channels) {
        int32_t *const sums = logits + first;

        sqz_tile_read(&tile, conv, first, &decoder, work);
        if (first_row == 0) {
            memset(sums, 0, (uint32_t)tile.channels * sizeof(*sums));
        }
        for (int32_t row = first_row; row < end_row; row++) {
            sqz_strip_compute(&tile, in, row, strip);
            sqz_profile(conv->layer, SQZ_PHASE_POOL);
            add_strip(strip, conv->out.width, tile.channels, sums);
        }
        if (end_row == conv->out.height) {
            average(layer, sums, tile.channels);
        }
    }
    sqz_profile(conv->layer, SQZ_PHASE_OTHER);
}
