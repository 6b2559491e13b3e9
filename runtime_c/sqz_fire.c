/* sqz_fire.c - expand, pool and squeeze in one sweep, without the wide map between them.
 *
 * A tile of expand channels is computed, pooled if a pool follows, and its share is added to the
 * int32 accumulators of the squeeze; the squeeze is rescaled when all tiles have been added.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <stddef.h>

#include "sqz_strip.h"

/* The squeeze's side of one call. */
typedef struct {
    const sqz_conv_t *layer;
    sqz_decoder_t decoder;
    int32_t *sums;    /* [rows][width][filters] */
    int32_t filters;  /* rounded up to whole groups */
    int32_t channels; /* of the tile that is summed */
    int32_t first_row;
    int32_t rows;
} squeeze_t;

/* Add to SUMS0 and SUMS1, of two pixels, what the window of the tile's outputs gives. */
static void add_pair(const squeeze_t *squeeze, const sqz_work_t *work, int32_t *sums0,
                     int32_t *sums1)
{
    const uint8_t *const window = work->run_window;
    const uint8_t *group = work->run;
    const int32_t channels = squeeze->channels;
    const int32_t *const end = sums0 + squeeze->filters;

    for (; sums0 != end; sums0 += SQZ_GROUP, sums1 += SQZ_GROUP) {
        group = sqz_dot_add(window, group, channels, sums0, sums1);
    }
}

/* Add what the tile's channels of one row, STRIP, give to the squeeze's sums of that row. */
static void add_row(const squeeze_t *squeeze, const sqz_work_t *work, sqz_strip_t strip,
                    int32_t row)
{
    const int32_t width = squeeze->layer->out.width;
    int32_t *sums = squeeze->sums + (row - squeeze->first_row) * width * squeeze->filters;

    sqz_profile(squeeze->layer->layer, SQZ_PHASE_CONVOLVE);
    for (int32_t x = 0; x < width; x += 2) {
        const int32_t pixels = sqz_min(2, width - x);

        for (int32_t i = 0; i < pixels; i++) {
            const uint8_t *const pixel = strip.at + i * strip.stride;

            sqz_window_put(work->run_window, i, 0, pixel, squeeze->channels);
        }
        add_pair(squeeze, work, sums, sums + (pixels - 1) * squeeze->filters);
        strip.at += 2 * strip.stride;
        sums += 2 * squeeze->filters;
    }
}

/* Sweep one tile over the rows, without a pool between. */
static void sweep(sqz_tile_t *tile, const squeeze_t *squeeze, const uint8_t *in,
                  sqz_work_t *work)
{
    const sqz_strip_t strip = {.at = work->strip, .stride = work->tile_channels};
    const int32_t end = squeeze->first_row + squeeze->rows;

    for (int32_t row = squeeze->first_row; row < end; row++) {
        sqz_strip_compute(tile, in, row, strip);
        add_row(squeeze, work, strip, row);
    }
}

/* The same through a pool: a row is added once its window is complete. */
static void sweep_pooled(sqz_tile_t *tile, const sqz_fire_t *fire,
                         const squeeze_t *squeeze, const uint8_t *in, sqz_work_t *work)
{
    const sqz_maxpool_t *const pool = fire->pool;
    const sqz_strip_t strip = {.at = work->strip, .stride = work->tile_channels};
    const int32_t end = squeeze->first_row + squeeze->rows;
    const sqz_pooled_t pooled = {
        .at = work->open_rows,
        .row_bytes = pool->out.width * work->tile_channels,
        .stride = work->tile_channels,
        .held = fire->open_rows,
    };
    int32_t next = sqz_rows_begin(&pool->window, squeeze->first_row);

    for (int32_t row = squeeze->first_row; row < end; row++) {
        const int32_t below = sqz_rows_end(&pool->window, pool->in.height, row);
        const sqz_strip_t done = {
            .at = pooled.at + (row % pooled.held) * pooled.row_bytes,
            .stride = pooled.stride,
        };

        for (; next < below; next++) {
            sqz_strip_compute(tile, in, next, strip);
            sqz_strip_pool(pool, strip, tile->channels, next, &pooled);
        }
        sqz_trace(pool->layer, row, 1, tile->layer->first_channel + tile->first,
                  tile->channels, done.stride, done.at);
        add_row(squeeze, work, done, row);
    }
}

SQZ_SELDOM void sweep_layer(const sqz_conv_t *layer, const sqz_fire_t *fire, squeeze_t *squeeze,
                        const uint8_t *in, sqz_work_t *work)
{
    sqz_decoder_t decoder;
    sqz_tile_t tile;

    sqz_tiles_open(&decoder, layer, work);
    for (int32_t first = 0; first < layer->out_channels; first += work->tile_channels) {
        sqz_tile_read(&tile, layer, first, &decoder, work);
        squeeze->channels = tile.channels;
        const sqz_groups_t run = {
            .at = work->run,
            .filters = squeeze->layer->out_channels,
            .k = tile.channels,
            .lift = squeeze->layer->requantizer.lift,
        };

        sqz_profile(squeeze->layer->layer, SQZ_PHASE_DECODE);
        sqz_groups_read(&run, &squeeze->decoder, work->run_window, work);
        if (fire->pool != NULL) {
            sweep_pooled(&tile, fire, squeeze, in, work);
        } else {
            sweep(&tile, squeeze, in, work);
        }
    }
}

/* Let every pixel's sums begin. */
static void start(const squeeze_t *squeeze)
{
    const sqz_conv_t *const layer = squeeze->layer;
    const int32_t pixels = squeeze->rows * layer->out.width;
    int32_t *sums = squeeze->sums;

    for (int32_t pixel = 0; pixel < pixels; pixel++, sums += squeeze->filters) {
        for (int32_t filter = 0; filter < squeeze->filters; filter++) {
            sums[filter] = filter < layer->out_channels ? sqz_first_sum(layer->bias[filter]) : 0;
        }
    }
}

/* Where the outputs of row ROW of the call begin. */
static uint8_t *row_of(const squeeze_t *squeeze, int32_t row, uint8_t *out)
{
    const sqz_conv_t *const layer = squeeze->layer;
    const int32_t held = (squeeze->first_row + row) % layer->out.held;

    return out + held * layer->out.width * layer->out.channels + layer->first_channel;
}

/* Rescale the finished sums of filters FILTER on into OUT, one by one. */
static void finish_any(const squeeze_t *squeeze, int32_t filter, uint8_t *out)
{
    const sqz_conv_t *const layer = squeeze->layer;

    for (; filter < layer->out_channels; filter++) {
        const int32_t *sums = squeeze->sums + filter;
        const int32_t bias = layer->bias[filter];
        sqz_scaler_t scaler;

        sqz_scaler_init(&scaler, &layer->requantizer, filter);
        for (int32_t row = 0; row < squeeze->rows; row++) {
            uint8_t *to = row_of(squeeze, row, out) + filter;

            for (int32_t x = 0; x < layer->out.width; x++) {
                const int32_t acc = sqz_accumulated(*sums, bias, layer->requantizer.lift);
                const uint8_t y = sqz_requantize_apart(acc, &scaler, &layer->requantizer);

                *to = layer->remap ? layer->remap[y] : y;
                sums += squeeze->filters;
                to += layer->out.channels;
            }
        }
    }
}

/* The same for whole groups in form FIXED, which nothing follows; returns how many filters those
 * are. */
static int32_t finish_fixed(const squeeze_t *squeeze, uint8_t *out)
{
    const sqz_conv_t *const layer = squeeze->layer;
    const sqz_requantizer_t *const requantizer = &layer->requantizer;
    const int32_t filters = layer->out_channels & ~(SQZ_GROUP - 1);
    const int32_t all = requantizer->factor[0];
    const int32_t shared[SQZ_GROUP] = {all, all, all, all};

    for (int32_t filter = 0; filter < filters; filter += SQZ_GROUP) {
        const int32_t *sums = squeeze->sums + filter;
        const sqz_fixed_t fixed = {
            .bias = layer->bias + filter,
            .factor = requantizer->per_filter ? requantizer->factor + filter : shared,
            .lift = requantizer->lift,
            .low = requantizer->low,
        };

        for (int32_t row = 0; row < squeeze->rows; row++) {
            uint8_t *to = row_of(squeeze, row, out) + filter;

            for (int32_t x = 0; x < layer->out.width; x++) {
                sqz_sums_fixed(sums, &fixed, to);
                sums += squeeze->filters;
                to += layer->out.channels;
            }
        }
    }
    return filters;
}

/* Rescale the finished sums into OUT. */
static void finish(const squeeze_t *squeeze, uint8_t *out)
{
    const sqz_conv_t *const layer = squeeze->layer;
    const int32_t is_fixed = layer->requantizer.form == SQZ_REQUANTIZE_FIXED;

    sqz_profile(layer->layer, SQZ_PHASE_CONVOLVE);
    finish_any(squeeze, is_fixed && layer->remap == NULL ? finish_fixed(squeeze, out) : 0, out);
    for (int32_t row = 0; row < squeeze->rows; row++) {
        sqz_trace(layer->layer, squeeze->first_row + row, 1, 0, layer->out_channels,
                  layer->out.channels, row_of(squeeze, row, out));
    }
}

void sqz_fire(const sqz_fire_t *fire, const uint8_t *in, int32_t *sums, uint8_t *out,
              int32_t first_row, int32_t rows, sqz_work_t *work)
{
    const sqz_conv_t *const layer = fire->squeeze;
    squeeze_t squeeze = {
        .layer = layer,
        .sums = sums,
        .filters = (layer->out_channels + SQZ_GROUP - 1) / SQZ_GROUP * SQZ_GROUP,
        .first_row = first_row,
        .rows = rows,
    };

    if (rows <= 0) {
        return;
    }
    sqz_profile(layer->layer, SQZ_PHASE_DECODE);
    sqz_profile_requantizer(layer->layer, &layer->requantizer);
    start(&squeeze);
    sqz_note(work, sqz_decoder_open(&squeeze.decoder, &layer->filters, work->tables + 1));
    for (int32_t i = 0; i < 2 && fire->convs[i] != NULL; i++) {
        sweep_layer(fire->convs[i], fire, &squeeze, in, work);
    }
    finish(&squeeze, out);
    sqz_profile(layer->layer, SQZ_PHASE_OTHER);
}
