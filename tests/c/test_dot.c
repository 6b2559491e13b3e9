/* test_dot.c - the inner product of this core against the portable one.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "conv_case.h"

#include "sqz_dot.h"

/* The portable variant under other names, so that both are in one program. */
enum { LANES = SQZ_LANES, ARE_LIFTED = sizeof(sqz_weight_t) == sizeof(int16_t) };
#undef SQZ_DOT_PORTABLE_H
#undef SQZ_HAS_PAIRS
#define SQZ_LANES PORTABLE_LANES
#define sqz_four_t portable_four_t
#define sqz_lane_bytes portable_lane_bytes
#define sqz_weight_t portable_weight_t
#define sqz_read_weights portable_read_weights
#define sqz_first_sum portable_first_sum
#define sqz_accumulated portable_accumulated
#define sqz_group_pack portable_group_pack
#define sqz_window_put portable_window_put
#define sqz_window_fill portable_window_fill
#define sqz_multiply_add portable_multiply_add
#define sqz_dot portable_dot
#define sqz_dot_sums portable_dot_sums
#define sqz_lift_left portable_lift_left
#define sqz_dot_last portable_dot_last
#define sqz_sum_rescale portable_sum_rescale
#define sqz_four_rescale portable_four_rescale
#define sqz_sums_fixed portable_sums_fixed
#define sqz_dot_fixed portable_dot_fixed
typedef int32_t portable_four_t[SQZ_GROUP];
#include "sqz_dot_portable.h"
#undef sqz_four_t
#undef sqz_lane_bytes
#undef sqz_weight_t
#undef sqz_read_weights
#undef sqz_first_sum
#undef sqz_accumulated
#undef sqz_group_pack
#undef sqz_window_put
#undef sqz_window_fill
#undef sqz_multiply_add
#undef sqz_dot
#undef sqz_dot_sums
#undef sqz_lift_left
#undef sqz_dot_last
#undef sqz_sum_rescale
#undef sqz_four_rescale
#undef sqz_sums_fixed
#undef sqz_dot_fixed

/* Noise, or nothing but the values at which something could overflow. */
static uint8_t random_byte(int32_t is_extreme)
{
    static const uint8_t extremes[] = {0, 255, 128, 129, 127};

    return is_extreme ? extremes[random_from(0, 4)] : (uint8_t)random_bits();
}

static void fill_randomly(uint8_t *to, int32_t count)
{
    const int32_t is_extreme = random_from(0, 1);

    for (int32_t i = 0; i < count; i++) {
        to[i] = random_byte(is_extreme);
    }
}

/* One group and one window in both variants, each in a block as large as the planner makes it. */
typedef struct {
    int32_t k;
    uint8_t *group;
    uint8_t *window;
    uint8_t *portable_group;
    uint8_t *portable_window;
} pair_t;

static void open_pair(pair_t *pair, int32_t k)
{
    pair->k = k;
    pair->group = random_block(SQZ_GROUP * SQZ_FILTER_BYTES(k));
    pair->window = random_block(2 * SQZ_FILTER_BYTES(k));
    pair->portable_group = random_block(SQZ_GROUP * k);
    pair->portable_window = random_block(2 * k);
    check_equal(1, sqz_lane_bytes(k) <= SQZ_FILTER_BYTES(k), "room");
}

static void close_pair(pair_t *pair)
{
    free(pair->portable_window);
    free(pair->portable_group);
    free(pair->window);
    free(pair->group);
}

/* FILTERS filters, where the variant lifts weights by LIFT; the missing ones are zeros. */
static void pack(pair_t *pair, int32_t filters, int32_t lift)
{
    memset(pair->group, 0, (size_t)(SQZ_GROUP * sqz_lane_bytes(pair->k)));
    memset(pair->portable_group, 0, (size_t)(SQZ_GROUP * pair->k));
    for (int32_t filter = 0; filter < filters; filter++) {
        int8_t *const weights = random_block(pair->k);
        sqz_weight_t *const own = random_block(2 * SQZ_FILTER_BYTES(pair->k));

        fill_randomly((uint8_t *)weights, pair->k);
        for (int32_t i = 0; i < pair->k; i++) {
            own[i] = (sqz_weight_t)(weights[i] * (ARE_LIFTED ? 1 << lift : 1));
        }
        sqz_group_pack(pair->group, filter, own, pair->k);
        portable_group_pack(pair->portable_group, filter, weights, pair->k);
        free(own);
        free(weights);
    }
}

/* Inputs of pixel SLOT in two pieces, or padding and one; the second may end anywhere. */
static void put(pair_t *pair, int32_t slot)
{
    const int32_t first = LANES * random_from(0, pair->k / LANES);
    const int32_t rest = pair->k - first;
    uint8_t *const values = random_block(pair->k);

    fill_randomly(values, pair->k);
    if (random_from(0, 1)) {
        memset(values, values[0], (size_t)first);
        sqz_window_fill(pair->window, slot, 0, values[0], first);
    } else {
        sqz_window_put(pair->window, slot, 0, values, first);
    }
    if (rest > 0) {
        /* Up to three bytes behind the values are read: strips and rooms have them. */
        uint8_t *const room = random_block(rest + 3);

        memcpy(room, values + first, (size_t)rest);
        sqz_window_put(pair->window, slot, first, room, rest);
        free(room);
    }
    portable_window_put(pair->portable_window, slot, 0, values, pair->k);
    free(values);
}

static void test_equals_the_portable_one(int32_t k)
{
    pair_t pair;
    sqz_four_t acc[2];
    portable_four_t expected[2];
    int32_t sums[2][SQZ_GROUP];

    open_pair(&pair, k);
    pack(&pair, random_from(1, SQZ_GROUP), 0);
    put(&pair, 0);
    put(&pair, 1);
    for (int32_t pixel = 0; pixel < 2; pixel++) {
        for (int32_t i = 0; i < SQZ_GROUP; i++) {
            sums[pixel][i] = expected[pixel][i] = random_bias(SQZ_REQUANTIZE_FIXED);
        }
        sqz_four_load(&acc[pixel], sums[pixel]);
    }
    const uint8_t *const next = sqz_dot(pair.window, pair.group, k, acc);
    portable_dot(pair.portable_window, pair.portable_group, k, expected);
    check_equal(SQZ_GROUP * sqz_lane_bytes(k), next - pair.group, "what follows the group");
    for (int32_t pixel = 0; pixel < 2; pixel++) {
        sqz_four_store(sums[pixel], acc[pixel]);
        for (int32_t i = 0; i < SQZ_GROUP; i++) {
            check_equal(expected[pixel][i], sums[pixel][i], "sum");
        }
    }
    close_pair(&pair);
}

/* Outputs of several groups, each packed in turn and copied behind the others. */
static void test_rescales_as_the_portable_one(int32_t k)
{
    const int32_t channels = SQZ_GROUP * random_from(1, 3);
    const int32_t second = random_from(0, 2) == 0 ? 0 : channels + random_from(0, 3);
    const int32_t group_bytes = SQZ_GROUP * sqz_lane_bytes(k);
    uint8_t *const groups = random_block(channels * SQZ_FILTER_BYTES(k));
    uint8_t *const out = random_block(second + channels);
    uint8_t *const expected = random_block(second + channels);
    int32_t *const bias = random_block(channels * (int32_t)sizeof(int32_t));
    int32_t *const factor = random_block(channels * (int32_t)sizeof(int32_t));
    const sqz_fixed_t fixed = {
        .k = k,
        .bias = bias,
        .factor = factor,
        .step = random_from(0, 1) ? SQZ_GROUP : 0,
        .lift = random_from(0, 8),
        .low = random_from(0, 1) ? (uint8_t)random_from(1, 255) : 0,
    };
    sqz_fixed_t of_group = fixed;
    pair_t pair;

    memcpy(expected, out, (size_t)(second + channels));
    for (int32_t i = 0; i < channels; i++) {
        bias[i] = random_bias(SQZ_REQUANTIZE_FIXED);
        factor[i] = random_from(1 << 15, 1 << 24);
    }
    open_pair(&pair, k);
    put(&pair, 0);
    put(&pair, 1);
    for (int32_t c = 0; c < channels; c += SQZ_GROUP) {
        pack(&pair, SQZ_GROUP, fixed.lift);
        memcpy(groups + c / SQZ_GROUP * group_bytes, pair.group, (size_t)group_bytes);
        portable_dot_fixed(pair.portable_window, pair.portable_group, &of_group, expected + c,
                           second);
        of_group.bias += SQZ_GROUP;
        of_group.factor += fixed.step;
    }
    sqz_groups_fix(groups, channels, &fixed);
    sqz_dots_fixed(pair.window, groups, fixed, channels, out, second);
    for (int32_t i = 0; i < second + channels; i++) {
        check_equal(expected[i], out[i], "output");
    }
    close_pair(&pair);
    free(factor);
    free(bias);
    free(expected);
    free(out);
    free(groups);
}

static void test_copies_runs(int32_t count)
{
    uint8_t *const from = random_block(count);
    uint8_t *const to = random_block(count + 1);
    const uint8_t behind = to[count];

    sqz_run_copy(to, from, count);
    check_equal(0, memcmp(from, to, (size_t)count), "run");
    check_equal(behind, to[count], "byte behind a run");
    free(to);
    free(from);
}

int main(void)
{
    for (int32_t k = 1; k <= 300; k++) { /* every remainder of every unrolled step */
        for (int32_t round = 0; round < 10; round++) {
            test_equals_the_portable_one(k);
            test_rescales_as_the_portable_one(k);
        }
        test_copies_runs(k);
    }
    for (int32_t k = 1000; k <= 1030; k++) {
        test_equals_the_portable_one(k);
        test_rescales_as_the_portable_one(k);
    }
    return check_result("test_dot");
}
