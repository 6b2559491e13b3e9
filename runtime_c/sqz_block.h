/* sqz_block.h - private: blocks of neighbouring pixels, their inputs in rows.
 *
 * For engines that take some pixels at a time at one position of a filter: a row holds that
 * position's inputs, laid out as sqz_lanes.h says. Rows lie behind a pixel of padding. Where a block
 * is a whole row, inputs that the next row's windows share with it are moved, not put again.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_BLOCK_H
#define SQZ_BLOCK_H

#include "sqz_lanes.h"
#include "sqz_strip.h"

/* Some neighbouring pixels of a row. */
typedef struct {
    const sqz_tile_t *tile;
    const uint8_t *in;
    uint8_t *padding; /* a pixel of zero points */
    uint8_t *rows;
    int32_t row; /* of the output */
    int32_t first;
    int32_t count; /* 1..SQZ_BLOCK */
    int32_t held;  /* rows of the window whose inputs are in ROWS, a row too far down */
} sqz_block_t;

/* The inputs of column COLUMN of the pixels' windows, row Y of the map, into ROWS. */
static inline void sqz_block_put_column(const sqz_block_t *block, int32_t y, int32_t column,
                                        uint8_t *rows)
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

/* Rows of the window that the output row above had, too, move to where they are now. */
static inline void sqz_block_move_up(const sqz_block_t *block, int32_t row_bytes)
{
    sqz_word_t *to = (sqz_word_t *)(void *)block->rows;
    const sqz_word_t *from = (const sqz_word_t *)(const void *)(block->rows + row_bytes);
    const sqz_word_t *const end = from + block->held * (row_bytes / (int32_t)sizeof(*from));

    for (; from != end; from += 4, to += 4) {
        const sqz_word_t a = from[0];
        const sqz_word_t b = from[1];
        const sqz_word_t c = from[2];
        const sqz_word_t d = from[3];

        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
}

static inline void sqz_block_put(const sqz_block_t *block)
{
    const sqz_conv_t *const layer = block->tile->layer;
    const int32_t top = block->row * layer->window.stride - layer->window.padding;
    const int32_t column_bytes = layer->in.channels * SQZ_ROW_BYTES;
    const int32_t row_bytes = layer->window.width * column_bytes;
    uint8_t *rows = block->rows + block->held * row_bytes;

    sqz_block_move_up(block, row_bytes);
    for (int32_t i = block->held; i < layer->window.height; i++) {
        for (int32_t column = 0; column < layer->window.width; column++) {
            sqz_block_put_column(block, top + i, column, rows);
            rows += column_bytes;
        }
    }
}

/* The first block of row ROW, in WINDOW; padding is filled. COUNT says how many pixels it has. */
static inline sqz_block_t sqz_block_first(sqz_tile_t *tile, const uint8_t *in, int32_t row)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t padding_bytes = sqz_max(2 * SQZ_ROW_BYTES, (layer->in.channels + 3) & ~3);
    uint8_t *const window = tile->work->window;
    const int32_t is_alone = layer->out.width <= SQZ_BLOCK && layer->window.stride == 1;
    const int32_t is_next = is_alone && tile->row_held >= 0 && tile->row_held == row - 1;
    const sqz_block_t block = {
        .tile = tile,
        .in = in,
        .padding = window,
        .rows = window + padding_bytes,
        .row = row,
        .count = sqz_min(SQZ_BLOCK, layer->out.width),
        .held = is_next ? layer->window.height - 1 : 0,
    };

    tile->row_held = is_alone ? row : -1;
    memset(window, layer->in_zero_point, (uint32_t)padding_bytes);
    return block;
}

/* Go on to the next block; its COUNT is 0 behind the last one. */
static inline void sqz_block_next(sqz_block_t *block)
{
    block->first += block->count;
    block->count = sqz_min(SQZ_BLOCK, block->tile->layer->out.width - block->first);
}

#endif /* SQZ_BLOCK_H */
