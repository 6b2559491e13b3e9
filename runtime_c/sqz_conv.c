/* sqz_conv.c - convolutions, a few filters at a time.
 *
 * Weights are decoded for SQZ_TILE_CHANNELS filters, then swept over every pixel of the rows:
 * only one tile is ever unpacked in RAM, and each is decoded once a call.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_kernels.h"

/* A tile of filters, ready to be applied. */
typedef struct {
    const sqz_conv_t *layer;
    const int8_t *weights;  /* [SQZ_TILE_CHANNELS][window.height][window.width][in.channels] */
    int32_t filter_weights; /* bytes from one filter to the next */
    int32_t first;          /* channel of the layer */
    int32_t channels;       /* filters that exist; the others are zeros */
    sqz_scaler_t scalers[SQZ_TILE_CHANNELS];
} tile_t;

/* Where a strip's outputs go: channel c of pixel x is at[x * stride + c]. */
typedef struct {
    uint8_t *at;
    int32_t stride;
} strip_t;

SQZ_STATIC_ASSERT(SQZ_TILE_CHANNELS == 4);

static int32_t max_int(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t min_int(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

int32_t sqz_rows_begin(const sqz_window_t *window, int32_t row)
{
    return max_int(0, row * window->stride - window->padding);
}

int32_t sqz_rows_end(const sqz_window_t *window, int32_t in_height, int32_t row)
{
    return min_int(in_height, row * window->stride - window->padding + window->height);
}

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
static void sum_window(const tile_t *tile, const uint8_t *in, int32_t row, int32_t x,
                       int32_t sums[4])
{
    const sqz_conv_t *const layer = tile->layer;
    const sqz_window_t *const window = &layer->window;
    const int32_t channels = layer->in.channels;
    const int32_t top = row * window->stride - window->padding;
    const int32_t left = x * window->stride - window->padding;
    const int32_t begin = max_int(0, left);
    const int32_t end = min_int(layer->in.width, left + window->width);
    const int32_t row_begin = max_int(0, top);
    const int32_t row_end = min_int(layer->in.height, top + window->height);

    for (int32_t y = row_begin; y < row_end; y++) {
        const int32_t weight = ((y - top) * window->width + begin - left) * channels;

        dot4(row_of(&layer->in, in, y) + begin * channels, layer->in_zero_point,
             tile->weights + weight, tile->filter_weights, (end - begin) * channels, sums);
    }
}

/* The accumulator may wrap, as PyTorch's does; sums alone cannot (SPEC.md section 2.2). */
static int32_t add_wrapping(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static void compute_strip(const tile_t *tile, const uint8_t *in, int32_t row, strip_t strip)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t *const bias = layer->bias + tile->first;

    for (int32_t x = 0; x < layer->out.width; x++) {
        uint8_t *const out = strip.at + x * strip.stride;
        int32_t sums[SQZ_TILE_CHANNELS] = {0, 0, 0, 0};

        sum_window(tile, in, row, x, sums);
        for (int32_t c = 0; c < tile->channels; c++) {
            const int32_t acc = add_wrapping(sums[c], bias[c]);
            const uint8_t y = sqz_requantize(acc, &tile->scalers[c], &layer->requantizer);
            out[c] = layer->remap ? layer->remap[y] : y;
        }
    }
    sqz_trace(layer->layer, row, 1, tile->first, tile->channels, strip.stride, strip.at);
}

/* Decode the filters from FIRST on into WORK's tile. */
static void open_tile(tile_t *tile, const sqz_conv_t *layer, int32_t first,
                      sqz_decoder_t *decoder, sqz_work_t *work)
{
    const sqz_window_t *const window = &layer->window;

    tile->layer = layer;
    tile->weights = work->tile;
    tile->filter_weights = window->height * window->width * layer->in.channels;
    tile->first = first;
    tile->channels = min_int(SQZ_TILE_CHANNELS, layer->out_channels - first);

    const uint32_t count = (uint32_t)(tile->channels * tile->filter_weights);
    const uint32_t room = (uint32_t)(SQZ_TILE_CHANNELS * tile->filter_weights);
    const sqz_status_t status = sqz_decoder_read(decoder, work->tile, count);
    memset(work->tile + count, 0, room - count);
    if (work->status == SQZ_OK) {
        work->status = status;
    }
    for (int32_t c = 0; c < tile->channels; c++) {
        sqz_scaler_init(&tile->scalers[c], &layer->requantizer, first + c);
    }
}

static void open_filters(sqz_decoder_t *decoder, const sqz_conv_t *layer, sqz_work_t *work)
{
    const sqz_status_t status = sqz_decoder_open(decoder, &layer->filters, work->tables);

    if (work->status == SQZ_OK) {
        work->status = status;
    }
}

void sqz_conv(const sqz_conv_t *layer, const uint8_t *in, uint8_t *out, int32_t first_row,
              int32_t rows, sqz_work_t *work)
{
    const int32_t row_bytes = layer->out.width * layer->out.channels;
    sqz_decoder_t decoder;
    tile_t tile;

    if (rows <= 0) {
        return;
    }
    open_filters(&decoder, layer, work);
    for (int32_t first = 0; first < layer->out_channels; first += SQZ_TILE_CHANNELS) {
        open_tile(&tile, layer, first, &decoder, work);
        for (int32_t row = first_row; row < first_row + rows; row++) {
            const strip_t strip = {
                .at = out + (row % layer->out.held) * row_bytes + layer->first_channel + first,
                .stride = layer->out.channels,
            };
            compute_strip(&tile, in, row, strip);
        }
    }
}

/* Raise OUT_ROW, CHANNELS of a pool's output row, to the maxima of a strip of the convolution;
 * the first strip of a window starts them. */
static void pool_strip(const sqz_maxpool_t *pool, const uint8_t *strip, int32_t channels,
                       uint8_t *out_row, int32_t is_start)
{
    const sqz_window_t *const window = &pool->window;

    for (int32_t x = 0; x < pool->out.width; x++) {
        uint8_t *const out = out_row + x * pool->out.channels;
        const int32_t left = x * window->stride - window->padding;
        const int32_t begin = max_int(0, left);
        const int32_t end = min_int(pool->in.width, left + window->width);

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

int32_t sqz_rows_under(const sqz_maxpool_t *pool, int32_t pool_rows)
{
    return pool_rows > 0 ? sqz_rows_end(&pool->window, pool->in.height, pool_rows - 1) : 0;
}

static void pool_row(const tile_t *tile, const sqz_maxpool_t *pool, const uint8_t *strip,
                     int32_t row, uint8_t *out)
{
    const sqz_window_t *const window = &pool->window;
    const int32_t row_bytes = pool->out.width * pool->out.channels;
    const int32_t first = tile->layer->first_channel + tile->first;
    const int32_t reach = row + window->padding;
    const int32_t above = reach - window->height + 1;
    const int32_t begin = above > 0 ? (above + window->stride - 1) / window->stride : 0;
    const int32_t end = min_int(pool->out.height, reach / window->stride + 1);

    for (int32_t pooled = begin; pooled < end; pooled++) {
        uint8_t *const out_row = out + (pooled % pool->out.held) * row_bytes + first;
        const int32_t is_start = row == sqz_rows_begin(window, pooled);

        pool_strip(pool, strip, tile->channels, out_row, is_start);
        if (row == sqz_rows_end(window, pool->in.height, pooled) - 1) {
            sqz_trace(pool->layer, pooled, 1, first, tile->channels, pool->out.channels,
                      out_row);
        }
    }
}

void sqz_conv_maxpool(const sqz_conv_t *layer, const sqz_maxpool_t *pool, const uint8_t *in,
                      uint8_t *out, int32_t first_row, int32_t rows, sqz_work_t *work)
{
    const strip_t strip = {.at = work->strip, .stride = SQZ_TILE_CHANNELS};
    sqz_decoder_t decoder;
    tile_t tile;

    if (rows <= 0) {
        return;
    }
    open_filters(&decoder, layer, work);
    for (int32_t first = 0; first < layer->out_channels; first += SQZ_TILE_CHANNELS) {
        open_tile(&tile, layer, first, &decoder, work);
        for (int32_t row = first_row; row < first_row + rows; row++) {
            compute_strip(&tile, in, row, strip);
            pool_row(&tile, pool, work->strip, row, out);
        }
    }
}

static void add_strip(const uint8_t *strip, int32_t width, int32_t channels, int32_t *sums)
{
    for (int32_t x = 0; x < width; x++) {
        for (int32_t c = 0; c < channels; c++) {
            sums[c] += strip[x * SQZ_TILE_CHANNELS + c];
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
    const strip_t strip = {.at = work->strip, .stride = SQZ_TILE_CHANNELS};
    const int32_t end_row = first_row + rows;
    sqz_decoder_t decoder;
    tile_t tile;

    if (rows <= 0) {
        return;
    }
    open_filters(&decoder, conv, work);
    for (int32_t first = 0; first < conv->out_channels; first += SQZ_TILE_CHANNELS) {
        int32_t *const sums = logits + first;

        open_tile(&tile, conv, first, &decoder, work);
        if (first_row == 0) {
            memset(sums, 0, (uint32_t)tile.channels * sizeof(*sums));
        }
        for (int32_t row = first_row; row < end_row; row++) {
            compute_strip(&tile, in, row, strip);
            add_strip(work->strip, conv->out.width, tile.channels, sums);
        }
        if (end_row == conv->out.height) {
            average(layer, sums, tile.channels);
        }
    }
}
