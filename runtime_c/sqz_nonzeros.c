/* sqz_nonzeros.c - convolutions that skip weights of 0: the engine for pruned filters.
 *
 * A tile holds one list a filter, all words: how many entries, then weight << 16 | 16 * (k + 1)
 * for each weight that is not 0. Eight pixels' sums stay in registers through the whole list.
 * Scratch (ir/values.py): the lists in TILE; in WINDOW padding and rows, as sqz_block.h says.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */

/* The loop takes every register: see sqz_values_add.c. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "no-schedule-insns", "no-tree-vectorize")
#pragma GCC optimize("no-tree-reassoc", "no-tree-pre", "no-tree-ter")
#if !defined(__thumb__) || defined(__thumb2__)
#pragma GCC optimize("no-ivopts", "ira-algorithm=priority")
#endif
#endif

#define SQZ_LANES_WIDE
#include "sqz_block.h"

/* Write the list of K WEIGHTS from TO on, in front of END; returns its end, or NULL if it is too
 * long: then it is empty. */
static sqz_word_t *list(const int8_t *weights, int32_t k, sqz_word_t *to, const sqz_word_t *end)
{
    sqz_word_t *const head = to++;

    for (int32_t i = 0; i < k; i++) {
        if (weights[i] != 0) {
            if (to == end) {
                *head = 0;
                return NULL;
            }
            *to++ = (uint32_t)weights[i] << 16 | (uint32_t)(SQZ_ROW_BYTES * (i + 1));
        }
    }
    *head = (uint32_t)(to - head - 1);
    return to;
}

static void read(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work)
{
    const int32_t k = tile->filter_weights;
    int8_t *const weights = work->window;
    sqz_word_t *to = work->tile;
    const sqz_word_t *const end = to + work->tile_bytes / (int32_t)sizeof(*to);

    for (int32_t left = tile->channels; left > 0; left--) {
        sqz_note(work, sqz_decoder_read(decoder, weights, (uint32_t)k));
        sqz_word_t *const behind = list(weights, k, to, end - (left - 1));

        if (behind == NULL) {
            sqz_note(work, SQZ_ERR_BITSTREAM);
        }
        to = behind != NULL ? behind : to + 1;
    }
}

/* Entry AT of a list: its row, from two rows before the first one on. */
#define ROW(entry) ((const sqz_word_t *)(const void *)(before + ((entry) & 0xffffu)))

/* The products of one entry. */
#define ADD(entry)                                  \
    do {                                            \
        const uint32_t e = (entry);                 \
        const sqz_word_t *const row = ROW(e);       \
        const int32_t factor = sqz_factor(e);       \
        uint32_t x = row[SQZ_ROW_WORDS];            \
        uint32_t y = row[SQZ_ROW_WORDS + 1];        \
                                                    \
        a0 = sqz_scale_low(a0, x, factor);          \
        a1 = sqz_scale_high(a1, x, factor);         \
        a2 = sqz_scale_low(a2, y, factor);          \
        a3 = sqz_scale_high(a3, y, factor);         \
        if (count > 4) {                            \
            x = row[SQZ_ROW_WORDS + 2];             \
            y = row[SQZ_ROW_WORDS + 3];             \
            a4 = sqz_scale_low(a4, x, factor);      \
            a5 = sqz_scale_high(a5, x, factor);     \
            if (count > 6) {                        \
                a6 = sqz_scale_low(a6, y, factor);  \
                a7 = sqz_scale_high(a7, y, factor); \
            }                                       \
        }                                           \
    } while (0)

/* The sums of COUNT pixels, a constant, over a list; returns the list's end. */
static SQZ_ALWAYS_INLINE const sqz_word_t *sum(const sqz_word_t *next, const uint8_t *before,
                                               int32_t *sums, int32_t count)
{
    const uint32_t entries = *next++;
    const sqz_word_t *const end = next + entries;
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;
    int32_t a4 = 0;
    int32_t a5 = 0;
    int32_t a6 = 0;
    int32_t a7 = 0;

    for (const sqz_word_t *const rest = next + entries % 4; next != rest; next++) {
        ADD(next[0]);
    }
    for (; next != end; next += 4) {
        ADD(next[0]);
        ADD(next[1]);
        ADD(next[2]);
        ADD(next[3]);
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
    sums[4] = a4;
    sums[5] = a5;
    sums[6] = a6;
    sums[7] = a7;
    return next;
}

SQZ_NEVER_INLINE static const sqz_word_t *sum_8(const sqz_word_t *next, const uint8_t *before,
                                                int32_t *sums)
{
    return sum(next, before, sums, 8);
}

SQZ_NEVER_INLINE static const sqz_word_t *sum_6(const sqz_word_t *next, const uint8_t *before,
                                                int32_t *sums)
{
    return sum(next, before, sums, 6);
}

SQZ_NEVER_INLINE static const sqz_word_t *sum_4(const sqz_word_t *next, const uint8_t *before,
                                                int32_t *sums)
{
    return sum(next, before, sums, 4);
}

/* All filters of the tile on BLOCK, whose first pixel's outputs begin at AT. */
static void apply(const sqz_block_t *block, uint8_t *at, int32_t stride)
{
    const sqz_tile_t *const tile = block->tile;
    const int32_t end = tile->first + tile->channels;
    const uint8_t *const before = block->rows - 2 * SQZ_ROW_BYTES;
    const sqz_word_t *next = tile->work->tile;

    for (int32_t filter = tile->first; filter < end; filter++) {
        const sqz_outputs_t out = {.at = at++, .stride = stride, .count = block->count};
        int32_t sums[SQZ_BLOCK];

        if (block->count > 6) {
            next = sum_8(next, before, sums);
        } else if (block->count > 4) {
            next = sum_6(next, before, sums);
        } else {
            next = sum_4(next, before, sums);
        }
        sqz_outputs_put(tile, filter, sums, out);
    }
}

static void strip_of(const sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    sqz_block_t block = sqz_block_first(tile, in, row);

    for (; block.count > 0; sqz_block_next(&block)) {
        sqz_block_put(&block);
        apply(&block, strip.at + block.first * strip.stride, strip.stride);
    }
}

const sqz_engine_t sqz_by_nonzeros = {.read = read, .strip = strip_of};
