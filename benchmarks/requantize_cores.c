/* requantize_cores.c - the requantizer on a core: the right bits, and how many instructions.
 *
 * The cases are four filters beside each other, as kernels have them. requantize_cores.py writes
 * cases.h and reads the records: "form NAME wrong COUNT groups COUNT nothing TICKS work TICKS".
 */
#include <stdint.h>

#include "board_config.h"
#include "board_exit.h"
#include "console.h"
#include "counter.h"
#include "print.h"
#include "sqz_requantize.h"

#include "cases.h"

int main(void);

static uint32_t words[TIMED];
static int32_t sums[TIMED][4]; /* form CHECKED: as they are that began with what is ahead */

/* What the loops below cost without a requantizer: loads, packing, a store. */
__attribute__((noinline)) static void pack_only(const int32_t (*acc)[4], uint32_t *out)
{
    for (uint32_t i = 0; i < TIMED; i++) {
        uint32_t bytes = (uint32_t)acc[i][3];

        bytes = bytes << 8 | (uint32_t)acc[i][2];
        bytes = bytes << 8 | (uint32_t)acc[i][1];
        bytes = bytes << 8 | (uint32_t)acc[i][0];
        out[i] = bytes;
    }
}

/* Form FIXED as a kernel writes it that has the factors at hand. */
__attribute__((noinline)) static void rescale_fixed(const case_t *test, uint32_t *out)
{
    const int32_t (*const acc)[4] = test->acc;
    const int32_t *const from = test->requantizer.factor;
    const int32_t factor[4] = {from[0], from[1], from[2], from[3]};
    const uint8_t low = test->requantizer.low;

    for (uint32_t i = 0; i < TIMED; i++) {
        out[i] = sqz_rescale4(acc[i], factor, low);
    }
}

/* From here on as sqz_dot.h has it for kernels. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "no-schedule-insns", "no-tree-vectorize", "no-tree-reassoc")
#endif

/* Form CHECKED likewise, with one multiplier for all filters. */
__attribute__((noinline)) static void rescale_alike(const case_t *test, uint32_t *out)
{
    const sqz_requantizer_t requantizer = test->requantizer;
    const int32_t (*const acc)[4] = (const int32_t (*)[4])sums;
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &requantizer, 0);
    const sqz_scaler_t alike = scaler;
    const uint8_t low = requantizer.low;

    for (uint32_t i = 0; i < TIMED; i++) {
        out[i] = sqz_checked4_alike(acc[i], alike, low, &scaler, &requantizer);
    }
}

/* Form CHECKED with a multiplier a filter. */
__attribute__((noinline)) static void rescale_checked(const case_t *test, uint32_t *out)
{
    const sqz_requantizer_t requantizer = test->requantizer;
    const int32_t (*const acc)[4] = (const int32_t (*)[4])sums;
    const uint8_t low = requantizer.low;
    sqz_scaler_t scalers[4];

    for (int32_t c = 0; c < 4; c++) {
        sqz_scaler_init(&scalers[c], &requantizer, c);
    }
    for (uint32_t i = 0; i < TIMED; i++) {
        out[i] = sqz_checked4(acc[i], scalers, low, &requantizer);
    }
}

/* Group I of TEST in any form, one output after the other. */
static uint32_t one_by_one(const case_t *test, uint32_t i, const sqz_scaler_t scalers[4])
{
    uint32_t bytes = 0;

    for (uint32_t c = 0; c < 4; c++) {
        bytes |= (uint32_t)sqz_requantize(test->acc[i][c], &scalers[c], &test->requantizer)
                 << (8 * c);
    }
    return bytes;
}

__attribute__((noinline)) static void requantize_any(const case_t *test, uint32_t *out)
{
    sqz_scaler_t scalers[4];

    for (int32_t c = 0; c < 4; c++) {
        sqz_scaler_init(&scalers[c], &test->requantizer, c);
    }
    for (uint32_t i = 0; i < TIMED; i++) {
        out[i] = one_by_one(test, i, scalers);
    }
}

#if defined(__ARM_FEATURE_MVE)
__attribute__((noinline)) static void copy_lanes(const int32_t (*acc)[4], uint32_t *out)
{
    for (uint32_t i = 0; i < TIMED; i++) {
        vstrbq_u32((uint8_t *)&out[i], vreinterpretq_u32_s32(vldrwq_s32(acc[i])));
    }
}

__attribute__((noinline)) static void rescale_lanes(const case_t *test, uint32_t *out)
{
    const int32_t (*const acc)[4] = test->acc;
    const int32x4_t factor = vldrwq_s32(test->requantizer.factor);
    const uint8_t low = test->requantizer.low;

    for (uint32_t i = 0; i < TIMED; i++) {
        vstrbq_u32((uint8_t *)&out[i], sqz_rescale_lanes(vldrwq_s32(acc[i]), factor, low));
    }
}

static uint32_t lanes_differ(const case_t *test, const int32_t *acc, uint32_t expected)
{
    uint32_t word = 0;

    vstrbq_u32((uint8_t *)&word,
               sqz_rescale_lanes(vldrwq_s32(acc), vldrwq_s32(test->requantizer.factor),
                                 test->requantizer.low));
    return word != expected;
}
#endif

/* Whether SUM leaves int32 with what is ahead: the compiler proves that none does. */
static int32_t is_too_large(int32_t sum, const sqz_scaler_t *scaler)
{
    return sum > INT32_MAX - scaler->ahead;
}

/* How many groups of TEST are wrong in form CHECKED, four at a time. */
static uint32_t count_wrong_checked(const case_t *test)
{
    const uint8_t low = test->requantizer.low;
    sqz_scaler_t scalers[4];
    uint32_t wrong = 0;

    for (int32_t c = 0; c < 4; c++) {
        sqz_scaler_init(&scalers[c], &test->requantizer, c);
    }
    for (uint32_t i = 0; i < GROUPS; i++) {
        int32_t acc[4];
        int32_t any = 0;

        for (uint32_t c = 0; c < 4; c++) {
            any |= is_too_large(test->acc[i][c], &scalers[c]);
            acc[c] = sqz_ahead(test->acc[i][c], &scalers[c]);
            if (i < TIMED) {
                sums[i][c] = acc[c];
            }
        }
        if (any) {
            continue;
        }
        wrong += sqz_checked4(acc, scalers, low, &test->requantizer) != test->expected[i];
        if (test->is_alike) {
            wrong += sqz_checked4_alike(acc, scalers[0], low, scalers, &test->requantizer)
                     != test->expected[i];
        }
    }
    return wrong;
}

/* Every way to compute every group of TEST; how many give another word. */
static uint32_t count_wrong(const case_t *test)
{
    sqz_scaler_t scalers[4];
    int32_t factor[4];
    uint32_t wrong = 0;

    for (int32_t c = 0; c < 4; c++) {
        sqz_scaler_init(&scalers[c], &test->requantizer, c);
        factor[c] = scalers[c].factor;
    }
    for (uint32_t i = 0; i < GROUPS; i++) {
        wrong += one_by_one(test, i, scalers) != test->expected[i];
        if (test->requantizer.form == SQZ_REQUANTIZE_FIXED) {
            wrong += sqz_rescale4(test->acc[i], factor, test->requantizer.low)
                     != test->expected[i];
#if defined(__ARM_FEATURE_MVE)
            wrong += lanes_differ(test, test->acc[i], test->expected[i]);
#endif
        }
    }
    if (test->requantizer.form == SQZ_REQUANTIZE_CHECKED) {
        wrong += count_wrong_checked(test);
    }
    return wrong;
}

static void print_record(const char *name, uint32_t wrong, const uint64_t at[4])
{
    print_text("form ");
    print_text(name);
    print_field("wrong", wrong);
    print_field("groups", TIMED);
    print_field("nothing", counter_units(at[1] - at[0]));
    print_field("work", counter_units(at[3] - at[2]));
    print_text("\n");
}

static uint32_t run_case(const case_t *test)
{
    const uint32_t wrong = count_wrong(test);
    uint64_t at[4];

    at[0] = counter_ticks();
    pack_only(test->acc, words);
    at[1] = counter_ticks();
    at[2] = counter_ticks();
    if (test->requantizer.form == SQZ_REQUANTIZE_FIXED) {
        rescale_fixed(test, words);
    } else if (test->is_alike) {
        rescale_alike(test, words);
    } else if (test->requantizer.form == SQZ_REQUANTIZE_CHECKED) {
        rescale_checked(test, words);
    } else {
        requantize_any(test, words);
    }
    at[3] = counter_ticks();
    print_record(test->name, wrong, at);
#if defined(__ARM_FEATURE_MVE)
    if (test->requantizer.form == SQZ_REQUANTIZE_FIXED) {
        at[0] = counter_ticks();
        copy_lanes(test->acc, words);
        at[1] = counter_ticks();
        at[2] = counter_ticks();
        rescale_lanes(test, words);
        at[3] = counter_ticks();
        print_record("fixed-lanes", wrong, at);
    }
#endif
    return wrong;
}

int main(void)
{
    uint32_t wrong = 0;

    console_open();
    counter_open();
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wrong += run_case(&cases[i]);
    }
    board_exit(wrong == 0 ? 0 : 1);
}
