/* sqz_dot.h - private: the inner product of every convolution, by what the core can do.
 *
 * A WINDOW holds the inputs of two output pixels, a GROUP the weights of four filters, both K
 * values long; sqz_dot adds the eight sums of products. How they lie in memory is the variant's
 * own business: it packs groups, fills windows, and multiplies. Sums are complete when
 * sqz_accumulated has seen them: then they are accumulators for the requantizer. All variants give the same bits;
 * the compiler's own macros choose. Compile with SQZ_PORTABLE to have the plain one everywhere.
 *
 * K values take sqz_lane_bytes(k) bytes a filter or pixel, never more than the planner reserves:
 * the larger of 2 * k rounded up to 4 and k rounded up to 16.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_H
#define SQZ_DOT_H

#include <stdint.h>
#include <string.h>

#include "sqz_kernels.h"

/* gcc's first scheduling pass runs out of registers in the inner loops. And -O2, whatever else is
 * built with, since they are nearly all the work. From here on: a file of kernels includes this
 * header first, so that what its loops inline is compiled alike. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "no-schedule-insns", "no-tree-vectorize")
#endif

/* Always, so that sums stay in registers. */
#if defined(__GNUC__)
#define SQZ_INLINE static inline __attribute__((always_inline))
#define SQZ_APART static __attribute__((noinline))
#else
#define SQZ_INLINE static inline
#define SQZ_APART static
#endif

#if defined(SQZ_PORTABLE)
#include "sqz_dot_portable.h"
#elif defined(__ARM_FEATURE_DSP)
#include "sqz_dot_dsp.h"
#else
#include "sqz_dot_portable.h"
#endif

#endif /* SQZ_DOT_H */
