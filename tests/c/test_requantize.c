/* test_requantize.c - each integer form gives the float32 result it stands for.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "check.h"
#include "sqz_requantize.h"

/* The judge below computes in float32 only where float expressions are float32. */
SQZ_STATIC_ASSERT(FLT_EVAL_METHOD == 0);

typedef uint8_t form_t(int32_t acc, uint32_t m, int32_t zero_point, int32_t low);

static uint8_t float_result(int32_t acc, uint32_t m, int32_t zero_point, int32_t low)
{
    float multiplier;

    memcpy(&multiplier, &m, sizeof m);
    const volatile float product = (float)acc * multiplier;
    const int64_t y = (int64_t)lrintf(product) + zero_point;

    return (uint8_t)(y < low ? low : y > 255 ? 255 : y);
}

static uint8_t exact(int32_t acc, uint32_t m, int32_t zero_point, int32_t low)
{
    return sqz_requantize_exact(acc, m, zero_point, low);
}

static uint8_t checked(int32_t acc, uint32_t m, int32_t zero_point, int32_t low)
{
    const sqz_requantizer_t requantizer = {
        .form = SQZ_REQUANTIZE_CHECKED,
        .zero_point = (uint8_t)zero_point,
        .low = (uint8_t)low,
        .m = &m,
    };
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &requantizer, 0);
    return sqz_requantize(acc, &scaler, &requantizer);
}

static uint32_t random_multiplier(int32_t lowest_exponent, int32_t highest_exponent)
{
    const uint32_t exponent = (uint32_t)random_from(lowest_exponent, highest_exponent);
    const uint32_t mantissas[] = {0, 1, 0x400000, 0x7fffff, random_bits() & 0x7fffff};

    return exponent << 23 | mantissas[random_from(0, 4)];
}

/* Around every step from one output to the next, where a wrong rounding shows. */
static void check_steps(form_t *form, uint32_t m, int32_t zero_point, int32_t low)
{
    float multiplier;

    memcpy(&multiplier, &m, sizeof m);
    for (int32_t y = -1; y <= 256; y++) {
        const double at = ((double)(y - zero_point) + 0.5) / (double)multiplier;

        if (fabs(at) > 2147483000.0) {
            continue;
        }
        for (int32_t near = -3; near <= 3; near++) {
            const int32_t acc = (int32_t)at + near;
            check_equal(float_result(acc, m, zero_point, low), form(acc, m, zero_point, low), "step");
        }
    }
}

static void check_anywhere(form_t *form, uint32_t m, int32_t zero_point, int32_t low)
{
    static const int32_t special[] = {0, 1, -1, 1 << 24, (1 << 24) + 1, -(1 << 24) - 1,
                                      INT32_MAX, INT32_MIN, INT32_MAX - 64, INT32_MIN + 64};

    for (uint32_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        check_equal(float_result(special[i], m, zero_point, low),
                    form(special[i], m, zero_point, low), "special accumulator");
    }
    for (int32_t round = 0; round < 100; round++) {
        const int32_t acc = random_int32() >> random_from(0, 31);
        check_equal(float_result(acc, m, zero_point, low), form(acc, m, zero_point, low), "random");
    }
}

static void test_form(form_t *form, int32_t lowest_exponent, int32_t highest_exponent)
{
    for (int32_t round = 0; round < 300; round++) {
        const uint32_t m = random_multiplier(lowest_exponent, highest_exponent);
        const int32_t zero_point = random_from(0, 1) ? 0 : random_from(0, 255);
        const int32_t low = random_from(0, 1) ? zero_point : 0;

        check_steps(form, m, zero_point, low);
        check_anywhere(form, m, zero_point, low);
    }
}

/* floor(NUMBER / 2^SHIFT) without a right shift of something negative. */
static int64_t floor_shift(int64_t number, uint32_t shift)
{
    const int64_t unit = (int64_t)1 << shift;
    const int64_t rest = ((number % unit) + unit) % unit;

    return (number - rest) / unit;
}

static int64_t fixed(int32_t acc, int32_t factor, int32_t low)
{
    const int64_t whole = floor_shift((int64_t)acc * factor, 32 + SQZ_REQUANTIZE_SHIFT);
    const int64_t y = (whole < 0 ? 0 : whole > 255 ? 255 : whole) + low;

    return y > 255 ? 255 : y;
}

/* All sizes, and both ends. */
static int32_t random_size(void)
{
    switch (random_from(0, 19)) {
    case 0:
        return INT32_MAX - random_from(0, 1);
    case 1:
        return INT32_MIN + random_from(0, 1);
    default:
        return random_int32() >> random_from(0, 31);
    }
}

static void test_fixed_is_a_multiplication_with_a_filter_s_own_factor(void)
{
    enum { FILTERS = 5 };

    for (int32_t round = 0; round < 5000; round++) {
        int32_t factor[FILTERS];
        const sqz_requantizer_t requantizer = {
            .form = SQZ_REQUANTIZE_FIXED,
            .per_filter = (uint8_t)random_from(0, 1),
            .low = (uint8_t)(random_from(0, 1) ? random_from(0, 255) : 0),
            .factor = factor,
        };
        const int32_t filter = random_from(0, FILTERS - 1);
        const int32_t used = requantizer.per_filter ? filter : 0;
        const int32_t acc = random_size();
        sqz_scaler_t scaler;

        for (int32_t i = 0; i < FILTERS; i++) {
            factor[i] = random_from(1, INT32_MAX - 1) >> random_from(0, 20) | 1;
        }
        sqz_scaler_init(&scaler, &requantizer, filter);
        check_equal(fixed(acc, factor[used], requantizer.low),
                    sqz_requantize(acc, &scaler, &requantizer), "fixed");
    }
}

static void test_high_words_by_halves_are_those_of_the_product(void)
{
    static const int32_t special[] = {0, 1, -1, INT32_MAX, INT32_MIN, 65535, 65536, -65536,
                                      -65535, 0x7fff0000, 0x7fff, 0x7fffff};
    enum { COUNT = sizeof special / sizeof special[0] };

    for (int32_t i = 0; i < COUNT * COUNT; i++) {
        const int32_t factor = special[i / COUNT] < 0 ? 3 : special[i / COUNT];

        check_equal(floor_shift((int64_t)special[i % COUNT] * factor, 32),
                    sqz_multiply_high_by_halves(special[i % COUNT], factor), "special halves");
    }
    for (int32_t round = 0; round < 20000; round++) {
        const int32_t acc = random_size();
        const int32_t factor = random_size() & INT32_MAX;

        check_equal(floor_shift((int64_t)acc * factor, 32),
                    sqz_multiply_high_by_halves(acc, factor), "halves");
    }
}

static void test_accumulators_are_lifted_sums_and_wrap(void)
{
    const sqz_requantizer_t plain = {.form = SQZ_REQUANTIZE_EXACT, .lift = 0};
    const sqz_requantizer_t lifted = {.form = SQZ_REQUANTIZE_FIXED, .lift = 8};

    check_equal(-1000 + 7, sqz_accumulator(-1000, 7, &plain), "sum and bias");
    check_equal(-256000 + 7, sqz_accumulator(-1000, 7, &lifted), "lifted sum and bias");
    check_equal(INT32_MIN, sqz_accumulator(1, INT32_MAX, &plain), "wrapped");
    check_equal(256, sqz_accumulator((1 << 24) + 1, 0, &lifted), "wrapped lift");
}

/* Any accumulator that leaves room for what is ahead; half of them beside a step of the output. */
static int32_t random_behind(const sqz_scaler_t *scaler, int32_t zero_point)
{
    const double a_step = 4294967296.0 / scaler->factor;
    const double at = a_step * (random_from(-1, 256) - zero_point + 0.5) + random_from(-2, 2);
    const int32_t acc = random_from(0, 1) ? (int32_t)at : random_size();
    const int32_t most = INT32_MAX - scaler->ahead;

    return acc > most ? most : acc;
}

/* Form CHECKED for sums that began with what is ahead, by one multiplier or by one a filter. */
static void check_four(int32_t is_alike)
{
    uint32_t m[4];
    const int32_t zero_point = random_from(0, 1) ? random_from(0, 255) : 0;
    const sqz_requantizer_t requantizer = {
        .form = SQZ_REQUANTIZE_CHECKED,
        .per_filter = 1,
        .zero_point = (uint8_t)zero_point,
        .low = (uint8_t)(random_from(0, 1) ? zero_point : 0),
        .m = m,
    };
    sqz_scaler_t scalers[4];
    int32_t acc[4];
    int32_t sums[4];

    for (int32_t i = 0; i < 4; i++) {
        m[i] = is_alike && i > 0 ? m[0] : random_multiplier(106, 125);
        sqz_scaler_init(&scalers[i], &requantizer, i);
        acc[i] = random_behind(&scalers[i], zero_point);
        sums[i] = sqz_ahead(acc[i], &scalers[i]);
    }
    const uint32_t bytes =
        is_alike ? sqz_checked4_alike(sums, scalers[0], requantizer.low, scalers, &requantizer)
                 : sqz_checked4(sums, scalers, requantizer.low, &requantizer);

    for (int32_t i = 0; i < 4; i++) {
        check_equal(exact(acc[i], m[i], zero_point, requantizer.low), (uint8_t)(bytes >> (8 * i)),
                    is_alike ? "one of four alike" : "one of four");
    }
}

static void test_four_together_are_four_alone(void)
{
    for (int32_t round = 0; round < 20000; round++) {
        check_four(0);
        check_four(1);
    }
}

/* What is ahead is rounding and zero point, never less and by hardly a factor more. */
static void test_what_is_ahead_is_little_more_than_rounding_and_zero_point(void)
{
    for (int32_t round = 0; round < 20000; round++) {
        const uint32_t m = random_multiplier(106, 125);
        const int32_t zero_point = random_from(0, 1) ? random_from(0, 255) : 0;
        const sqz_requantizer_t requantizer = {
            .form = SQZ_REQUANTIZE_CHECKED, .zero_point = (uint8_t)zero_point, .m = &m};
        sqz_scaler_t scaler;

        sqz_scaler_init(&scaler, &requantizer, 0);
        const uint32_t start = sqz_start(&scaler);
        const int64_t least = ((int64_t)zero_point << 32) + start;
        const int64_t more = (int64_t)scaler.ahead * scaler.factor - least;
        const int64_t most = (int64_t)scaler.factor + (1 << 18);

        check_equal(1, start > 0x80020000u && start <= 0xa0020002u, "start");
        check_equal(1, scaler.ahead > 0 && scaler.ahead < 1 << 29, "ahead is below 2^29");
        check_equal(1, more >= 0 && more <= most, "a little more");
        check_equal(((int64_t)start - 0x80000000) * 2 + more, scaler.doubt, "doubt");
    }
}

static void test_raised_bytes_stop_at_255(void)
{
    for (int32_t round = 0; round < 2000; round++) {
        const uint32_t bytes = random_bits();
        const uint8_t low = (uint8_t)random_from(0, 255);
        const uint32_t raised = sqz_raise4(bytes, low);

        for (uint32_t at = 0; at < 32; at += 8) {
            const uint32_t sum = ((bytes >> at) & 0xff) + low;
            check_equal(sum > 255 ? 255 : sum, (raised >> at) & 0xff, "raised byte");
        }
    }
}

static void test_exact_takes_a_filter_s_own_multiplier(void)
{
    static const uint32_t m[] = {0x3c000000, 0x3d000000}; /* 2^-7, 2^-5 */
    const sqz_requantizer_t requantizer = {
        .form = SQZ_REQUANTIZE_EXACT, .per_filter = 1, .zero_point = 3, .m = m};
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &requantizer, 1);
    check_equal(35, sqz_requantize(1024, &scaler, &requantizer), "second filter");
    sqz_scaler_init(&scaler, &requantizer, 0);
    check_equal(11, sqz_requantize(1024, &scaler, &requantizer), "first filter");
}

int main(void)
{
    test_form(exact, 1, 126);     /* 2^-126 <= m < 1 */
    test_form(checked, 106, 125); /* what its proof covers: 2^-21 <= m < 1/2 */
    test_fixed_is_a_multiplication_with_a_filter_s_own_factor();
    test_high_words_by_halves_are_those_of_the_product();
    test_accumulators_are_lifted_sums_and_wrap();
    test_four_together_are_four_alone();
    test_what_is_ahead_is_little_more_than_rounding_and_zero_point();
    test_raised_bytes_stop_at_255();
    test_exact_takes_a_filter_s_own_multiplier();
    check_equal(7, sqz_requantize_exact(INT32_MAX, 0, 7, 0), "m of 0");
    return check_result("test_requantize");
}
