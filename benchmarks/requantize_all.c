/* requantize_all.c - the integer requantizer beside float32 arithmetic, for every accumulator.
 *
 * Compile without -ffast-math and with -ffp-contract=off; the rounding mode is the default one,
 * to nearest, ties to even.
 */
#include <math.h>

#include "sqz_requantize.h"

/* What was found: how many accumulators differ, and the first of them. */
typedef struct {
    int64_t differences;
    int64_t first;
} requantize_result_t;

void requantize_range(const sqz_requantizer_t *requantizer, float m, int64_t begin, int64_t end,
                      requantize_result_t *result);
void requantize_many(const sqz_requantizer_t *requantizer, int32_t channel, const int32_t *acc,
                     uint8_t *out, int64_t count);

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
void requantize_range(const sqz_requantizer_t *requantizer, float m, int64_t begin, int64_t end,
                      requantize_result_t *result)
{
    const sqz_requantizer_t local = *requantizer;
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &local, 0);
    result->differences = 0;
    result->first = 0;
    for (int64_t i = begin; i < end; i++) {
        const int32_t acc = (int32_t)i;
        const uint8_t expected = by_float(acc, m, local.zero_point, local.low);

        if (sqz_requantize(acc, &scaler, &local) != expected) {
            if (result->differences == 0) {
                result->first = i;
            }
            result->differences++;
        }
    }
}

/* OUT[i] for filter CHANNEL and each of COUNT accumulators. */
void requantize_many(const sqz_requantizer_t *requantizer, int32_t channel, const int32_t *acc,
                     uint8_t *out, int64_t count)
{
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, requantizer, channel);
    for (int64_t i = 0; i < count; i++) {
        out[i] = sqz_requantize(acc[i], &scaler, requantizer);
    }
}
