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

/* Compare accumulators [BEGIN, END). */
void requantize_range(const requantize_case_t *scaling, int64_t begin, int64_t end,
                      requantize_result_t *result)
{
    const sqz_requantizer_t local = scaling->requantizer;
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &local, 0);
    result->differences = 0;
    result->first = 0;
    for (int64_t i = begin; i < end; i++) {
        const int32_t acc = (int32_t)i;
        const uint8_t expected = by_float(acc, scaling->m, local.zero_point, local.low);

        const int32_t lifted = sqz_accumulator(acc, scaling->start, &local);

        if (sqz_requantize(lifted, &scaler, &local) != expected) {
            if (result->differences == 0) {
                result->first = i;
            }
            result->differences++;
        }
    }
}

/* OUT[i] for each of COUNT accumulators; four together where four are left. */
void requantize_many(const requantize_case_t *scaling, const int32_t *acc, uint8_t *out,
                     int64_t count)
{
    const sqz_requantizer_t *const requantizer = &scaling->requantizer;
    sqz_scaler_t scalers[4];
    int64_t i = 0;

    for (int32_t c = 0; c < 4; c++) {
        sqz_scaler_init(&scalers[c], requantizer, 0);
    }
    for (; i + 4 <= count; i += 4) {
        int32_t lifted[4];

        for (int32_t c = 0; c < 4; c++) {
            lifted[c] = sqz_accumulator(acc[i + c], scaling->start, requantizer);
        }
        const uint32_t four = sqz_requantize4(lifted, scalers, requantizer);

        for (int32_t c = 0; c < 4; c++) {
            out[i + c] = (uint8_t)(four >> (8 * c));
        }
    }
    for (; i < count; i++) {
        const int32_t lifted = sqz_accumulator(acc[i], scaling->start, requantizer);

        out[i] = sqz_requantize(lifted, scalers, requantizer);
    }
}
