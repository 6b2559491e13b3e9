/* sqz_dot_mve.h - private: the inner product on cores with MVE (Helium).
 *
 * VMLADAVA multiplies 16 pairs of int8 and adds all products to one sum. Inputs are uint8: windows
 * hold x - 128, and each filter's 128 * sum(weights) is added to what comes out, modulo 2^32.
 * Window: int8 [k / 16][2 pixels][16]. Group: int8 [k / 16][4 filters][16], then those four int32,
 * the offsets. K is rounded up to 16; weights there are 0, inputs there are void. In groups for
 * form FIXED alone offsets are lifted, and biases are in them.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_MVE_H
#define SQZ_DOT_MVE_H

#include <arm_mve.h>

#define SQZ_HAS_PAIRS 0

enum {
    SQZ_LANES = 16, /* runs of multiples of so many bytes go into a window as they are */
};

typedef int32x4_t sqz_four_t; /* sums of four filters */

SQZ_INLINE void sqz_four_load(sqz_four_t *four, const int32_t *from)
{
    *four = vldrwq_s32(from);
}

SQZ_INLINE void sqz_four_store(int32_t *to, sqz_four_t four)
{
    vstrwq_s32(to, four);
}

SQZ_INLINE void sqz_four_add_bytes(sqz_four_t *four, const uint8_t *from)
{
    *four = vaddq_s32(*four, vreinterpretq_s32_u32(vldrbq_u32(from)));
}

SQZ_INLINE int32_t sqz_whole_vectors(int32_t k)
{
    return (k + SQZ_LANES - 1) & ~(SQZ_LANES - 1);
}

SQZ_INLINE int32_t sqz_lane_bytes(int32_t k)
{
    return sqz_whole_vectors(k) + (int32_t)sizeof(int32_t);
}

typedef int8_t sqz_weight_t;

SQZ_INLINE sqz_status_t sqz_read_weights(sqz_decoder_t *decoder, sqz_weight_t *out, int32_t count,
                                         int32_t lift)
{
    (void)lift; /* sums are lifted when they are complete */
    return sqz_decoder_read(decoder, out, (uint32_t)count);
}

/* What weights that were read are still to be lifted by. */
SQZ_INLINE int32_t sqz_lift_left(int32_t lift)
{
    return lift;
}

SQZ_INLINE int32_t sqz_first_sum(int32_t bias)
{
    (void)bias;
    return 0;
}

SQZ_INLINE int32_t sqz_accumulated(int32_t sum, int32_t bias, int32_t lift)
{
    return (int32_t)(((uint32_t)sum << lift) + (uint32_t)bias);
}

/* Filter FILTER (0..3) of GROUP gets its K WEIGHTS. */
SQZ_INLINE void sqz_group_pack(uint8_t *group, int32_t filter, const int8_t *weights, int32_t k)
{
    int8_t *to = (int8_t *)group + SQZ_LANES * filter;
    int32_t *const offsets = (int32_t *)(void *)(group + SQZ_GROUP * sqz_whole_vectors(k));
    int32_t sum = 0;

    for (; k >= SQZ_LANES; k -= SQZ_LANES, weights += SQZ_LANES, to += SQZ_GROUP * SQZ_LANES) {
        const int8x16_t some = vldrbq_s8(weights);

        vstrbq_s8(to, some);
        sum = vaddvaq_s8(sum, some);
    }
    if (k > 0) {
        const int8x16_t some = vldrbq_z_s8(weights, vctp8q((uint32_t)k));

        vstrbq_s8(to, some);
        sum = vaddvaq_s8(sum, some);
    }
    offsets[filter] = 128 * sum;
}

/* Let CHANNELS filters, whole GROUPS, be for form FIXED alone. */
SQZ_INLINE void sqz_groups_fix(uint8_t *groups, int32_t channels, const sqz_fixed_t *fixed)
{
    const int32_t weights = SQZ_GROUP * sqz_whole_vectors(fixed->k);
    uint8_t *offsets = groups + weights;

    for (int32_t channel = 0; channel < channels; channel += SQZ_GROUP) {
        const int32x4_t sums = vldrwq_s32((const int32_t *)(const void *)offsets);
        const int32x4_t bias = vldrwq_s32(fixed->bias + channel);

        vstrwq_s32((int32_t *)(void *)offsets, vaddq_s32(vshlq_r_s32(sums, fixed->lift), bias));
        offsets += weights + (int32_t)sizeof sums;
    }
}

/* x - 128 as int8, from x as uint8. */
SQZ_INLINE uint8x16_t sqz_centered(uint8x16_t x)
{
    return veorq_u8(x, vdupq_n_u8(0x80));
}

/* Values [at, at + count) of pixel SLOT (0, 1) are those FROM on; AT is a multiple of 16, and
 * COUNT is rounded up to one. */
SQZ_INLINE void sqz_window_put(uint8_t *window, int32_t slot, int32_t at, const uint8_t *from,
                                  int32_t count)
{
    uint8_t *to = window + 2 * at + SQZ_LANES * slot;

    for (; count >= 3 * SQZ_LANES; count -= 3 * SQZ_LANES, from += 3 * SQZ_LANES) {
        vstrbq_u8(to, sqz_centered(vldrbq_u8(from)));
        vstrbq_u8(to + 2 * SQZ_LANES, sqz_centered(vldrbq_u8(from + SQZ_LANES)));
        vstrbq_u8(to + 4 * SQZ_LANES, sqz_centered(vldrbq_u8(from + 2 * SQZ_LANES)));
        to += 6 * SQZ_LANES;
    }
    for (; count > 0; count -= SQZ_LANES, from += SQZ_LANES, to += 2 * SQZ_LANES) {
        vstrbq_u8(to, sqz_centered(vldrbq_z_u8(from, vctp8q((uint32_t)count))));
    }
}

/* Values [at, at + count) of pixel SLOT are all VALUE. */
SQZ_INLINE void sqz_window_fill(uint8_t *window, int32_t slot, int32_t at, uint8_t value,
                                   int32_t count)
{
    uint8_t *to = window + 2 * at + SQZ_LANES * slot;
    const uint8x16_t values = sqz_centered(vdupq_n_u8(value));

    for (; count > 0; count -= SQZ_LANES, to += 2 * SQZ_LANES) {
        vstrbq_u8(to, values);
    }
}

/* Word loads reach further than byte loads from one address. */
SQZ_INLINE int8x16_t sqz_load16(const uint8_t *from)
{
    return vreinterpretq_s8_s32(vldrwq_s32((const int32_t *)(const void *)from));
}

/* Sums that VMLADAVA adds to lie in even registers, and eight of them in every even one. Left
 * alone, gcc moves some of them in and out for each instruction. Naming registers of variables is
 * safe here because nothing is called meanwhile, once intrinsics are what they should be: single
 * instructions. Without optimization they are not. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#define SQZ_EVEN(name) __asm__(name)
#else
#define SQZ_EVEN(name)
#endif

/* Products of 16 values of each pixel with those of four filters; ADD is one of the two below. */
#define SQZ_DOT_16(step, ADD)                                                         \
    do {                                                                              \
        const int8x16_t a = sqz_load16(window + 2 * SQZ_LANES * (step));              \
        const int8x16_t b = sqz_load16(window + 2 * SQZ_LANES * (step) + SQZ_LANES);  \
        const uint8_t *const four = group + SQZ_GROUP * SQZ_LANES * (step);           \
        const int8x16_t weights0 = sqz_load16(four);                                  \
        a0 = ADD(a0, a, weights0);                                                    \
        b0 = ADD(b0, b, weights0);                                                    \
        const int8x16_t weights1 = sqz_load16(four + SQZ_LANES);                      \
        a1 = ADD(a1, a, weights1);                                                    \
        b1 = ADD(b1, b, weights1);                                                    \
        const int8x16_t weights2 = sqz_load16(four + 2 * SQZ_LANES);                  \
        a2 = ADD(a2, a, weights2);                                                    \
        b2 = ADD(b2, b, weights2);                                                    \
        const int8x16_t weights3 = sqz_load16(four + 3 * SQZ_LANES);                  \
        a3 = ADD(a3, a, weights3);                                                    \
        b3 = ADD(b3, b, weights3);                                                    \
    } while (0)
#define SQZ_DOT_START(sum, inputs, weights) vmladavq_s8(inputs, weights)
#define SQZ_DOT_ADD(sum, inputs, weights) vmladavaq_s8(sum, inputs, weights)

/* SUMS becomes WINDOW times GROUP, pixel by filter, modulo 2^32 and without offsets. Give where
 * these are. K is at least 1. */
SQZ_INLINE const uint8_t *sqz_dot_sums(const uint8_t *window,
                                                       const uint8_t *group, int32_t k,
                                                       sqz_four_t sums[2])
{
    const int32_t more = (k - 1) >> 4; /* vectors after the first */
    const uint8_t *const last = window + 2 * SQZ_LANES * (1 + (more & ~3));
    const uint8_t *const end = window + 2 * SQZ_LANES * (1 + more);
    register int32_t a0 SQZ_EVEN("r0");
    register int32_t a1 SQZ_EVEN("r2");
    register int32_t a2 SQZ_EVEN("r4");
    register int32_t a3 SQZ_EVEN("r6");
    register int32_t b0 SQZ_EVEN("r8");
    register int32_t b1 SQZ_EVEN("r10");
    register int32_t b2 SQZ_EVEN("r12");
    register int32_t b3 SQZ_EVEN("lr");

    SQZ_DOT_16(0, SQZ_DOT_START);
    window += 2 * SQZ_LANES;
    group += SQZ_GROUP * SQZ_LANES;
    for (; window != last; window += 8 * SQZ_LANES, group += 4 * SQZ_GROUP * SQZ_LANES) {
        SQZ_DOT_16(0, SQZ_DOT_ADD);
        SQZ_DOT_16(1, SQZ_DOT_ADD);
        SQZ_DOT_16(2, SQZ_DOT_ADD);
        SQZ_DOT_16(3, SQZ_DOT_ADD);
    }
    for (; window != end; window += 2 * SQZ_LANES, group += SQZ_GROUP * SQZ_LANES) {
        SQZ_DOT_16(0, SQZ_DOT_ADD);
    }
    const int32x4_t a = {a0, a1, a2, a3};
    const int32x4_t b = {b0, b1, b2, b3};

    sums[0] = a;
    sums[1] = b;
    return group;
}

SQZ_INLINE int32x4_t sqz_offsets(const uint8_t *at)
{
    return vldrwq_s32((const int32_t *)(const void *)at);
}

/* Add WINDOW times GROUP to ACC, pixel by filter; sums wrap. Give what follows GROUP. K is at least
 * 1. */
SQZ_INLINE const uint8_t *sqz_dot(const uint8_t *window, const uint8_t *group, int32_t k,
                                  sqz_four_t acc[2])
{
    sqz_four_t sums[2];

    group = sqz_dot_sums(window, group, k, sums);
    acc[0] = vaddq_s32(acc[0], vaddq_s32(sums[0], sqz_offsets(group)));
    acc[1] = vaddq_s32(acc[1], vaddq_s32(sums[1], sqz_offsets(group)));
    return group + sizeof(sqz_four_t);
}

/* Products of 16 values of pixel 0. */
#define SQZ_DOT_LAST_16(step)                                                \
    do {                                                                     \
        const int8x16_t a = sqz_load16(window + 2 * SQZ_LANES * (step));     \
        const uint8_t *const four = group + SQZ_GROUP * SQZ_LANES * (step);  \
        a0 = vmladavaq_s8(a0, a, sqz_load16(four));                          \
        a1 = vmladavaq_s8(a1, a, sqz_load16(four + SQZ_LANES));              \
        a2 = vmladavaq_s8(a2, a, sqz_load16(four + 2 * SQZ_LANES));          \
        a3 = vmladavaq_s8(a3, a, sqz_load16(four + 3 * SQZ_LANES));          \
    } while (0)

/* sqz_dot_sums where the window has no second pixel. */
SQZ_INLINE const uint8_t *sqz_dot_last(const uint8_t *window, const uint8_t *group, int32_t k,
                                       sqz_four_t *sums)
{
    const int32_t vectors = (k + SQZ_LANES - 1) >> 4;
    const uint8_t *const last = window + 2 * SQZ_LANES * (vectors & ~3);
    const uint8_t *const end = window + 2 * SQZ_LANES * vectors;
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;

    for (; window != last; window += 8 * SQZ_LANES, group += 4 * SQZ_GROUP * SQZ_LANES) {
        SQZ_DOT_LAST_16(0);
        SQZ_DOT_LAST_16(1);
        SQZ_DOT_LAST_16(2);
        SQZ_DOT_LAST_16(3);
    }
    for (; window != end; window += 2 * SQZ_LANES, group += SQZ_GROUP * SQZ_LANES) {
        SQZ_DOT_LAST_16(0);
    }
    const int32x4_t a = {a0, a1, a2, a3};

    *sums = a;
    return group;
}

/* Four sums as accumulators, by their factors, before they are narrowed. */
SQZ_INLINE int32x4_t sqz_four_scaled(sqz_four_t sums, int32_t lift, int32x4_t start,
                                     int32x4_t factor)
{
    const int32x4_t acc = vaddq_s32(vshlq_r_s32(sums, lift), start);

    return vshrq_n_s32(vmulhq_s32(acc, factor), SQZ_REQUANTIZE_SHIFT);
}

/* SUMS of four filters, lifted and with START, rescaled by form FIXED to OUT. */
SQZ_INLINE void sqz_four_rescale(sqz_four_t sums, int32x4_t start, const sqz_fixed_t *fixed,
                                 uint8_t *out)
{
    const int32x4_t acc = vaddq_s32(vshlq_r_s32(sums, fixed->lift), start);

    vstrbq_u32(out, sqz_rescale_lanes(acc, vldrwq_s32(fixed->factor), fixed->low));
}

/* Both pixels at once, as sqz_rescale_lanes does one: the second in the upper half of each lane,
 * its outputs SECOND behind those of the first. */
SQZ_INLINE void sqz_pair_rescale(const sqz_four_t sums[2], int32x4_t start,
                                 const sqz_fixed_t *fixed, uint8_t *out, int32_t second)
{
    const int32x4_t factor = vldrwq_s32(fixed->factor);
    const int32x4_t first = sqz_four_scaled(sums[0], fixed->lift, start, factor);
    const int32x4_t other = sqz_four_scaled(sums[1], fixed->lift, start, factor);
    const uint16x8_t lower = vqmovunbq_s32(vreinterpretq_u16_s32(first), first);
    const uint16x8_t halves = vqmovuntq_s32(lower, other);
    const uint8x16_t bytes =
        vqaddq_n_u8(vqmovnbq_u16(vreinterpretq_u8_u16(halves), halves), fixed->low);

    vstrbq_u32(out + second, vshrq_n_u32(vreinterpretq_u32_u8(bytes), 16));
    vstrbq_u32(out, vreinterpretq_u32_u8(bytes));
}

/* Rescale complete SUMS of four filters to OUT. */
SQZ_INLINE void sqz_sums_fixed(const int32_t *sums, const sqz_fixed_t *fixed, uint8_t *out)
{
    sqz_four_rescale(vldrwq_s32(sums), vldrwq_s32(fixed->bias), fixed, out);
}

#include "sqz_dots_mve.h"

#endif /* SQZ_DOT_MVE_H */
