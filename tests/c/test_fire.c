/* test_fire.c - expand, pool and squeeze in one sweep against the same one after the other.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "conv_case.h"

/* Two convolutions of one shape side by side, perhaps a pool, and the squeeze of what they give. */
typedef struct {
    case_t expand;
    sqz_conv_t convs[2];
    int8_t *second; /* weights of convs[1] */
    sqz_maxpool_t pool;
    int32_t has_pool;
    sqz_conv_t squeeze;
    int8_t *weights; /* of the squeeze, filter by filter */
    int8_t *runs;    /* the same, tile by tile: what sqz_fire reads */
    int32_t *bias;
    sqz_tables_t tables[2];
} fire_case_t;

static sqz_maxpool_t random_pool_of(const sqz_conv_t *conv)
{
    const int32_t size = random_from(1, conv->out.height < 3 ? conv->out.height : 3);
    const int32_t most = size < conv->out.width ? size : conv->out.width;
    const uint8_t stride = (uint8_t)random_from(1, 2);
    const uint8_t padding = (uint8_t)random_from(0, most / 2);
    const sqz_maxpool_t pool = {
        .in = conv->out,
        .out = {(uint16_t)((conv->out.height + 2 * padding - most) / stride + 1),
                (uint16_t)((conv->out.width + 2 * padding - most) / stride + 1),
                conv->out.channels,
                (uint16_t)((conv->out.height + 2 * padding - most) / stride + 1)},
        .window = {(uint8_t)most, (uint8_t)most, stride, padding},
    };

    return pool;
}

/* The squeeze's weights in order 2: for each tile those of its channels, filter by filter. */
static void order_runs(fire_case_t *test)
{
    const int32_t tile = test->expand.work.tile_channels;
    const int32_t half = test->convs[0].out_channels;
    int8_t *to = test->runs;

    for (int32_t conv = 0; conv < 2; conv++) {
        for (int32_t first = 0; first < half; first += tile) {
            const int32_t count = half - first < tile ? half - first : tile;

            for (int32_t filter = 0; filter < test->squeeze.out_channels; filter++) {
                memcpy(to, test->weights + filter * 2 * half + conv * half + first, (size_t)count);
                to += count;
            }
        }
    }
}

static void open_squeeze(fire_case_t *test)
{
    const sqz_map_t in = test->has_pool ? test->pool.out : test->convs[0].out;
    const uint16_t filters = (uint16_t)random_from(1, MOST_FILTERS);
    const int32_t count = filters * in.channels;

    test->squeeze = test->convs[0];
    test->squeeze.out_channels = filters;
    test->squeeze.in = in;
    test->squeeze.out = (sqz_map_t){in.height, in.width, (uint16_t)(filters + 2), in.height};
    test->squeeze.first_channel = 1;
    test->squeeze.window = (sqz_window_t){1, 1, 1, 0};
    test->weights = random_block(count);
    test->runs = random_block(count);
    test->bias = random_block(filters * (int32_t)sizeof(int32_t));
    for (int32_t i = 0; i < filters; i++) {
        test->bias[i] = random_bias(test->squeeze.requantizer.form);
    }
    test->squeeze.bias = test->bias;
    test->squeeze.filters.bits = (const uint8_t *)test->weights;
    test->squeeze.filters.bit_count = (uint32_t)count * 8;
    order_runs(test);
}

static void open_fire(fire_case_t *test)
{
    open_case(&test->expand);
    test->convs[0] = test->expand.layer;
    test->convs[0].first_channel = 0;
    test->convs[0].out.channels = (uint16_t)(2 * test->convs[0].out_channels);
    test->convs[1] = test->convs[0];
    test->convs[1].first_channel = test->convs[0].out_channels;
    const int32_t count = test->convs[1].out_channels * filter_weights(&test->convs[1]);
    test->second = random_block(count);
    test->convs[1].filters.bits = (const uint8_t *)test->second;
    test->has_pool = random_from(0, 1);
    test->pool = random_pool_of(&test->convs[0]);
    open_squeeze(test);
}

static void close_fire(fire_case_t *test)
{
    free(test->bias);
    free(test->runs);
    free(test->weights);
    free(test->second);
    close_case(&test->expand);
}

/* One after the other, into OUT. */
static void run_apart(fire_case_t *test, uint8_t *out)
{
    const sqz_map_t *const in = &test->squeeze.in;
    uint8_t *const map = random_block(test->convs[0].out.height * row_bytes(&test->convs[0].out));
    uint8_t *const pooled = random_block(in->height * row_bytes(in));
    sqz_work_t work = {.tables = test->tables};

    for (int32_t i = 0; i < 2; i++) {
        sqz_conv(&test->convs[i], test->expand.in, map, 0, test->convs[0].out.height,
                 &test->expand.work);
    }
    if (test->has_pool) {
        sqz_maxpool(&test->pool, map, pooled, 0, in->height);
    }
    open_scratch(&work, &test->squeeze);
    sqz_conv(&test->squeeze, test->has_pool ? pooled : map, out, 0, in->height, &work);
    close_scratch(&work);
    free(pooled);
    free(map);
}

/* In one sweep, some rows a call. */
static void run_fused(fire_case_t *test, uint8_t *out)
{
    sqz_work_t work = test->expand.work;
    sqz_conv_t squeeze = test->squeeze;
    const int32_t stride = test->pool.window.stride;
    const sqz_fire_t fire = {
        .convs = {&test->convs[0], &test->convs[1]},
        .pool = test->has_pool ? &test->pool : NULL,
        .open_rows = (uint16_t)((test->pool.window.height + stride - 1) / stride),
        .squeeze = &squeeze,
    };
    const int32_t rows = random_from(1, squeeze.out.height);
    const int32_t filters = (squeeze.out_channels + 3) / 4 * 4;
    const int32_t run_bytes = SQZ_FILTER_BYTES(work.tile_channels);
    int32_t *const sums =
        random_block(rows * squeeze.out.width * filters * (int32_t)sizeof(int32_t));

    squeeze.filters.bits = (const uint8_t *)test->runs;
    work.tables = test->tables;
    work.run = random_block(filters * run_bytes);
    work.run_window = random_block(2 * run_bytes);
    work.open_rows = random_block(fire.open_rows * test->pool.out.width * work.tile_channels);
    for (int32_t row = 0; row < squeeze.out.height; row += rows) {
        const int32_t left = squeeze.out.height - row;

        sqz_fire(&fire, test->expand.in, sums, out, row, rows < left ? rows : left, &work);
    }
    check_equal(SQZ_OK, work.status, "status");
    free(work.open_rows);
    free(work.run_window);
    free(work.run);
    free(sums);
}

static void test_equals_one_after_the_other(void)
{
    fire_case_t test;

    open_fire(&test);
    const int32_t bytes = test.squeeze.out.height * row_bytes(&test.squeeze.out);
    uint8_t *const expected = random_block(bytes);
    uint8_t *const actual = random_block(bytes);

    memcpy(actual, expected, (size_t)bytes); /* neighbouring channels stay as they were */
    run_apart(&test, expected);
    run_fused(&test, actual);
    for (int32_t i = 0; i < bytes; i++) {
        check_equal(expected[i], actual[i], "squeeze");
    }
    free(actual);
    free(expected);
    close_fire(&test);
}

int main(void)
{
    for (int32_t round = 0; round < 500; round++) {
        test_equals_one_after_the_other();
    }
    return check_result("test_fire");
}
