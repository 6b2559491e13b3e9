/* sqz_values_strip.c - one row of a tile of filters, a sum and a product a weight value.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_block.h"
#include "sqz_values.h"

#if SQZ_HAS_LISTS
const sqz_engine_t sqz_by_values = {.read = sqz_values_read, .strip = sqz_values_strip};
#else
const sqz_engine_t sqz_by_values = {
    .read = sqz_products_read_within, .strip = sqz_products_strip
};
#endif

/* All filters of the tile on BLOCK, whose first pixel's outputs begin at STRIP. */
static void apply(const sqz_block_t *block, sqz_strip_t strip)
{
    const uint8_t *const before = block->rows - 2 * SQZ_ROW_BYTES;
    sqz_values_add_t *const add = sqz_values_adder(block->count);
    sqz_word_t *const sums = block->tile->work->runs;
    const sqz_half_t *next = block->tile->work->tile;
    sqz_outputs_t out = sqz_outputs_first(block->tile, strip);

    for (int32_t left = block->tile->channels; left > 0; left--, sqz_outputs_next(&out)) {
        uint8_t *const first = out.at;

        next = add(next, before, sums);
        for (int32_t pixel = 0; pixel < block->count; pixel += SQZ_OUTPUTS) {
            out.count = sqz_min(SQZ_OUTPUTS, block->count - pixel);
            sqz_values_multiply(sums, pixel, &out);
            out.at += SQZ_OUTPUTS * strip.stride;
        }
        out.at = first;
    }
}

void sqz_values_strip(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    sqz_block_t block = sqz_block_first(tile, in, row);

    for (; block.count > 0; sqz_block_next(&block)) {
        const sqz_strip_t out = {
            .at = strip.at + block.first * strip.stride,
            .stride = strip.stride,
        };

        sqz_block_put(&block);
        apply(&block, out);
    }
}
