/* sqz_strip.c - the inner loops of every convolution, and the folding of a pool.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_strip.h"

#include <string.h>

SQZ_STATIC_ASSERT(SQZ_TILE_CHANNELS == 4);

static const uint8_t *row_of(const sqz_map_t *map, const uint8_t *data, int32_t row)
{
    const int32_t row_bytes = map->width * map->channels;

    return data + (row % map->held) * row_bytes;
}

/* Products of COUNT neighbouring values with four filters at once. */
static void dot4(const uint8_t *in, int32_t zero_point, const int8_t *weights,
                 int32_t filter_weights, int32_t count, int32_t sums[4])
{
    const int8_t *const w0 = weights;
    const int8_t *const w1 = w0 + filter_weights;
    const int8_t *const w2 = w1 + filter_weights;
    const int8_t *const w3 = w2 + filter_weights;
    int32_t s0 = sums[0];
    int32_t s1 = sums[1];
    int32_t s2 = sums[2];
    int32_t s3 = sums[3];

    for (int32_t i = 0; i < count; i++) {
        const int32_t value = in[i] - zero_point;
        s0 += value * w0[i];
        s1 += value * w1[i];
        s2 += value * w2[i];
        s3 += value * w3[i];
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

/* Sums over the window of output pixel [row, x]; positions in the padding add nothing. */
static void sum_window(const sqz_tile_t *tile, const uint8_t *in, int32_t row, int32_t x,
                       int32_t sums[4])
{
    const sqz_conv_t *const layer = tile->layer;
    const sqz_window_t *const window = &layer->window;
    const int32_t channels = layer->in.channels;
    const int32_t top = row * window->stride - window->padding;
    const int32_t left = x * window->stride - window->padding;
    const int32_t begin = sqz_max(0, left);
    const int32_t end = sqz_min(layer->in.width, left + window->width);
    const int32_t row_begin = sqz_max(0, top);
    const int32_t row_end = sqz_min(layer->in.height, top + window->height);

    if (end <= begin) {
        return; /* a window of nothing but padding */
    }
    for (int32_t y = row_begin; y < row_end; y++) {
        const int32_t weight = ((y - top) * window->width + begin - left) * channels;

        dot4(row_of(&layer->in, in, y) + begin * channels, layer->in_zero_point,
             tile->weights + weight, tile->filter_weights, (end - begin) * channels, sums);
    }
}

void sqz_strip_compute(const sqz_tile_t *tile, const uint8_t *in, int32_t row,
                       sqz_strip_t strip)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t *const bias = layer->bias + tile->first;

    sqz_profile(layer->layer, SQZ_PHASE_CONVOLVE);
    for (int32_t x = 0; x < layer->out.width; x++) {
        uint8_t *const out = strip.at + x * strip.stride;
        int32_t sums[SQZ_TILE_CHANNELS] = {0, 0, 0, 0};

        sum_window(tile, in, row, x, sums);
        for (int32_t c = 0; c < tile->channels; c++) {
            const int32_t acc = sqz_add_wrapping(sums[c], bias[c]);
            const uint8_t y = sqz_requantize(acc, &tile->scalers[c], &layer->requantizer);
            out[c] = layer->remap ? layer->remap[y] : y;
        }
    }
    sqz_trace(layer->layer, row, 1, tile->first, tile->channels, strip.stride, strip.at);
}

void sqz_tile_read(sqz_tile_t *tile, const sqz_conv_t *layer, int32_t first,
                   sqz_decoder_t *decoder, sqz_work_t *work)
{
    const sqz_window_t *const window = &layer->window;

    sqz_profile(layer->layer, SQZ_PHASE_DECODE);
    tile->layer = layer;
    tile->weights = work->tile;
    tile->filter_weights = window->height * window->width * layer->in.channels;
    tile->first = first;
    tile->channels = sqz_min(SQZ_TILE_CHANNELS, layer->out_channels - first);

    const uint32_t count = (uint32_t)(tile->channels * tile->filter_weights);
    const uint32_t room = (uint32_t)(SQZ_TILE_CHANNELS * tile->filter_weights);

    sqz_note(work, sqz_decoder_read(decoder, work->tile, count));
    memset(work->tile + count, 0, room - count);
    for (int32_t c = 0; c < tile->channels; c++) {
        sqz_scaler_init(&tile->scalers[c], &layer->requantizer, first + c);
    }
}

void sqz_tiles_open(sqz_decoder_t *decoder, const sqz_conv_t *layer, sqz_work_t *work)
{
    sqz_profile(layer->layer, SQZ_PHASE_DECODE);
    sqz_profile_requantizer(layer->layer, &layer->requantizer);
    sqz_note(work, sqz_decoder_open(decoder, &layer->filters, work->tables));
}

static void raise_row(const sqz_maxpool_t *pool, const uint8_t *strip, int32_t channels,
                      uint8_t *out_row, int32_t stride, int32_t is_start)
{
    const sqz_window_t *const window = &pool->window;

    for (int32_t x = 0; x < pool->out.width; x++) {
        uint8_t *const out = out_row + x * stride;
        const int32_t left = x * window->stride - window->padding;
        const int32_t begin = sqz_max(0, left);
        const int32_t end = sqz_min(pool->in.width, left + window->width);

        for (int32_t c = 0; c < channels; c++) {
            uint8_t largest = is_start ? 0 : out[c];

            for (int32_t at = begin; at < end; at++) {
                const uint8_t value = strip[at * SQZ_TILE_CHANNELS + c];
                largest = value > largest ? value : largest;
            }
            out[c] = largest;
        }
    }
}

/* The first strip of a window starts its maximum, the others raise it. */
void sqz_strip_pool(const sqz_maxpool_t *pool, const uint8_t *strip, int32_t channels,
                    int32_t row, const sqz_pooled_t *out)
{
    const sqz_window_t *const window = &pool->window;
    const int32_t reach = row + window->padding;
    const int32_t above = reach - window->height + 1;
    const int32_t begin = above > 0 ? (above + window->stride - 1) / window->stride : 0;
    const int32_t end = sqz_min(pool->out.height, reach / window->stride + 1);

    sqz_profile(pool->layer, SQZ_PHASE_POOL);
    for (int32_t pooled = begin; pooled < end; pooled++) {
        uint8_t *const out_row = out->at + (pooled % out->held) * out->row_bytes;

        raise_row(pool, strip, channels, out_row, out->stride,
                  row == sqz_rows_begin(window, pooled));
    }
}
