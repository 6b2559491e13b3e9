/* requantize_all.c - the integer requantizer beside float32 arithmetic, for every accumulator.
 *
 * Compile without -ffast-math and with -ffp-contract=off; the rounding mode is the default one,
 * to nearest, ties to even.
 */
#include <math.h>

#include "sqz_requantize.h"

/* A requantizer of one filter, its m, and the start of an accumulator for a bias of 0. */
typedef struct {
    sqz_requantizer_t requantizer;
    float m;
    int32_t start;
} requantize_case_t;

/* What was found: how many accumulators differ, and the first of them. */
typedef struct {
    int64_t differences;
    int64_t first;
} requantize_result_t;

void requantize_range(const requantize_case_t *scaling, int64_t begin, int64_t end,
                      requantize_result_t *result);
void requantize_many(const requantize_case_t *scaling, const int32_t *acc, uint8_t *out,
                     int64_t count);

/* The definition (SPEC.md section 2.3): each line is one float32 operation. */
static uint8_t by_float(int32_t acc, float m, int32_t zero_point, int32_t low)
{
    const float real = (float)acc;
    const float scaled = real * m;
    const float rounded = rintf(scaled);
    const float limited = rounded > 1024.0f ? 1024.0f : rounded < -1024.0f ? -1024.0f : rounded;

    return sqz_clamp((int32_t)limited + zero_point, low);
}

static void note(requantize_result_t *result, int64_t acc)
{
    if (result->differences == 0) {
        result->first = acc;
    }
    result->differences++;
}

/* COUNT accumulators, at most four, one in each byte, as kernels of form CHECKED rescale them; 0 in
 * OUT where one of them leaves no room for what is ahead: the compiler proves that none does. */
static int four_alike(const int32_t *acc, int64_t count, uint8_t out[4],
                      const sqz_scaler_t *scaler, const sqz_requantizer_t *requantizer)
{
    int32_t sums[4] = {0, 0, 0, 0};

    for (int64_t c = 0; c < count; c++) {
        if (acc[c] > INT32_MAX - scaler->ahead) {
            return 0;
        }
        sums[c] = sqz_ahead(acc[c], scaler);
    }
    const uint32_t four =
        sqz_checked4_alike(sums, *scaler, requantizer->low, scaler, requantizer);

    for (int64_t c = 0; c < count; c++) {
        out[c] = (uint8_t)(four >> (8 * c));
    }
    return 1;
}

/* Compare accumulators [BEGIN, END), in form CHECKED alone and by fours. */
void requantize_range(const requantize_case_t *scaling, int64_t begin, int64_t end,
                      requantize_result_t *result)
{
    const sqz_requantizer_t local = scaling->requantizer;
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &local, 0);
    result->differences = 0;
    result->first = 0;
    for (int64_t i = begin; i < end; i += 4) {
        const int64_t count = end - i < 4 ? end - i : 4;
        int32_t acc[4] = {0, 0, 0, 0};
        uint8_t expected[4];
        uint8_t four[4];

        for (int64_t c = 0; c < count; c++) {
            acc[c] = (int32_t)(i + c);
            expected[c] = by_float(acc[c], scaling->m, local.zero_point, local.low);
            if (sqz_requantize(sqz_accumulator(acc[c], scaling->start, &local), &scaler, &local)
                != expected[c]) {
                note(result, i + c);
            }
        }
        if (local.form == SQZ_REQUANTIZE_CHECKED
            && four_alike(acc, count, four, &scaler, &local)) {
            for (int64_t c = 0; c < count; c++) {
                if (four[c] != expected[c]) {
                    note(result, i + c);
                }
            }
        }
    }
}

/* OUT[i] for each of COUNT accumulators; form CHECKED by fours where there is room. */
void requantize_many(const requantize_case_t *scaling, const int32_t *acc, uint8_t *out,
                     int64_t count)
{
    const sqz_requantizer_t *const requantizer = &scaling->requantizer;
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, requantizer, 0);
    for (int64_t i = 0; i < count; i += 4) {
        const int64_t some = count - i < 4 ? count - i : 4;

        if (requantizer->form == SQZ_REQUANTIZE_CHECKED
            && four_alike(acc + i, some, out + i, &scaler, requantizer)) {
            continue;
        }
        for (int64_t c = i; c < i + some; c++) {
            out[c] = sqz_requantize(sqz_accumulator(acc[c], scaling->start, requantizer), &scaler,
                                    requantizer);
        }
    }
}
