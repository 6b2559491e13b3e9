/* sqz_values_strip.c - one row of a tile of filters, a sum and a product a weight value.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_block.h"
#include "sqz_values.h"

const sqz_engine_t sqz_by_values = {.read = sqz_values_read, .strip = sqz_values_strip};

/* All filters of the tile on BLOCK, whose first pixel's outputs begin at OUT. */
static void apply(const sqz_block_t *block, sqz_strip_t out)
{
    const sqz_tile_t *const tile = block->tile;
    const int32_t end = tile->first + tile->channels;
    const sqz_half_t *next = tile->work->tile;
    sqz_word_t *const sums = tile->work->runs;

    for (int32_t filter = tile->first; filter < end; filter++, out.at++) {
        next = sqz_values_add(next, block->rows, block->count, sums);
        for (int32_t pixel = 0; pixel < block->count; pixel += SQZ_PRODUCTS) {
            const sqz_outputs_t outputs = {
                .at = out.at + pixel * out.stride,
                .stride = out.stride,
                .count = sqz_min(SQZ_PRODUCTS, block->count - pixel),
            };
            int32_t products[SQZ_PRODUCTS];

            sqz_values_multiply(sums, pixel, products);
            sqz_outputs_put(tile, filter, products, outputs);
        }
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
