/* sqz_values_strip.c - one row of a tile of filters, a sum and a product a weight value.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_block.h"
#include "sqz_values.h"

#if SQZ_HAS_LISTS
const sqz_engine_t sqz_by_values = {.read = sqz_values_read, .strip = sqz_values_strip};
#else
const sqz_engine_t sqz_by_values = {.read = sqz_products_read, .strip = sqz_products_strip};
#endif

/* All filters of the tile on BLOCK, whose first pixel's outputs begin at STRIP. */
static void apply(const sqz_block_t *block, sqz_strip_t strip)
{
    const sqz_work_t *const work = block->tile->work;
    const sqz_half_t *next = work->tile;
    sqz_outputs_t out = sqz_outputs_first(block->tile, strip);

    for (int32_t left = block->tile->channels; left > 0; left--, sqz_outputs_next(&out)) {
        uint8_t *const first = out.at;

        next = sqz_values_add(next, block->rows, block->count, work->runs);
        for (int32_t pixel = 0; pixel < block->count; pixel += SQZ_OUTPUTS) {
            out.at = first + pixel * strip.stride;
            out.count = sqz_min(SQZ_OUTPUTS, block->count - pixel);
            sqz_values_multiply(work->runs, pixel, &out);
        }
        out.at = first;
    }
}

void sqz_values_strip(const sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
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
