/* sqz_values_strip.c - one row of a tile of filters, a sum and a product a weight value.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_values.h"

const sqz_engine_t sqz_by_values = {.read = sqz_values_read, .strip = sqz_values_strip};

/* Some neighbouring pixels of a row. */
typedef struct {
    const sqz_tile_t *tile;
    const uint8_t *in;
    uint8_t *padding; /* a pixel of zero points */
    uint8_t *rows;
    int32_t row; /* of the output */
    int32_t first;
    int32_t count; /* 1..SQZ_BLOCK */
} block_t;

/* The inputs of column COLUMN of the pixels' windows, row Y of the map, into ROWS. */
static void put_column(const block_t *block, int32_t y, int32_t column, uint8_t *rows)
{
    const sqz_conv_t *const layer = block->tile->layer;
    const int32_t channels = layer->in.channels;
    const int32_t is_inside = y >= 0 && y < layer->in.height;
    const uint8_t *const line
        = block->in + (is_inside ? y % layer->in.held : 0) * layer->in.width * channels;
    int32_t x = block->first * layer->window.stride - layer->window.padding + column;

    for (int32_t pixel = 0; pixel < block->count; pixel += SQZ_PUT) {
        const uint8_t *from[SQZ_PUT];

        for (int32_t i = 0; i < SQZ_PUT; i++, x += layer->window.stride) {
            const int32_t is_there
                = is_inside && pixel + i < block->count && x >= 0 && x < layer->in.width;

            from[i] = is_there ? line + x * channels : block->padding;
        }
        sqz_lanes_put(rows, pixel, from, channels);
    }
}

static void put(const block_t *block)
{
    const sqz_conv_t *const layer = block->tile->layer;
    const int32_t top = block->row * layer->window.stride - layer->window.padding;
    uint8_t *rows = block->rows;

    for (int32_t i = 0; i < layer->window.height; i++) {
        for (int32_t column = 0; column < layer->window.width; column++) {
            put_column(block, top + i, column, rows);
            rows += layer->in.channels * SQZ_ROW_BYTES;
        }
    }
}

/* One filter's outputs of a few pixels, STRIDE bytes apart. */
typedef struct {
    uint8_t *at;
    int32_t stride;
    int32_t count;
} outputs_t;

static void rescale_fixed(const sqz_conv_t *layer, int32_t filter, const int32_t *sums,
                          outputs_t out)
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
                        outputs_t out)
{
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &layer->requantizer, filter);
    for (; out.count > 0; out.count--, out.at += out.stride) {
        const int32_t acc = sqz_accumulator(*sums++, layer->bias[filter], &layer->requantizer);
        const uint8_t y = sqz_requantize(acc, &scaler, &layer->requantizer);

        *out.at = layer->remap ? layer->remap[y] : y;
    }
}

/* All filters of the tile on BLOCK, whose first pixel's outputs begin at OUT. */
static void apply(const block_t *block, sqz_strip_t out)
{
    const sqz_tile_t *const tile = block->tile;
    const sqz_conv_t *const layer = tile->layer;
    const int32_t end = tile->first + tile->channels;
    const sqz_half_t *next = tile->work->tile;
    sqz_word_t *const sums = tile->work->runs;

    for (int32_t filter = tile->first; filter < end; filter++, out.at++) {
        next = sqz_values_add(next, block->rows, block->count, sums);
        for (int32_t pixel = 0; pixel < block->count; pixel += SQZ_PRODUCTS) {
            const outputs_t outputs = {
                .at = out.at + pixel * out.stride,
                .stride = out.stride,
                .count = sqz_min(SQZ_PRODUCTS, block->count - pixel),
            };
            int32_t products[SQZ_PRODUCTS];

            sqz_values_multiply(sums, pixel, products);
            if (tile->is_fixed) {
                rescale_fixed(layer, filter, products, outputs);
            } else {
                rescale_any(layer, filter, products, outputs);
            }
        }
    }
}

void sqz_values_strip(const sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t padding_bytes = sqz_max(2 * SQZ_ROW_BYTES, (layer->in.channels + 3) & ~3);
    block_t block = {
        .tile = tile,
        .in = in,
        .padding = tile->work->window,
        .rows = (uint8_t *)tile->work->window + padding_bytes,
        .row = row,
    };

    memset(block.padding, layer->in_zero_point, (uint32_t)padding_bytes);
    for (; block.first < layer->out.width; block.first += SQZ_BLOCK) {
        const sqz_strip_t out = {
            .at = strip.at + block.first * strip.stride,
            .stride = strip.stride,
        };

        block.count = sqz_min(SQZ_BLOCK, layer->out.width - block.first);
        put(&block);
        apply(&block, out);
    }
}
