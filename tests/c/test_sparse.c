/* test_sparse.c - convolutions that use zeros and equal weights against the definition.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "conv_case.h"
#include "sqz_values.h"

enum { MOST_WEIGHTS = 9 * 41 }; /* of a filter */

/* How the weights of a case are drawn. */
typedef struct {
    int32_t values;  /* distinct non-zero ones, at most 255 */
    int32_t density; /* of 100 weights, how many are not zero */
} draw_t;

/* A shape around the blocks' edges, and lists around the longest run. */
static void choose_sparse_shape(sqz_conv_t *layer)
{
    const int32_t size = random_from(0, 3) == 0 ? 3 : 1;
    const int32_t padding = random_from(0, size == 3);
    const int32_t stride = random_from(0, 3) == 0 ? 2 : 1;
    const int32_t width = random_from(0, 2) == 0 ? random_from(size, 6) : random_from(6, 37);

    layer->window = (sqz_window_t){(uint8_t)size, (uint8_t)size, (uint8_t)stride,
                                   (uint8_t)padding};
    layer->in = (sqz_map_t){.height = (uint16_t)random_from(size, 4),
                            .width = (uint16_t)width,
                            .channels = (uint16_t)random_from(1, size == 3 ? MOST_WEIGHTS / 9 : 300)};
    layer->in.held = layer->in.height;
    layer->out_channels = (uint16_t)random_from(1, MOST_FILTERS);
    layer->first_channel = (uint16_t)random_from(0, 3);
    layer->out = (sqz_map_t){
        .height = (uint16_t)((layer->in.height + 2 * padding - size) / stride + 1),
        .width = (uint16_t)((layer->in.width + 2 * padding - size) / stride + 1),
        .channels = (uint16_t)(layer->first_channel + layer->out_channels + random_from(0, 3)),
    };
    layer->out.held = layer->out.height;
}

static int8_t value_of(int32_t which)
{
    static const int8_t first[] = {-128, 127, -127, 1, -1};

    return which < 5 ? first[which] : (int8_t)(which < 130 ? which - 3 : which - 257);
}

/* Some filters are all zero, some have a single value. */
static void draw_weights(case_t *test, draw_t draw)
{
    const int32_t k = filter_weights(&test->layer);

    for (int32_t filter = 0; filter < test->layer.out_channels; filter++) {
        const int32_t kind = random_from(0, 7);
        const int32_t density = kind == 0 ? 0 : draw.density;
        const int32_t values = kind == 1 ? 1 : draw.values;

        for (int32_t i = 0; i < k; i++) {
            const int32_t is_kept = random_from(0, 99) < density;

            test->weights[filter * k + i]
                = is_kept ? value_of(random_from(0, values - 1)) : (int8_t)0;
        }
    }
}

/* What lists take: bytes of the largest tile, and the most runs of equal weights in a filter. */
typedef struct {
    int32_t tile_bytes;
    int32_t runs;
} need_t;

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Bytes and runs of one filter, as sqz_nonzeros.c and sqz_values.h say. */
static need_t need_of_filter(const int8_t *weights, int32_t k, int is_by_values)
{
    int32_t counts[256] = {0};
    need_t need = {0, 0};
    int32_t nonzero = 0;

    for (int32_t i = 0; i < k; i++) {
        counts[(uint8_t)weights[i]] += weights[i] != 0;
        nonzero += weights[i] != 0;
    }
    for (int32_t i = 0; i < 256; i++) {
        need.runs += (counts[i] + SQZ_LANE_RUN - 1) / SQZ_LANE_RUN;
    }
    need.tile_bytes = is_by_values ? 2 * (nonzero + 2 * need.runs + 1) : 4 * (nonzero + 1);
    return need;
}

static need_t need_of(const case_t *test, int is_by_values)
{
    const int32_t k = filter_weights(&test->layer);
    const int32_t filters = test->layer.out_channels;
    const int32_t tile = test->work.tile_channels;
    need_t need = {0, 0};

    for (int32_t first = 0; first < filters; first += tile) {
        int32_t bytes = 0;

        for (int32_t i = first; i < first + tile && i < filters; i++) {
            const need_t own = need_of_filter(test->weights + i * k, k, is_by_values);
            bytes += own.tile_bytes;
            need.runs = larger(need.runs, own.runs);
        }
        need.tile_bytes = larger(need.tile_bytes, bytes);
    }
    return need;
}

/* Scratch exactly as large as ir/scratch.py says: for lists, and for a group's products of bytes in
 * vectors. */
static void open_lists(case_t *test, const sqz_engine_t *engine)
{
    const sqz_conv_t *const layer = &test->layer;
    sqz_work_t *const work = &test->work;
    const int is_by_values = engine == &sqz_by_values;
    const need_t need = need_of(test, is_by_values);
    const int32_t k = filter_weights(layer);
    const int32_t vectors = (k + 15) / 16 * 16;
    const int32_t rows = larger(larger(32, (layer->in.channels + 3) / 4 * 4) + 16 * k,
                                2 * (vectors + 4) + vectors);
    const int32_t chains = 2 * 256 + 2 * (k + 1) + 256 + 2 * ((k + 3) / 4 * 4);

    test->layer.engine = engine;
    work->tile_bytes = larger(need.tile_bytes, SQZ_GROUP * (vectors + 4));
    work->most_runs = is_by_values ? need.runs : 0;
    free(work->tile);
    free(work->window);
    work->tile = random_block(work->tile_bytes);
    work->window = random_block(is_by_values ? larger(rows, chains) : rows);
    work->runs = is_by_values ? random_block((work->most_runs + 1) * SQZ_SUMS_BYTES) : NULL;
}

static void open_sparse_case(case_t *test, const sqz_engine_t *engine, draw_t draw)
{
    memset(test, 0, sizeof *test);
    choose_sparse_shape(&test->layer);
    fill_case(test);
    draw_weights(test, draw);
    fold_biases(test);
    open_lists(test, engine);
    if (random_from(0, 3) == 0) {
        memset(test->in, random_from(0, 1) ? 255 : 0,
               (size_t)(test->layer.in.height * row_bytes(&test->layer.in)));
    }
}

static void close_sparse_case(case_t *test)
{
    free(test->work.runs);
    close_case(test);
}

static void check_map(const case_t *test, const uint8_t *actual, const uint8_t *before,
                      const char *claim)
{
    const sqz_conv_t *const layer = &test->layer;

    for (int32_t i = 0; i < layer->out.height * row_bytes(&layer->out); i++) {
        const int32_t filter = i % layer->out.channels - layer->first_channel;
        const int is_own = filter >= 0 && filter < layer->out_channels;
        const int32_t pixel = i / layer->out.channels;

        check_equal(is_own ? expected_at(test, pixel / layer->out.width,
                                         pixel % layer->out.width, filter)
                           : before[i],
                    actual[i], is_own ? claim : "neighbouring channel");
    }
}

/* Compute the map of TEST in random numbers of rows, and compare it. */
static void check_case(case_t *test, sqz_status_t status, const char *claim)
{
    const sqz_conv_t *const layer = &test->layer;
    const int32_t bytes = layer->out.height * row_bytes(&layer->out);
    uint8_t *const out = random_block(bytes);
    uint8_t *const before = random_block(bytes);

    memcpy(before, out, (size_t)bytes);
    for (int32_t row = 0; row < layer->out.height;) {
        const int32_t rows = random_from(1, layer->out.height - row);

        sqz_conv(layer, test->in, out, row, rows, &test->work);
        row += rows;
    }
    check_equal(status, test->work.status, "status");
    check_map(test, out, before, claim);
    free(before);
    free(out);
}

static void test_random_filters(const sqz_engine_t *engine, draw_t draw)
{
    case_t test;

    open_sparse_case(&test, engine, draw);
    check_case(&test, SQZ_OK, "sparse filters");
    close_sparse_case(&test);
}

/* Runs as long as lanes hold, one more and one less, of the largest inputs. */
static void test_long_runs(const sqz_engine_t *engine, int32_t count)
{
    case_t test;

    memset(&test, 0, sizeof test);
    do {
        choose_sparse_shape(&test.layer);
    } while (filter_weights(&test.layer) < count + 3);
    fill_case(&test);
    const int32_t k = filter_weights(&test.layer);

    memset(test.weights, 0, (size_t)(test.layer.out_channels * k));
    for (int32_t filter = 0; filter < test.layer.out_channels; filter++) {
        for (int32_t i = 0; i < count; i++) {
            test.weights[filter * k + i] = value_of(filter % 3);
        }
        test.weights[filter * k + k - 1] = 5;
    }
    fold_biases(&test);
    open_lists(&test, engine);
    memset(test.in, 255, (size_t)(test.layer.in.height * row_bytes(&test.layer.in)));
    check_case(&test, SQZ_OK, "a long run");
    close_sparse_case(&test);
}

/* Without padding and zero point, weights that are lost count as zeros with no bias to mend. */
static void open_plain_case(case_t *test, const sqz_engine_t *engine, draw_t draw)
{
    open_sparse_case(test, engine, draw);
    test->layer.in_zero_point = 0;
    fold_biases(test);
}

/* A stream that ends early: every weight from there on is 0, and the status says so. */
static void test_damaged_stream(const sqz_engine_t *engine, draw_t draw)
{
    case_t test;

    open_plain_case(&test, engine, draw);
    const int32_t weights = test.layer.out_channels * filter_weights(&test.layer);
    const int32_t kept = random_from(0, weights - 1);

    test.layer.filters.bit_count = (uint32_t)kept * 8;
    memset(test.weights + kept, 0, (size_t)(weights - kept));
    check_case(&test, SQZ_ERR_BITSTREAM, "a stream that ends early");
    close_sparse_case(&test);
}

/* Lists that are too long: the status says so, and no byte beside is touched. */
static void test_lists_that_do_not_fit(const sqz_engine_t *engine, draw_t draw)
{
    case_t test;

    open_plain_case(&test, engine, draw);
    const int32_t bytes = test.layer.out.height * row_bytes(&test.layer.out);
    const int32_t end_bytes = engine == &sqz_by_values ? 2 : 4;
    const int32_t tile = test.work.tile_channels;
    uint8_t *const out = random_block(bytes);

    memset(test.weights, 1, (size_t)filter_weights(&test.layer));
    if (test.layer.out_channels < tile) {
        test.work.tile_bytes = end_bytes * test.layer.out_channels;
    } else {
        test.work.tile_bytes = end_bytes * tile; /* no filter but zeros fits */
    }
    free(test.work.tile);
    test.work.tile = random_block(test.work.tile_bytes);
    sqz_conv(&test.layer, test.in, out, 0, test.layer.out.height, &test.work);
    check_equal(SQZ_ERR_BITSTREAM, test.work.status, "status of lists that do not fit");
    free(out);
    close_sparse_case(&test);
}

/* The same for runs that there is no room to sum. */
static void test_runs_that_do_not_fit(draw_t draw)
{
    case_t test;

    open_plain_case(&test, &sqz_by_values, draw);
    const int32_t bytes = test.layer.out.height * row_bytes(&test.layer.out);
    uint8_t *const out = random_block(bytes);

    memset(test.weights, 1, (size_t)filter_weights(&test.layer));
    test.work.most_runs = 0;
    free(test.work.runs);
    test.work.runs = random_block(SQZ_SUMS_BYTES);
    sqz_conv(&test.layer, test.in, out, 0, test.layer.out.height, &test.work);
    check_equal(SQZ_ERR_BITSTREAM, test.work.status, "status of runs that do not fit");
    free(out);
    close_sparse_case(&test);
}

int main(void)
{
    for (int32_t round = 0; round < 200; round++) {
        const sqz_engine_t *const engine = round % 2 ? &sqz_by_nonzeros : &sqz_by_values;
        const int32_t values = round % 5 == 0 ? 255 : random_from(1, 20);
        const draw_t draw = {.values = values, .density = random_from(0, 100)};

        test_random_filters(engine, draw);
        test_long_runs(engine, 126 + round % 5);
        test_long_runs(engine, 254 + round % 5);
        test_damaged_stream(engine, draw);
        if (SQZ_HAS_LISTS) {
            test_lists_that_do_not_fit(engine, draw);
            test_runs_that_do_not_fit(draw);
        }
    }
    return check_result("test_sparse");
}
