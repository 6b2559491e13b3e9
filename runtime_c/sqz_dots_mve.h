/* sqz_dots_mve.h - private: all filters of a tile with MVE; short windows stay in registers.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOTS_MVE_H
#define SQZ_DOTS_MVE_H

/* Products of the vector STEP of each pixel with those of four filters. */
#define SQZ_DOT_KEPT(step, ADD)                                                       \
    do {                                                                              \
        const uint8_t *const four = group + SQZ_GROUP * SQZ_LANES * (step);           \
        const int8x16_t weights0 = sqz_load16(four);                                  \
        a0 = ADD(a0, a[step], weights0);                                              \
        b0 = ADD(b0, b[step], weights0);                                              \
        const int8x16_t weights1 = sqz_load16(four + SQZ_LANES);                      \
        a1 = ADD(a1, a[step], weights1);                                              \
        b1 = ADD(b1, b[step], weights1);                                              \
        const int8x16_t weights2 = sqz_load16(four + 2 * SQZ_LANES);                  \
        a2 = ADD(a2, a[step], weights2);                                              \
        b2 = ADD(b2, b[step], weights2);                                              \
        const int8x16_t weights3 = sqz_load16(four + 3 * SQZ_LANES);                  \
        a3 = ADD(a3, a[step], weights3);                                              \
        b3 = ADD(b3, b[step], weights3);                                              \
    } while (0)

/* sqz_dot_sums of a window that is A and B, STEPS vectors of each pixel. */
SQZ_INLINE const uint8_t *sqz_dot_kept(const int8x16_t a[2], const int8x16_t b[2], int32_t steps,
                                       const uint8_t *group, sqz_four_t sums[2])
{
    register int32_t a0 SQZ_EVEN("r0");
    register int32_t a1 SQZ_EVEN("r2");
    register int32_t a2 SQZ_EVEN("r4");
    register int32_t a3 SQZ_EVEN("r6");
    register int32_t b0 SQZ_EVEN("r8");
    register int32_t b1 SQZ_EVEN("r10");
    register int32_t b2 SQZ_EVEN("r12");
    register int32_t b3 SQZ_EVEN("lr");

    SQZ_DOT_KEPT(0, SQZ_DOT_START);
    if (steps == 2) {
        SQZ_DOT_KEPT(1, SQZ_DOT_ADD);
    }
    group += steps * SQZ_GROUP * SQZ_LANES;
    const int32x4_t first = {a0, a1, a2, a3};
    const int32x4_t other = {b0, b1, b2, b3};

    sums[0] = first;
    sums[1] = other;
    return group;
}

/* sqz_dots_fixed where the window is one or two vectors a pixel: they stay in registers. */
SQZ_INLINE void sqz_dots_kept(const uint8_t *window, const uint8_t *group, sqz_fixed_t fixed,
                              int32_t channels, uint8_t *out, int32_t second, int32_t steps)
{
    const int8x16_t a[2] = {sqz_load16(window), sqz_load16(window + 2 * SQZ_LANES * (steps - 1))};
    const int8x16_t b[2] = {sqz_load16(window + SQZ_LANES),
                            sqz_load16(window + 2 * SQZ_LANES * (steps - 1) + SQZ_LANES)};
    const uint8_t *const end = out + channels;

    for (; out != end; out += SQZ_GROUP) {
        sqz_four_t sums[2];

        group = sqz_dot_kept(a, b, steps, group, sums);
        sqz_pair_rescale(sums, sqz_offsets(group), &fixed, out, second);
        group += sizeof(sqz_four_t);
        fixed.factor += fixed.step;
    }
}

SQZ_APART void sqz_dots_of_16(const uint8_t *window, const uint8_t *group,
                              const sqz_fixed_t *fixed, int32_t channels, uint8_t *out,
                              int32_t second)
{
    sqz_dots_kept(window, group, *fixed, channels, out, second, 1);
}

SQZ_APART void sqz_dots_of_32(const uint8_t *window, const uint8_t *group,
                              const sqz_fixed_t *fixed, int32_t channels, uint8_t *out,
                              int32_t second)
{
    sqz_dots_kept(window, group, *fixed, channels, out, second, 2);
}

SQZ_APART void sqz_dots_of_more(const uint8_t *window, const uint8_t *group,
                                const sqz_fixed_t *first, int32_t channels, uint8_t *out,
                                int32_t second)
{
    const uint8_t *const end = out + channels;
    sqz_fixed_t fixed = *first;

    for (; out != end; out += SQZ_GROUP) {
        sqz_four_t sums[2];

        group = sqz_dot_sums(window, group, fixed.k, sums);
        sqz_pair_rescale(sums, sqz_offsets(group), &fixed, out, second);
        group += sizeof(sqz_four_t);
        fixed.factor += fixed.step;
    }
}

/* The same where the window has no second pixel. */
SQZ_APART void sqz_dots_last(const uint8_t *window, const uint8_t *group, const sqz_fixed_t *first,
                             int32_t channels, uint8_t *out)
{
    const uint8_t *const end = out + channels;
    sqz_fixed_t fixed = *first;

    for (; out != end; out += SQZ_GROUP) {
        sqz_four_t sums;

        group = sqz_dot_last(window, group, fixed.k, &sums);
        sqz_four_rescale(sums, sqz_offsets(group), &fixed, out);
        group += sizeof(sqz_four_t);
        fixed.factor += fixed.step;
    }
}

/* Rescale WINDOW times CHANNELS filters, GROUP and those behind it, which are for form FIXED alone,
 * to OUT and, of the second pixel, to SECOND behind it; where there is none SECOND is 0. */
SQZ_INLINE void sqz_dots_fixed(const uint8_t *window, const uint8_t *group, sqz_fixed_t fixed,
                               int32_t channels, uint8_t *out, int32_t second)
{
    if (second == 0) {
        sqz_dots_last(window, group, &fixed, channels, out);
    } else if (fixed.k <= SQZ_LANES) {
        sqz_dots_of_16(window, group, &fixed, channels, out, second);
    } else if (fixed.k <= 2 * SQZ_LANES) {
        sqz_dots_of_32(window, group, &fixed, channels, out, second);
    } else {
        sqz_dots_of_more(window, group, &fixed, channels, out, second);
    }
}

#endif /* SQZ_DOTS_MVE_H */
