/* test_winograd.c - fewer products, the same bytes: 3x3 convolutions against product by product.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "check.h"
#include "sqz_kernels.h"

enum { MOST_CHANNELS = 48, MOST_SIDE = 15, MOST_FILTERS = 16 };

static uint8_t in[MOST_SIDE * MOST_SIDE * MOST_CHANNELS];
static int8_t weights[MOST_FILTERS * 9 * MOST_CHANNELS];
static uint8_t expected[MOST_SIDE * MOST_SIDE * MOST_FILTERS];
static uint8_t actual[MOST_SIDE * MOST_SIDE * MOST_FILTERS];
static int32_t bias[MOST_FILTERS];
static int32_t factor[MOST_FILTERS];

/* Inputs and weights at their ends, or anything. */
static void fill(const sqz_conv_t *layer)
{
    const int32_t ends = random_from(0, 3);

    for (uint32_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(ends == 0 ? 255 * random_from(0, 1) : random_from(0, 255));
    }
    for (uint32_t i = 0; i < sizeof weights; i++) {
        weights[i] = (int8_t)(ends < 2 ? (random_from(0, 1) ? 127 : -128) : random_from(-128, 127));
    }
    for (int32_t i = 0; i < layer->out_channels; i++) {
        bias[i] = random_from(-2000000, 2000000);
        factor[i] = random_from(1 << 10, 1 << 20);
    }
}

static sqz_conv_t random_layer(void)
{
    const int32_t channels = 4 * random_from(2, MOST_CHANNELS / 4);
    const int32_t padding = random_from(0, 1);
    const int32_t height = random_from(3, MOST_SIDE);
    const int32_t width = random_from(3, MOST_SIDE);
    const int32_t filters = 4 * random_from(1, MOST_FILTERS / 4);
    const sqz_conv_t layer = {
        .out_channels = (uint16_t)filters,
        .in_zero_point = (uint8_t)random_from(0, 255),
        .in = {(uint16_t)height, (uint16_t)width, (uint16_t)channels, (uint16_t)height},
        .out = {(uint16_t)(height + 2 * padding - 2), (uint16_t)(width + 2 * padding - 2),
                (uint16_t)filters, (uint16_t)(height + 2 * padding - 2)},
        .window = {3, 3, 1, (uint8_t)padding},
        .bias = bias,
        .requantizer = {
            .form = SQZ_REQUANTIZE_FIXED,
            .per_filter = (uint8_t)random_from(0, 1),
            .low = (uint8_t)(random_from(0, 1) * random_from(0, 200)),
            .lift = (uint8_t)random_from(1, 7),
            .factor = factor,
        },
        .filters = {
            .bits = (const uint8_t *)weights,
            .bit_count = (uint32_t)(filters * 9 * channels * 8),
            .coding = SQZ_CODING_RAW,
        },
    };

    return layer;
}

static void run(const sqz_conv_t *layer, uint8_t *out)
{
    const int32_t k = 9 * layer->in.channels;
    const int32_t tile_channels = 4 * random_from(1, 4);
    sqz_tables_t tables;
    sqz_work_t work = {
        .tables = &tables,
        .tile = random_block(tile_channels * SQZ_WINOGRAD_FILTER_BYTES(layer->in.channels)),
        .window = random_block(2 * SQZ_WINOGRAD_FILTER_BYTES(layer->in.channels)
                               + (k + 15) / 16 * 16),
        .tile_channels = tile_channels,
    };

    sqz_conv(layer, in, out, 0, layer->out.height, &work);
    check_equal(SQZ_OK, work.status, "status");
    free(work.tile);
    free(work.window);
}

static void test_same_bytes(void)
{
    sqz_conv_t layer = random_layer();
    const int32_t bytes = layer.out.height * layer.out.width * layer.out.channels;

    fill(&layer);
    run(&layer, expected);
    layer.engine = &sqz_by_winograd;
    run(&layer, actual);
    for (int32_t i = 0; i < bytes; i++) {
        check_equal(expected[i], actual[i], "output");
    }
}

int main(void)
{
    for (int32_t round = 0; round < 400; round++) {
        test_same_bytes();
    }
    return check_result("test_winograd");
}
