/* sqz_dot.h - private: the inner product of every convolution, by what the core can do.
 *
 * A WINDOW holds the inputs of two output pixels, a GROUP the weights of four filters, both K
 * values long; sqz_dot adds the eight sums of products. How they lie in memory is the variant's
 * own business: it packs groups, fills windows, and multiplies. Sums are complete when
 * sqz_accumulated has seen them: then they are accumulators for the requantizer. All variants
 * give the same bits; the compiler's own macros choose. Compile with SQZ_PORTABLE to have the
 * plain one everywhere.
 *
 * K values take sqz_lane_bytes(k) bytes a filter or pixel, never more than SQZ_FILTER_BYTES.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_H
#define SQZ_DOT_H

#include <stdint.h>
#include <string.h>

#include "sqz_kernels.h"

/* What form FIXED needs beside a window and a group: K values, biases and factors of four filters,
 * STEP factors from one group to the next, what sums are lifted by, the smallest output. */
typedef struct {
    int32_t k;
    const int32_t *bias;
    const int32_t *factor;
    int32_t step;
    int32_t lift;
    uint8_t low;
} sqz_fixed_t;

/* The inner loops are nearly all the work, and gcc spoils them: its first scheduling pass runs out
 * of registers, its sorting of sums and late evaluation do so in the portable one, and its
 * increments of addresses copy them with MVE. So -O2 without these, whatever else is built with.
 * From here on: a file of kernels includes this header first, so that what its loops inline is
 * compiled alike. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "no-schedule-insns", "no-tree-vectorize", "no-tree-reassoc")
#if defined(__ARM_FEATURE_MVE)
#pragma GCC optimize("no-auto-inc-dec")
#elif !defined(__ARM_FEATURE_DSP)
#pragma GCC optimize("no-tree-ter")
#endif
#endif

/* Always, so that sums stay in registers. */
#if defined(__GNUC__)
#define SQZ_INLINE static inline __attribute__((always_inline))
#define SQZ_APART static __attribute__((noinline))
#define SQZ_SELDOM static __attribute__((noinline, cold)) /* small rather than quick */
#else
#define SQZ_INLINE static inline
#define SQZ_APART static
#define SQZ_SELDOM static
#endif

/* 0x00ff00ff. Compilers may not know it, so that it stays in a register: then AND takes a shift
 * along, as UXTB16 would. */
extern const uint32_t sqz_even_bytes;

/* Copy COUNT bytes; runs are short, and a call of memcpy costs more than they do. What is left of a
 * longer run is two pieces that overlap. */
SQZ_INLINE void sqz_run_copy(uint8_t *to, const uint8_t *from, int32_t count)
{
    for (; count > 16; count -= 8, to += 8, from += 8) {
        memcpy(to, from, 8);
    }
    if (count >= 8) {
        memcpy(to, from, 8);
        memcpy(to + count - 8, from + count - 8, 8);
        return;
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

#if defined(__ARM_FEATURE_MVE) && !defined(SQZ_PORTABLE)
#include "sqz_dot_mve.h"
#else
#if defined(__SSE2__) && !defined(SQZ_PORTABLE)
#include "sqz_dot_sse2.h"
#else

typedef int32_t sqz_four_t[SQZ_GROUP]; /* sums of four filters; a vector where the core has them */

SQZ_INLINE void sqz_four_load(sqz_four_t *four, const int32_t *from)
{
    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        (*four)[i] = from[i];
    }
}

SQZ_INLINE void sqz_four_store(int32_t *to, const sqz_four_t four)
{
    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        to[i] = four[i];
    }
}

SQZ_INLINE void sqz_four_add_bytes(sqz_four_t *four, const uint8_t *from)
{
    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        (*four)[i] += from[i];
    }
}

#if defined(__ARM_FEATURE_DSP) && !defined(SQZ_PORTABLE)
#include "sqz_dot_dsp.h"
#else
#include "sqz_dot_portable.h"
#endif
#endif

/* Let CHANNELS filters, whole GROUPS, be for form FIXED alone. */
SQZ_INLINE void sqz_groups_fix(uint8_t *groups, int32_t channels, const sqz_fixed_t *fixed)
{
    (void)groups;
    (void)channels;
    (void)fixed;
}

#if !defined(SQZ_HAS_DOTS)
/* sqz_dot_fixed with CHANNELS filters, one group behind the other. */
SQZ_INLINE void sqz_dots_fixed(const uint8_t *window, const uint8_t *group, sqz_fixed_t fixed,
                               int32_t channels, uint8_t *out, int32_t second)
{
    const uint8_t *const end = out + channels;

    for (; out != end; out += SQZ_GROUP) {
        group = sqz_dot_fixed(window, group, &fixed, out, second);
        fixed.bias += SQZ_GROUP;
        fixed.factor += fixed.step;
    }
}
#endif
#endif

#if !defined(SQZ_HAS_ADD)
/* Add WINDOW times GROUP to SUMS0 and SUMS1 of four filters each; they may be one where there is no
 * second pixel. Give what follows GROUP. */
SQZ_INLINE const uint8_t *sqz_dot_add(const uint8_t *window, const uint8_t *group, int32_t k,
                                      int32_t *sums0, int32_t *sums1)
{
    sqz_four_t acc[2];

    sqz_four_load(&acc[0], sums0);
    sqz_four_load(&acc[1], sums1);
    group = sqz_dot(window, group, k, acc);
    sqz_four_store(sums1, acc[1]);
    sqz_four_store(sums0, acc[0]);
    return group;
}
#endif

#endif /* SQZ_DOT_H */
