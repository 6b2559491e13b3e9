/* sqz_nonzeros_add.c - the loop of the engine that skips weights of 0.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */

/* The loop takes every register: see sqz_values_add.c. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "no-schedule-insns", "no-tree-vectorize")
#pragma GCC optimize("no-tree-reassoc", "no-tree-pre", "no-tree-ter", "no-caller-saves")
#if !defined(__thumb__) || defined(__thumb2__)
#pragma GCC optimize("no-ivopts", "ira-algorithm=priority")
#endif
#endif

#include "sqz_nonzeros.h"

/* Entry AT of a list: its row, from two rows before the first one on. */
#define ROW(entry) ((const sqz_word_t *)(const void *)(before + ((entry) & 0xffffu)))

/* The products of one entry. */
#define ADD(entry)                                  \
    do {                                            \
        const uint32_t e = (entry);                 \
        const sqz_word_t *const row = ROW(e);       \
        const int32_t factor = sqz_factor(e);       \
        uint32_t x = row[SQZ_ROW_WORDS];            \
        uint32_t y = row[SQZ_ROW_WORDS + 1];        \
                                                    \
        a0 = sqz_scale_low(a0, x, factor);          \
        a1 = sqz_scale_high(a1, x, factor);         \
        a2 = sqz_scale_low(a2, y, factor);          \
        a3 = sqz_scale_high(a3, y, factor);         \
        if (count > 4) {                            \
            x = row[SQZ_ROW_WORDS + 2];             \
            y = row[SQZ_ROW_WORDS + 3];             \
            a4 = sqz_scale_low(a4, x, factor);      \
            a5 = sqz_scale_high(a5, x, factor);     \
            if (count > 6) {                        \
                a6 = sqz_scale_low(a6, y, factor);  \
                a7 = sqz_scale_high(a7, y, factor); \
            }                                       \
        }                                           \
    } while (0)

/* OUT by a list, COUNT pixels, a constant; returns the list's end. */
static SQZ_ALWAYS_INLINE const sqz_word_t *sum(const sqz_word_t *next, const uint8_t *before,
                                               const sqz_outputs_t *out, int32_t count)
{
    const uint32_t entries = *next++;
    const sqz_word_t *const end = next + entries;
    const int32_t bias = *out->bias;
    int32_t a0 = bias;
    int32_t a1 = bias;
    int32_t a2 = bias;
    int32_t a3 = bias;
    int32_t a4 = bias;
    int32_t a5 = bias;
    int32_t a6 = bias;
    int32_t a7 = bias;

    for (const sqz_word_t *const rest = next + entries % 4; next != rest; next++) {
        ADD(next[0]);
    }
    for (; next != end; next += 4) {
        ADD(next[0]);
        ADD(next[1]);
        ADD(next[2]);
        ADD(next[3]);
    }
    const int32_t acc[SQZ_OUTPUTS] = {a0, a1, a2, a3, a4, a5, a6, a7};

    sqz_outputs_put(out, acc, count > 4 ? count - 1 : 1, count);
    return next;
}

SQZ_NEVER_INLINE static const sqz_word_t *sum_8(const sqz_word_t *next, const uint8_t *before,
                                                const sqz_outputs_t *out)
{
    return sum(next, before, out, 8);
}

SQZ_NEVER_INLINE static const sqz_word_t *sum_6(const sqz_word_t *next, const uint8_t *before,
                                                const sqz_outputs_t *out)
{
    return sum(next, before, out, 6);
}

SQZ_NEVER_INLINE static const sqz_word_t *sum_4(const sqz_word_t *next, const uint8_t *before,
                                                const sqz_outputs_t *out)
{
    return sum(next, before, out, 4);
}

sqz_nonzeros_add_t *sqz_nonzeros_adder(int32_t count)
{
    if (count > 6) {
        return sum_8;
    }
    return count > 4 ? sum_6 : sum_4;
}
