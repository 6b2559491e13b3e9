/* test_lookup.c - every pixel goes through its channel's table, rings included.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "check.h"
#include "sqz_kernels.h"

static void test_one_shape(void)
{
    const int32_t height = random_from(1, 7);
    const int32_t width = random_from(1, 7);
    const int32_t channels = random_from(1, 4);
    const int32_t row_bytes = width * channels;
    const int32_t out_held = random_from(1, height);
    uint8_t *const in = random_block(height * row_bytes);
    uint8_t *const out = random_block(out_held * row_bytes);
    uint8_t *const table = random_block(channels * 256);
    const sqz_lookup_t layer = {
        .in = {.height = (uint16_t)height, .width = (uint16_t)width,
               .channels = (uint16_t)channels, .held = (uint16_t)height},
        .out_held = (uint16_t)out_held,
        .table = table,
    };

    for (int32_t row = 0; row < height; row++) {
        const uint8_t *const from = in + row * row_bytes;
        const uint8_t *const to = out + (row % out_held) * row_bytes;

        sqz_lookup(&layer, in, out, row, 1);
        for (int32_t i = 0; i < row_bytes; i++) {
            check_equal(table[(i % channels) * 256 + from[i]], to[i], "value");
        }
    }
    free(table);
    free(out);
    free(in);
}

static void test_many_rows_at_once_and_none(void)
{
    enum { HEIGHT = 4, BYTES = 12 };
    uint8_t table[256];
    uint8_t in[BYTES];
    uint8_t out[BYTES];
    const sqz_lookup_t layer = {
        .in = {.height = HEIGHT, .width = 3, .channels = 1, .held = HEIGHT},
        .out_held = HEIGHT,
        .table = table,
    };

    for (int32_t i = 0; i < 256; i++) {
        table[i] = (uint8_t)(255 - i);
    }
    for (int32_t i = 0; i < BYTES; i++) {
        in[i] = (uint8_t)i;
        out[i] = 99;
    }
    sqz_lookup(&layer, in, out, 0, 0);
    check_equal(99, out[0], "no rows, nothing written");
    sqz_lookup(&layer, in, out, 1, 2);
    for (int32_t i = 0; i < BYTES; i++) {
        check_equal(i < 3 || i >= 9 ? 99 : 255 - i, out[i], "rows 1 and 2 alone");
    }
}

int main(void)
{
    for (int32_t round = 0; round < 300; round++) {
        test_one_shape();
    }
    test_many_rows_at_once_and_none();
    return check_result("test_lookup");
}
