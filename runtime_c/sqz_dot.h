/* sqz_dot.h - private: the inner product of every convolution, by what the core can do.
 *
 * A WINDOW holds the inputs of two output pixels, a GROUP the weights of four filters, both K
 * values long; sqz_dot adds the eight sums of products. How they lie in memory is the variant's
 * own business: it packs groups, fills windows, and multiplies. All variants give the same bits;
 * the compiler's own macros choose. Compile with SQZ_PORTABLE to have the plain one everywhere.
 *
 * K values take sqz_lane_bytes(k) bytes a filter or pixel, never more than the planner reserves:
 * the larger of 2 * k rounded up to 4, and k rounded up to 16 and 4 more.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_H
#define SQZ_DOT_H

#include <stdint.h>
#include <string.h>

enum { SQZ_GROUP = 4 }; /* filters that are multiplied at once */

/* gcc's first scheduling pass runs out of registers in the inner loops, and increments of addresses
 * cost it copies; -O2 whatever else is built with, since they are the whole work. */
#if defined(__GNUC__) && !defined(__clang__)
#define SQZ_KERNEL __attribute__((optimize("O2", "no-schedule-insns", "no-tree-vectorize", \
                                            "no-auto-inc-dec")))
#else
#define SQZ_KERNEL
#endif

#if defined(__ARM_FEATURE_MVE) && !defined(SQZ_PORTABLE)
#include "sqz_dot_mve.h"
#else

typedef int32_t sqz_four_t[SQZ_GROUP]; /* sums of four filters; a vector where the core has them */

static inline void sqz_four_load(sqz_four_t *four, const int32_t *from)
{
    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        (*four)[i] = from[i];
    }
}

static inline void sqz_four_store(int32_t *to, sqz_four_t four)
{
    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        to[i] = four[i];
    }
}

static inline void sqz_four_add_bytes(sqz_four_t *four, const uint8_t *from)
{
    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        (*four)[i] += from[i];
    }
}

enum { SQZ_HAS_LAST = 0 }; /* where the window has no second pixel, sqz_dot does as well */
#define sqz_dot_last sqz_dot

/* Copy COUNT bytes; runs are short, and a call of memcpy costs more than they do. */
static inline void sqz_run_copy(uint8_t *to, const uint8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        memcpy(to, from, 4);
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

#if defined(__ARM_FEATURE_DSP) && !defined(SQZ_PORTABLE)
#include "sqz_dot_dsp.h"
#else
#include "sqz_dot_portable.h"
#endif
#endif

#endif /* SQZ_DOT_H */
