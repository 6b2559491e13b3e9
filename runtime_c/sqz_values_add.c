/* sqz_values_add.c - the loops of the engine by values: sums, then products.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */

/* The loops take every register, so gcc must keep loads and additions in the order of the source:
 * what it moves to save an instruction costs more in registers. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "no-schedule-insns", "no-tree-vectorize")
#pragma GCC optimize("no-tree-reassoc", "no-tree-pre", "no-tree-ter", "no-caller-saves")
#if !defined(__thumb__) || defined(__thumb2__)
#pragma GCC optimize("no-ivopts", "ira-algorithm=priority")
#endif
#endif

#include "sqz_values.h"

/* The row at AT of a list, from SQZ_ROW_BYTES before it. */
#define ROW(at) ((const sqz_word_t *)(const void *)(before + (at)))

/* The sums of a filter's runs, each with its value, to TO, then value 0; returns the list's end.
 * COUNT sums, a constant; BEFORE the first row by two rows. */
static SQZ_ALWAYS_INLINE const sqz_half_t *add_runs(const sqz_half_t *next, const uint8_t *before,
                                                    sqz_word_t *to, int32_t count)
{
    for (uint32_t length = *next++; length != 0; length = *next++) {
        const int32_t value = (int16_t)*next++;
        const sqz_half_t *const end = next + length;
        SQZ_LANES_DECLARE;

        to[SQZ_SUMS] = (uint32_t)value;
        SQZ_LANES_START(ROW(next[0]));
        if (length % 2 == 0) {
            SQZ_LANES_ADD(ROW(next[1]));
            next += 2;
        } else {
            next++;
        }
        while (next != end) {
            const sqz_two_t two = sqz_two(next);

            next += 2;
            SQZ_LANES_ADD(ROW(sqz_first(two)));
            SQZ_LANES_ADD(ROW(sqz_second(two)));
        }
        SQZ_LANES_STORE(to);
        to += SQZ_SUMS + 1;
    }
    to[SQZ_SUMS] = 0;
    return next;
}

SQZ_NEVER_INLINE static const sqz_half_t *add_all(const sqz_half_t *next,
                                                  const uint8_t *before, sqz_word_t *to)
{
    return add_runs(next, before, to, SQZ_SUMS);
}

SQZ_NEVER_INLINE static const sqz_half_t *add_half(const sqz_half_t *next,
                                                   const uint8_t *before, sqz_word_t *to)
{
    return add_runs(next, before, to, SQZ_SUMS / 2);
}

#if defined(SQZ_LANES_PACKED)
SQZ_NEVER_INLINE static const sqz_half_t *add_7(const sqz_half_t *next,
                                                const uint8_t *before, sqz_word_t *to)
{
    return add_runs(next, before, to, 7);
}

SQZ_NEVER_INLINE static const sqz_half_t *add_6(const sqz_half_t *next,
                                                const uint8_t *before, sqz_word_t *to)
{
    return add_runs(next, before, to, 6);
}
#endif

/* The widths of SqueezeNet's maps are 13, 27 and 55. */
sqz_values_add_t *sqz_values_adder(int32_t pixels)
{
    if (pixels <= SQZ_BLOCK / 2) {
        return add_half;
    }
#if defined(SQZ_LANES_PACKED)
    if (pixels <= 12) {
        return add_6;
    }
    if (pixels <= 14) {
        return add_7;
    }
#endif
    return add_all;
}

void sqz_values_multiply(const sqz_word_t *sums, int32_t pixel, const sqz_outputs_t *out)
{
    const sqz_word_t *values = sums + SQZ_SUMS;
    const int32_t bias = *out->bias;
    int32_t a0 = bias;
    int32_t a1 = bias;
    int32_t a2 = bias;
    int32_t a3 = bias;
    int32_t a4 = bias;
    int32_t a5 = bias;
    int32_t a6 = bias;
    int32_t a7 = bias;

    sums += pixel / 2;
    for (int32_t value = (int32_t)*values; value != 0; value = (int32_t)*values) {
        uint32_t x = sums[0];
        uint32_t y = sums[1];

        values += SQZ_SUMS + 1;
        a0 = sqz_add_low(a0, x, value);
        a1 = sqz_add_high(a1, x, value);
        a2 = sqz_add_low(a2, y, value);
        a3 = sqz_add_high(a3, y, value);
        x = sums[2];
        y = sums[3];
        sums += SQZ_SUMS + 1;
        a4 = sqz_add_low(a4, x, value);
        a5 = sqz_add_high(a5, x, value);
        a6 = sqz_add_low(a6, y, value);
        a7 = sqz_add_high(a7, y, value);
    }
    const int32_t acc[SQZ_OUTPUTS] = {a0, a1, a2, a3, a4, a5, a6, a7};

    if (out->count == SQZ_OUTPUTS) {
        sqz_outputs_put(out, acc, SQZ_OUTPUTS, SQZ_OUTPUTS);
    } else {
        sqz_outputs_put(out, acc, 1, SQZ_OUTPUTS - 1);
    }
}
