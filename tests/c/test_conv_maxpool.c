/* test_conv_maxpool.c - a convolution folded into its pool equals one after the other.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "conv_case.h"

/* The last window may hang over the edge (ceil mode), but begins inside. */
static uint16_t random_out_size(int32_t in, const sqz_window_t *window)
{
    const int32_t whole = (in + 2 * window->padding - window->height) / window->stride + 1;
    const int32_t is_ceil = random_from(0, 1) && whole * window->stride - window->padding < in;

    return (uint16_t)(whole + is_ceil);
}

/* A pool over what LAYER computes. */
static sqz_maxpool_t random_pool(const sqz_conv_t *layer)
{
    const int32_t shorter =
        layer->out.height < layer->out.width ? layer->out.height : layer->out.width;
    const int32_t kernel = random_from(1, shorter < 3 ? shorter : 3);
    sqz_maxpool_t pool = {.in = layer->out, .out = layer->out};

    pool.window = (sqz_window_t){(uint8_t)kernel, (uint8_t)kernel, (uint8_t)random_from(1, 3),
                                 (uint8_t)random_from(0, kernel / 2)};
    pool.out.height = random_out_size(pool.in.height, &pool.window);
    pool.out.width = random_out_size(pool.in.width, &pool.window);
    pool.out.held = pool.out.height;
    return pool;
}

/* Whether convolution rows [BEGIN, END) reach into the window of pool row POOLED. */
static int reaches(const sqz_maxpool_t *pool, int32_t pooled, int32_t begin, int32_t end)
{
    return sqz_rows_begin(&pool->window, pooled) < end
           && sqz_rows_end(&pool->window, pool->in.height, pooled) > begin;
}

/* Pool rows whose windows are open at once while the convolution makes ROWS rows a call. */
static int32_t most_open(const sqz_maxpool_t *pool, int32_t rows)
{
    int32_t most = 1;

    for (int32_t begin = 0; begin < pool->in.height; begin += rows) {
        int32_t open = 0;

        for (int32_t pooled = 0; pooled < pool->out.height; pooled++) {
            open += reaches(pool, pooled, begin, begin + rows);
        }
        most = open > most ? open : most;
    }
    return most;
}

/* The layer's own channels of a pool row are as expected; its neighbours' are as they were. */
static void check_row(const sqz_conv_t *layer, const sqz_maxpool_t *pool, const uint8_t *expected,
                      const uint8_t *before, const uint8_t *actual)
{
    for (int32_t i = 0; i < row_bytes(&pool->out); i++) {
        const int32_t filter = i % pool->out.channels - layer->first_channel;
        const int is_own = filter >= 0 && filter < layer->out_channels;

        check_equal(is_own ? expected[i] : before[i], actual[i],
                    is_own ? "pooled" : "neighbouring channel");
    }
}

static void test_equals_one_after_the_other(void)
{
    case_t test;

    open_case(&test);
    const sqz_conv_t *const layer = &test.layer;
    sqz_maxpool_t pool = random_pool(layer);
    const int32_t rows = random_from(1, pool.in.height);
    const int32_t out_row = row_bytes(&pool.out);
    uint8_t *const map = random_block(pool.in.height * row_bytes(&pool.in));
    uint8_t *const expected = random_block(pool.out.height * out_row);

    sqz_conv(layer, test.in, map, 0, layer->out.height, &test.work);
    sqz_maxpool(&pool, map, expected, 0, pool.out.height);

    pool.out.held = (uint16_t)random_from(most_open(&pool, rows), pool.out.height);
    uint8_t *const ring = random_block(pool.out.held * out_row);
    uint8_t *const before = random_block(pool.out.held * out_row);
    memcpy(before, ring, (size_t)(pool.out.held * out_row));
    for (int32_t row = 0; row < pool.in.height; row += rows) {
        const int32_t end = row + rows < pool.in.height ? row + rows : pool.in.height;

        sqz_conv_maxpool(layer, &pool, test.in, ring, row, end - row, &test.work);
        for (int32_t pooled = 0; pooled < pool.out.height; pooled++) {
            const int32_t last = sqz_rows_end(&pool.window, pool.in.height, pooled) - 1;
            const int32_t at = (pooled % pool.out.held) * out_row;

            if (last >= row && last < end) {
                check_row(layer, &pool, expected + pooled * out_row, before + at, ring + at);
            }
        }
    }
    check_equal(SQZ_OK, test.work.status, "status");
    free(before);
    free(ring);
    free(expected);
    free(map);
    close_case(&test);
}

static void test_rows_under_a_pool(void)
{
    const sqz_maxpool_t pool = {.in = {.height = 9}, .out = {.height = 5}, .window = {3, 3, 2, 1}};
    static const int32_t expected[] = {0, 2, 4, 6, 8, 9};

    for (int32_t rows = 0; rows <= 5; rows++) {
        check_equal(expected[rows], sqz_rows_under(&pool, rows), "rows under a pool");
    }
    const sqz_maxpool_t slow = {.in = {.height = 9}, .window = {3, 3, 1, 0}};
    check_equal(0, sqz_rows_under(&slow, 0), "no rows under none");
}

int main(void)
{
    for (int32_t round = 0; round < 2000; round++) {
        test_equals_one_after_the_other();
    }
    test_rows_under_a_pool();
    return check_result("test_conv_maxpool");
}
