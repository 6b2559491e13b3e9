/* sqz_values_strip.c - one row of a tile of filters, a sum and a product a weight value.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_values.h"

const sqz_engine_t sqz_by_values = {.read = sqz_values_read, .strip = sqz_values_strip};

enum { HALF = 8 }; /* pixels whose products are added at once */

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

SQZ_KERNEL static void put(const block_t *block)
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

/* The row at AT of a list, from SQZ_ROW_BYTES before it. */
#define ROW(at) ((const sqz_word_t *)(const void *)(before + (at)))

/* The sums of a filter's runs, each with its value, to TO, then value 0; returns the list's end.
 * COUNT sums, a constant; BEFORE the first row by two rows. */
static SQZ_ALWAYS_INLINE const sqz_half_t *add_runs(const sqz_half_t *next, const uint8_t *before,
                                                    sqz_word_t *to, int32_t count)
{
    for (uint32_t head = *next++; head != 0; head = *next++) {
        const sqz_half_t *const end = next + (head >> 8);
        const int32_t value = (int8_t)(uint8_t)head;
        SQZ_LANES_DECLARE;

        to[SQZ_SUMS] = (uint32_t)value;
        SQZ_LANES_START(ROW(next[0]));
        if ((head >> 8) % 2 == 0) {
            SQZ_LANES_ADD(ROW(next[1]));
            next += 2;
        } else {
            next++;
        }
        while (next != end) {
            const sqz_two_t two = sqz_two(next);

            next += 2;
            SQZ_LANES_ADD(ROW(sqz_first(two)));
            SQZ_LANES_ADD(ROW(sqz_second(two)));
        }
        SQZ_LANES_STORE(to);
        to += SQZ_SUMS + 1;
    }
    to[SQZ_SUMS] = 0;
    return next;
}

SQZ_LANES_KERNEL static const sqz_half_t *add_all(const sqz_half_t *next, const uint8_t *before,
                                                  sqz_word_t *to)
{
    return add_runs(next, before, to, SQZ_SUMS);
}

SQZ_LANES_KERNEL static const sqz_half_t *add_half(const sqz_half_t *next, const uint8_t *before,
                                                   sqz_word_t *to)
{
    return add_runs(next, before, to, SQZ_SUMS / 2);
}

#if defined(SQZ_LANES_PACKED)
SQZ_LANES_KERNEL static const sqz_half_t *add_7(const sqz_half_t *next, const uint8_t *before,
                                                sqz_word_t *to)
{
    return add_runs(next, before, to, 7);
}

SQZ_LANES_KERNEL static const sqz_half_t *add_6(const sqz_half_t *next, const uint8_t *before,
                                                sqz_word_t *to)
{
    return add_runs(next, before, to, 6);
}
#endif

/* As many sums as PIXELS need: the widths of SqueezeNet's maps are 13, 27 and 55. */
static const sqz_half_t *add(const sqz_half_t *next, const block_t *block, sqz_word_t *to)
{
    const uint8_t *const before = block->rows - 2 * SQZ_ROW_BYTES;

    if (block->count <= SQZ_BLOCK / 2) {
        return add_half(next, before, to);
    }
#if defined(SQZ_LANES_PACKED)
    if (block->count <= 12) {
        return add_6(next, before, to);
    }
    if (block->count <= 14) {
        return add_7(next, before, to);
    }
#endif
    return add_all(next, before, to);
}

/* BIAS and the products of the eight pixels whose SUMS come first, to ACC. */
SQZ_LANES_KERNEL static void multiply(const sqz_word_t *sums, const sqz_word_t *values,
                                      int32_t bias, int32_t acc[HALF])
{
    int32_t a0 = bias;
    int32_t a1 = bias;
    int32_t a2 = bias;
    int32_t a3 = bias;
    int32_t a4 = bias;
    int32_t a5 = bias;
    int32_t a6 = bias;
    int32_t a7 = bias;

    for (int32_t value = (int32_t)*values; value != 0; value = (int32_t)*values) {
        uint32_t x = sums[0];
        uint32_t y = sums[1];

        values += SQZ_SUMS + 1;
        a0 = sqz_add_low(a0, x, value);
        a1 = sqz_add_high(a1, x, value);
        a2 = sqz_add_low(a2, y, value);
        a3 = sqz_add_high(a3, y, value);
        x = sums[2];
        y = sums[3];
        sums += SQZ_SUMS + 1;
        a4 = sqz_add_low(a4, x, value);
        a5 = sqz_add_high(a5, x, value);
        a6 = sqz_add_low(a6, y, value);
        a7 = sqz_add_high(a7, y, value);
    }
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
    acc[4] = a4;
    acc[5] = a5;
    acc[6] = a6;
    acc[7] = a7;
}

/* Outputs of COUNT pixels, STRIDE bytes apart. */
SQZ_KERNEL static void rescale(const sqz_conv_t *layer, const sqz_scaler_t *scaler,
                               const int32_t *acc, sqz_strip_t out, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const uint8_t y = sqz_requantize(acc[i], scaler, &layer->requantizer);

        *out.at = layer->remap ? layer->remap[y] : y;
        out.at += out.stride;
    }
}

/* All filters of the tile on BLOCK, whose first pixel's outputs begin at OUT. */
static void apply(const block_t *block, sqz_strip_t out)
{
    const sqz_tile_t *const tile = block->tile;
    const sqz_conv_t *const layer = tile->layer;
    const sqz_half_t *next = (const sqz_half_t *)(const void *)tile->work->tile;
    sqz_word_t *const sums = (sqz_word_t *)(void *)tile->work->runs;
    sqz_scaler_t scaler = tile->scaler;

    for (int32_t filter = tile->first; filter < tile->first + tile->channels; filter++) {
        next = add(next, block, sums);
        if (layer->requantizer.per_filter) {
            sqz_scaler_init(&scaler, &layer->requantizer, filter);
        }
        for (int32_t pixel = 0; pixel < block->count; pixel += HALF) {
            const sqz_strip_t to = {.at = out.at + pixel * out.stride, .stride = out.stride};
            int32_t acc[HALF];

            multiply(sums + pixel / 2, sums + SQZ_SUMS, layer->bias[filter], acc);
            rescale(layer, &scaler, acc, to, sqz_min(HALF, block->count - pixel));
        }
        out.at++;
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
        .rows = tile->work->window + padding_bytes,
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
