/* sqz_fire.c - expand, pool and squeeze in one sweep, without the wide map between them.
 *
 * A tile of expand channels is computed, pooled if a pool follows, and its share is added to the
 * int32 accumulators of the squeeze; the squeeze is rescaled when all tiles have been added.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_strip.h"

/* The squeeze's side of one call. */
typedef struct {
    const sqz_conv_t *layer;
    sqz_decoder_t decoder;
    int32_t *sums;
    int32_t first_row;
    int32_t rows;
} squeeze_t;

/* Add what CHANNELS of one row, STRIP, give: [width][SQZ_TILE_CHANNELS] times the run of weights
 * [filters][CHANNELS]. */
static void add_row(const squeeze_t *squeeze, const int8_t *run, const uint8_t *strip,
                    int32_t channels, int32_t row)
{
    const sqz_conv_t *const layer = squeeze->layer;
    const int32_t filters = layer->out_channels;
    const int32_t width = layer->out.width;
    int32_t *sums = squeeze->sums + (row - squeeze->first_row) * width * filters;

    sqz_profile(layer->layer, SQZ_PHASE_CONVOLVE);
    for (int32_t x = 0; x < width; x++) {
        const int8_t *weight = run;

        for (int32_t filter = 0; filter < filters; filter++) {
            for (int32_t c = 0; c < channels; c++) {
                sums[filter] += (strip[c] - layer->in_zero_point) * *weight++;
            }
        }
        strip += SQZ_TILE_CHANNELS;
        sums += filters;
    }
}

/* Sweep one tile over the rows, without a pool between. */
static void sweep(const sqz_tile_t *tile, const squeeze_t *squeeze, const uint8_t *in,
                  sqz_work_t *work)
{
    const sqz_strip_t strip = {.at = work->strip, .stride = SQZ_TILE_CHANNELS};
    const int32_t end = squeeze->first_row + squeeze->rows;

    for (int32_t row = squeeze->first_row; row < end; row++) {
        sqz_strip_compute(tile, in, row, strip);
        add_row(squeeze, work->run, work->strip, tile->channels, row);
    }
}

/* The same through a pool: a row is added once its window is complete. */
static void sweep_pooled(const sqz_tile_t *tile, const sqz_fire_t *fire,
                         const squeeze_t *squeeze, const uint8_t *in, sqz_work_t *work)
{
    const sqz_maxpool_t *const pool = fire->pool;
    const sqz_strip_t strip = {.at = work->strip, .stride = SQZ_TILE_CHANNELS};
    const int32_t end = squeeze->first_row + squeeze->rows;
    const sqz_pooled_t pooled = {
        .at = work->open_rows,
        .row_bytes = pool->out.width * SQZ_TILE_CHANNELS,
        .stride = SQZ_TILE_CHANNELS,
        .held = fire->open_rows,
    };
    int32_t next = sqz_rows_begin(&pool->window, squeeze->first_row);

    for (int32_t row = squeeze->first_row; row < end; row++) {
        const int32_t below = sqz_rows_end(&pool->window, pool->in.height, row);
        const uint8_t *const done = pooled.at + (row % pooled.held) * pooled.row_bytes;

        for (; next < below; next++) {
            sqz_strip_compute(tile, in, next, strip);
            sqz_strip_pool(pool, work->strip, tile->channels, next, &pooled);
        }
        sqz_trace(pool->layer, row, 1, tile->layer->first_channel + tile->first,
                  tile->channels, SQZ_TILE_CHANNELS, done);
        add_row(squeeze, work->run, done, tile->channels, row);
    }
}

static void sweep_layer(const sqz_conv_t *layer, const sqz_fire_t *fire, squeeze_t *squeeze,
                        const uint8_t *in, sqz_work_t *work)
{
    sqz_decoder_t decoder;
    sqz_tile_t tile;

    sqz_tiles_open(&decoder, layer, work);
    for (int32_t first = 0; first < layer->out_channels; first += SQZ_TILE_CHANNELS) {
        sqz_tile_read(&tile, layer, first, &decoder, work);
        const uint32_t count = (uint32_t)(tile.channels * squeeze->layer->out_channels);

        sqz_profile(squeeze->layer->layer, SQZ_PHASE_DECODE);
        sqz_note(work, sqz_decoder_read(&squeeze->decoder, work->run, count));
        if (fire->pool != NULL) {
            sweep_pooled(&tile, fire, squeeze, in, work);
        } else {
            sweep(&tile, squeeze, in, work);
        }
    }
}

/* Rescale the finished sums into OUT. */
static void finish(const squeeze_t *squeeze, uint8_t *out)
{
    const sqz_conv_t *const layer = squeeze->layer;
    const int32_t filters = layer->out_channels;
    const int32_t width = layer->out.width;
    const int32_t row_bytes = width * layer->out.channels;

    sqz_profile(layer->layer, SQZ_PHASE_CONVOLVE);
    for (int32_t filter = 0; filter < filters; filter++) {
        const int32_t *sums = squeeze->sums + filter;
        sqz_scaler_t scaler;

        sqz_scaler_init(&scaler, &layer->requantizer, filter);
        for (int32_t row = 0; row < squeeze->rows; row++) {
            const int32_t held = (squeeze->first_row + row) % layer->out.held;
            uint8_t *to = out + held * row_bytes + layer->first_channel + filter;

            for (int32_t x = 0; x < width; x++) {
                const int32_t acc = sqz_add_wrapping(*sums, layer->bias[filter]);
                const uint8_t y = sqz_requantize(acc, &scaler, &layer->requantizer);

                *to = layer->remap ? layer->remap[y] : y;
                sums += filters;
                to += layer->out.channels;
            }
        }
    }
    for (int32_t row = squeeze->first_row; row < squeeze->first_row + squeeze->rows; row++) {
        sqz_trace(layer->layer, row, 1, 0, filters, layer->out.channels,
                  out + (row % layer->out.held) * row_bytes + layer->first_channel);
    }
}

void sqz_fire(const sqz_fire_t *fire, const uint8_t *in, int32_t *sums, uint8_t *out,
              int32_t first_row, int32_t rows, sqz_work_t *work)
{
    const sqz_conv_t *const layer = fire->squeeze;
    const uint32_t count = (uint32_t)(rows * layer->out.width * layer->out_channels);
    squeeze_t squeeze = {.layer = layer, .sums = sums, .first_row = first_row, .rows = rows};

    if (rows <= 0) {
        return;
    }
    sqz_profile(layer->layer, SQZ_PHASE_DECODE);
    sqz_profile_requantizer(layer->layer, &layer->requantizer);
    memset(sums, 0, count * sizeof(*sums));
    sqz_note(work, sqz_decoder_open(&squeeze.decoder, &layer->filters, work->tables + 1));
    for (int32_t i = 0; i < 2 && fire->convs[i] != NULL; i++) {
        sweep_layer(fire->convs[i], fire, &squeeze, in, work);
    }
    finish(&squeeze, out);
    sqz_profile(layer->layer, SQZ_PHASE_OTHER);
}
