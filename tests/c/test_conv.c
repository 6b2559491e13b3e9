/* test_conv.c - convolutions of random shapes against the definition, written out directly.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "conv_case.h"

/* A row of the output map: the layer's channels as defined, its neighbours' as they were. */
static void check_row(const case_t *test, const uint8_t *actual, const uint8_t *before, int32_t row)
{
    const sqz_conv_t *const layer = &test->layer;

    for (int32_t i = 0; i < row_bytes(&layer->out); i++) {
        const int32_t filter = i % layer->out.channels - layer->first_channel;
        const int is_own = filter >= 0 && filter < layer->out_channels;
        const int32_t x = i / layer->out.channels;

        check_equal(is_own ? expected_at(test, row, x, filter) : before[i], actual[i],
                    is_own ? "convolution" : "neighbouring channel");
    }
}

static void test_whole_maps(void)
{
    case_t test;

    open_case(&test);
    const sqz_conv_t *const layer = &test.layer;
    const int32_t bytes = layer->out.height * row_bytes(&layer->out);
    uint8_t *const out = random_block(bytes);
    uint8_t *const before = random_block(bytes);

    memcpy(before, out, (size_t)bytes);
    sqz_conv(layer, test.in, out, 0, layer->out.height, &test.work);
    check_equal(SQZ_OK, test.work.status, "status");
    for (int32_t row = 0; row < layer->out.height; row++) {
        const int32_t at = row * row_bytes(&layer->out);
        check_row(&test, out + at, before + at, row);
    }
    free(before);
    free(out);
    close_case(&test);
}

/* Some rows a call; input rows arrive in a ring just before they are needed. */
static void test_rings(void)
{
    case_t test;

    open_case(&test);
    sqz_conv_t *const layer = &test.layer;
    const int32_t rows = random_from(1, layer->out.height);
    const int32_t in_row = row_bytes(&layer->in);
    const int32_t out_row = row_bytes(&layer->out);
    const int32_t needed = (rows - 1) * layer->window.stride + layer->window.height;
    int32_t arrived = 0;

    layer->in.held = (uint16_t)(needed < layer->in.height ? needed : layer->in.height);
    layer->out.held = (uint16_t)random_from(rows, layer->out.height);
    uint8_t *const ring = random_block(layer->in.held * in_row);
    uint8_t *const out = random_block(layer->out.held * out_row);
    uint8_t *const before = random_block(layer->out.held * out_row);

    memcpy(before, out, (size_t)(layer->out.held * out_row));
    for (int32_t row = 0; row < layer->out.height; row += rows) {
        const int32_t end = row + rows < layer->out.height ? row + rows : layer->out.height;

        for (; arrived < sqz_rows_end(&layer->window, layer->in.height, end - 1); arrived++) {
            memcpy(ring + (arrived % layer->in.held) * in_row, test.in + arrived * in_row,
                   (size_t)in_row);
        }
        sqz_conv(layer, ring, out, row, end - row, &test.work);
        for (int32_t done = row; done < end; done++) {
            const int32_t at = (done % layer->out.held) * out_row;
            check_row(&test, out + at, before + at, done);
        }
    }
    free(before);
    free(out);
    free(ring);
    close_case(&test);
}

static int32_t expected_sum(const case_t *test, int32_t filter)
{
    int32_t sum = 0;

    for (int32_t row = 0; row < test->layer.out.height; row++) {
        for (int32_t x = 0; x < test->layer.out.width; x++) {
            sum += expected_at(test, row, x, filter);
        }
    }
    return sum;
}

/* The head: sums over all pixels, in any number of calls, or their quantized average. */
static void test_average(int is_quantized)
{
    case_t test;

    open_case(&test);
    const int32_t rows = random_from(1, test.layer.out.height);
    int32_t *const logits = random_block(test.layer.out_channels * (int32_t)sizeof(int32_t));
    const sqz_conv_average_t head = {
        .conv = test.layer,
        .zero_sum = is_quantized ? random_from(0, 5000) : 0,
        .m = is_quantized ? (uint32_t)random_from(117, 125) << 23 | (random_bits() & 0x7fffff) : 0,
    };

    for (int32_t row = 0; row < test.layer.out.height; row += rows) {
        const int32_t left = test.layer.out.height - row;
        sqz_conv_average(&head, test.in, logits, row, rows < left ? rows : left, &test.work);
    }
    for (int32_t filter = 0; filter < test.layer.out_channels; filter++) {
        const int32_t sum = expected_sum(&test, filter);
        const int32_t zero_point = head.conv.requantizer.zero_point;

        check_equal(is_quantized
                        ? sqz_requantize_exact(sum - head.zero_sum, head.m, zero_point, 0)
                        : sum,
                    logits[filter], "logit");
    }
    free(logits);
    close_case(&test);
}

/* The bias that the definition needs, once the weights from KEPT on are lost, for what the kernel
 * makes of the folded one: padding adds nothing there, and every other input counts in full. */
static void sums_of_the_lost(case_t *test, int32_t kept)
{
    const int32_t count = filter_weights(&test->layer);

    for (int32_t i = 0; i < test->layer.out_channels; i++) {
        int32_t lost = 0;

        for (int32_t at = 0; at < count; at++) {
            lost += i * count + at < kept ? 0 : test->weights[i * count + at];
        }
        const uint32_t product = (uint32_t)(lost * test->layer.in_zero_point);
        test->bias[i] = (int32_t)((uint32_t)test->bias[i]
                                  - (product << test->layer.requantizer.lift));
    }
}

/* A stream that ends early: every weight from there on is 0, and the status says so for good. */
static void test_damaged_stream(void)
{
    case_t test;

    open_case(&test);
    sqz_conv_t *const layer = &test.layer;
    const int32_t weights = layer->out_channels * filter_weights(layer);
    const int32_t kept = random_from(0, weights - 1);
    const int32_t bytes = layer->out.height * row_bytes(&layer->out);
    uint8_t *const out = random_block(bytes);
    uint8_t *const before = random_block(bytes);

    layer->filters.bit_count = (uint32_t)kept * 8;
    memcpy(before, out, (size_t)bytes);
    sqz_conv(layer, test.in, out, 0, layer->out.height, &test.work);
    check_equal(SQZ_ERR_BITSTREAM, test.work.status, "status of a damaged stream");

    /* The folded biases are those of the whole stream, so the definition keeps them too. */
    sums_of_the_lost(&test, kept);
    memset(test.weights + kept, 0, (size_t)(weights - kept));
    for (int32_t row = 0; row < layer->out.height; row++) {
        const int32_t at = row * row_bytes(&layer->out);
        check_row(&test, out + at, before + at, row);
    }
    layer->filters.bit_count = (uint32_t)weights * 8;
    sqz_conv(layer, test.in, out, 0, layer->out.height, &test.work);
    check_equal(SQZ_ERR_BITSTREAM, test.work.status, "the first error sticks");
    free(before);
    free(out);
    close_case(&test);
}

static void test_no_rows_do_nothing(void)
{
    case_t test;

    open_case(&test);
    test.layer.filters.bit_count = 0; /* would be an error, if it were read */
    sqz_conv(&test.layer, test.in, NULL, 0, 0, &test.work);
    check_equal(SQZ_OK, test.work.status, "no rows, no error");
    close_case(&test);
}

int main(void)
{
    for (int32_t round = 0; round < 500; round++) {
        test_whole_maps();
        test_rings();
        test_average(0);
        test_average(1);
        test_damaged_stream();
    }
    test_no_rows_do_nothing();
    return check_result("test_conv");
}
