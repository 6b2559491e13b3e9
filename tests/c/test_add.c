/* test_add.c - sums of two maps: all pairs of bytes by the definition, in any scale.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "check.h"
#include "sqz_kernels.h"

enum { BYTES = 256, SCALES = 60 };

/* What SPEC.md section 2.8 says, with room to spare. */
static int32_t sum_by_definition(const sqz_add_t *add, int32_t a, int32_t b)
{
    const int64_t t = (int64_t)a * add->factor + (int64_t)b * add->other_factor;
    const int64_t half = (int64_t)1 << (add->shift - 1);
    const int64_t rounded = t < 0 ? -((half - t) >> add->shift) : (t + half) >> add->shift;
    const int64_t y = rounded + add->zero_point;

    return (int32_t)(y < add->low ? add->low : y > 255 ? 255 : y);
}

/* One row of 256 pixels with one channel each: every b, with the same a. */
static void check_all_pairs(const sqz_add_t *add, int32_t zero_a, int32_t zero_b)
{
    uint8_t at[BYTES];
    uint8_t other[BYTES];

    for (int32_t a = 0; a < BYTES; a++) {
        for (int32_t b = 0; b < BYTES; b++) {
            at[b] = (uint8_t)a;
            other[b] = (uint8_t)b;
        }
        sqz_add_row(add, other, at, 1, 1);
        for (int32_t b = 0; b < BYTES; b++) {
            check_equal(sum_by_definition(add, a - zero_a, b - zero_b), at[b], "sum");
        }
    }
}

/* Factors as the compiler makes them: the larger one has 22 bits, the other fewer or as many. Powers
 * of two give sums half way between two integers. */
static void test_all_pairs_in_some_scales(void)
{
    for (int32_t i = 0; i < SCALES; i++) {
        const int32_t any = random_from(1 << 21, (1 << 22) - 1);
        const int32_t large = i % 2 ? any : 1 << 21;
        const int32_t small = (i % 4 ? random_from(0, large) : large) >> random_from(0, 3);
        const int32_t is_first = random_from(0, 1);
        const int32_t zero_a = random_from(0, 255) * random_from(0, 1);
        const int32_t zero_b = random_from(0, 255) * random_from(0, 1);
        const int32_t zero = random_from(0, 255) * random_from(0, 1);
        const int32_t factor = is_first ? large : small;
        const int32_t other_factor = is_first ? small : large;
        const sqz_add_t add = {
            .shift = (uint8_t)(i < 18 ? 14 + i : random_from(19, 23)),
            .zero_point = (uint8_t)zero,
            .low = (uint8_t)(random_from(0, 1) * zero),
            .other = {.height = 1, .width = BYTES, .channels = 1, .held = 1},
            .factor = factor,
            .other_factor = other_factor,
            .bias = (int32_t)(0u - (uint32_t)zero_a * (uint32_t)factor
                              - (uint32_t)zero_b * (uint32_t)other_factor),
        };

        check_all_pairs(&add, zero_a, zero_b);
    }
}

/* The largest sums there are, and the smallest, do not leave 32 bits. */
static void test_extremes(void)
{
    for (int32_t zero = 0; zero < BYTES; zero += 255) {
        for (uint8_t shift = 14; shift <= 31; shift++) {
            const int32_t factor = (1 << 22) - 1;
            const sqz_add_t add = {
                .shift = shift,
                .zero_point = 100,
                .other = {.height = 1, .width = BYTES, .channels = 1, .held = 1},
                .factor = factor,
                .other_factor = factor,
                .bias = -2 * zero * factor,
            };

            check_all_pairs(&add, zero, zero);
        }
    }
}

/* Some channels of wider pixels: the others stay. */
static void test_strides(void)
{
    enum { WIDTH = 5, CHANNELS = 3, STRIDE = 7, OTHER_STRIDE = 4 };
    const sqz_add_t add = {
        .shift = 21,
        .other = {.height = 1, .width = WIDTH, .channels = OTHER_STRIDE, .held = 1},
        .factor = 1 << 21,
        .other_factor = 1 << 21,
    };
    uint8_t at[WIDTH * STRIDE];
    uint8_t other[WIDTH * OTHER_STRIDE];

    for (int32_t i = 0; i < WIDTH * STRIDE; i++) {
        at[i] = (uint8_t)i;
    }
    for (int32_t i = 0; i < WIDTH * OTHER_STRIDE; i++) {
        other[i] = (uint8_t)(100 + i);
    }
    sqz_add_row(&add, other, at, STRIDE, CHANNELS);
    for (int32_t i = 0; i < WIDTH * STRIDE; i++) {
        const int32_t c = i % STRIDE;
        const int32_t added = c < CHANNELS ? 100 + i / STRIDE * OTHER_STRIDE + c : 0;

        check_equal(i + added, at[i], "a channel of a wider pixel");
    }
}

int main(void)
{
    test_all_pairs_in_some_scales();
    test_extremes();
    test_strides();
    return check_result("test_add");
}
