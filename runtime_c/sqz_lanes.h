/* sqz_lanes.h - private: sums of activations, two pixels a word.
 *
 * A ROW holds one input of each pixel of a block: 16 bytes. SUMS are words of two lanes of 16 bits:
 * pixel 2 i in the low lane of sum i, pixel 2 i + 1 in the high one. Where UXTAB16 widens and adds
 * at once, a block is 16 pixels, a byte each; elsewhere 8, widened when they are written.
 *
 * The loops address rows from 16 bytes before them: with an offset of 0 gcc folds the addition of
 * base and offset into the first load, which parts it from the second.
 *
 * At most SQZ_LANE_RUN inputs are added in a lane, so that its sum is a positive int16 too.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_LANES_H
#define SQZ_LANES_H

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
typedef uint16_t __attribute__((may_alias)) sqz_half_t;
typedef uint32_t __attribute__((may_alias)) sqz_word_t;
#define SQZ_ALWAYS_INLINE inline __attribute__((always_inline))
#define SQZ_NEVER_INLINE __attribute__((noinline))
#else
typedef uint16_t sqz_half_t;
typedef uint32_t sqz_word_t;
#define SQZ_ALWAYS_INLINE inline
#define SQZ_NEVER_INLINE
#endif

enum { SQZ_ROW_BYTES = 16, SQZ_ROW_WORDS = 4, SQZ_LANE_RUN = 128 };

#if defined(__ARM_FEATURE_DSP) && !defined(SQZ_PORTABLE)
#include <arm_acle.h>

#if !defined(SQZ_LANES_PACKED)
#define SQZ_LANES_PACKED
#endif

/* Of unsigned lanes in gcc's arm_acle.h, of signed ones in clang's. */
#if defined(__clang__)
#define SQZ_ACLE_LANES(value) ((int32_t)(value))
#else
#define SQZ_ACLE_LANES(value) (value)
#endif

/* Bytes 0 and 2 of FOUR, added to the lanes of SUM. */
static inline uint32_t sqz_add_even(uint32_t sum, uint32_t four)
{
    return (uint32_t)__uxtab16(SQZ_ACLE_LANES(sum), SQZ_ACLE_LANES(four));
}

static inline uint32_t sqz_even(uint32_t four)
{
    return (uint32_t)__uxtb16(SQZ_ACLE_LANES(four));
}

/* ACC + the low (high) lane of SUM * VALUE; wraps. */
static inline int32_t sqz_add_low(int32_t acc, uint32_t sum, int32_t value)
{
    return __smlabb((int32_t)sum, value, acc);
}

static inline int32_t sqz_add_high(int32_t acc, uint32_t sum, int32_t value)
{
    return __smlatb((int32_t)sum, value, acc);
}

/* The factor in the upper half of ENTRY, as sqz_scale_low and sqz_scale_high take it. */
static inline int32_t sqz_factor(uint32_t entry)
{
    return (int32_t)entry;
}

/* ACC + the low (high) lane of PAIR * FACTOR; wraps. */
static inline int32_t sqz_scale_low(int32_t acc, uint32_t pair, int32_t factor)
{
    return __smlabt((int32_t)pair, factor, acc);
}

static inline int32_t sqz_scale_high(int32_t acc, uint32_t pair, int32_t factor)
{
    return __smlatt((int32_t)pair, factor, acc);
}
#else
static inline uint32_t sqz_even(uint32_t four)
{
    return four & 0x00ff00ffu;
}

static inline uint32_t sqz_add_even(uint32_t sum, uint32_t four)
{
    return sum + sqz_even(four);
}

static inline int32_t sqz_add_low(int32_t acc, uint32_t sum, int32_t value)
{
    return (int32_t)((uint32_t)acc + (sum & 0xffffu) * (uint32_t)value);
}

static inline int32_t sqz_add_high(int32_t acc, uint32_t sum, int32_t value)
{
    return (int32_t)((uint32_t)acc + (sum >> 16) * (uint32_t)value);
}

static inline int32_t sqz_factor(uint32_t entry)
{
    return (int32_t)entry >> 16;
}

static inline int32_t sqz_scale_low(int32_t acc, uint32_t pair, int32_t factor)
{
    return sqz_add_low(acc, pair, factor);
}

static inline int32_t sqz_scale_high(int32_t acc, uint32_t pair, int32_t factor)
{
    return sqz_add_high(acc, pair, factor);
}
#endif

/* SQZ_LANES_PACKED can be defined anywhere, to test that layout; SQZ_LANES_WIDE is for who needs
 * 16 bits a pixel. */
#if defined(SQZ_LANES_PACKED) && !defined(SQZ_LANES_WIDE)
#include "sqz_lanes_packed.h"
#else
#include "sqz_lanes_wide.h"
#endif

#endif /* SQZ_LANES_H */
