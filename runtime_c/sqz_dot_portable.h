/* sqz_dot_portable.h - private: the inner product in plain C, the definition of the others.
 *
 * Window: uint8 [k][2 pixels]. Group: int8 [k][4 filters].
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_PORTABLE_H
#define SQZ_DOT_PORTABLE_H

#define SQZ_HAS_PAIRS 0

enum { SQZ_LANES = 1 }; /* runs of so many bytes go into a window as they are */

SQZ_INLINE int32_t sqz_lane_bytes(int32_t k)
{
    return k;
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
SQZ_INLINE void sqz_group_pack(uint8_t *group, int32_t filter, const sqz_weight_t *weights,
                               int32_t k)
{
    int8_t *to = (int8_t *)group + filter;

    for (; k >= 4; k -= 4, weights += 4, to += 4 * SQZ_GROUP) {
        to[0] = weights[0];
        to[SQZ_GROUP] = weights[1];
        to[2 * SQZ_GROUP] = weights[2];
        to[3 * SQZ_GROUP] = weights[3];
    }
    for (; k > 0; k--, weights++, to += SQZ_GROUP) {
        *to = *weights;
    }
}

/* Values [at, at + count) of pixel SLOT (0, 1) are those FROM on. */
SQZ_INLINE void sqz_window_put(uint8_t *window, int32_t slot, int32_t at, const uint8_t *from,
                                  int32_t count)
{
    uint8_t *to = window + 2 * at + slot;

    for (; count >= 8; count -= 8, from += 8, to += 16) {
        to[0] = from[0];
        to[2] = from[1];
        to[4] = from[2];
        to[6] = from[3];
        to[8] = from[4];
        to[10] = from[5];
        to[12] = from[6];
        to[14] = from[7];
    }
    for (; count > 0; count--, from++, to += 2) {
        *to = *from;
    }
}

/* Values [at, at + count) of pixel SLOT are all VALUE. */
SQZ_INLINE void sqz_window_fill(uint8_t *window, int32_t slot, int32_t at, uint8_t value,
                                   int32_t count)
{
    uint8_t *const to = window + 2 * at + slot;

    for (int32_t i = 0; i < count; i++) {
        to[2 * i] = value;
    }
}

SQZ_INLINE int32_t sqz_multiply_add(int32_t acc, int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)acc + (uint32_t)(a * b));
}

/* Products of the value I further of each pixel with that of four filters. */
#define SQZ_DOT_VALUE(i)                                          \
    do {                                                          \
        const int32_t a = window[2 * (i)];                        \
        const int32_t b = window[2 * (i) + 1];                    \
        const int32_t w0 = weights[SQZ_GROUP * (i)];              \
        a0 = sqz_multiply_add(a0, a, w0);                         \
        b0 = sqz_multiply_add(b0, b, w0);                         \
        const int32_t w1 = weights[SQZ_GROUP * (i) + 1];          \
        a1 = sqz_multiply_add(a1, a, w1);                         \
        b1 = sqz_multiply_add(b1, b, w1);                         \
        const int32_t w2 = weights[SQZ_GROUP * (i) + 2];          \
        a2 = sqz_multiply_add(a2, a, w2);                         \
        b2 = sqz_multiply_add(b2, b, w2);                         \
        const int32_t w3 = weights[SQZ_GROUP * (i) + 3];          \
        a3 = sqz_multiply_add(a3, a, w3);                         \
        b3 = sqz_multiply_add(b3, b, w3);                         \
    } while (0)

/* From WINDOW to its end, eight values at a time, then one by one. A function that does so is one
 * from the first load to the last store: only so gcc keeps all sums in registers. */
#define SQZ_DOT_VALUES(k)                                                        \
    do {                                                                       \
        const uint8_t *const whole = window + 2 * ((k) & ~7);                  \
        for (; window != whole; window += 16, weights += 8 * SQZ_GROUP) {      \
            SQZ_DOT_VALUE(0);                                                  \
            SQZ_DOT_VALUE(1);                                                  \
            SQZ_DOT_VALUE(2);                                                  \
            SQZ_DOT_VALUE(3);                                                  \
            SQZ_DOT_VALUE(4);                                                  \
            SQZ_DOT_VALUE(5);                                                  \
            SQZ_DOT_VALUE(6);                                                  \
            SQZ_DOT_VALUE(7);                                                  \
        }                                                                      \
        const uint8_t *const end = window + 2 * ((k) & 7);                     \
        for (; window != end; window += 2, weights += SQZ_GROUP) {             \
            SQZ_DOT_VALUE(0);                                                  \
        }                                                                      \
    } while (0)

/* Products of both pixels with four filters. */
SQZ_APART void sqz_dot_sums(const uint8_t *window, const int8_t *weights, int32_t k,
                            sqz_four_t sums[2])
{
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;
    int32_t b0 = 0;
    int32_t b1 = 0;
    int32_t b2 = 0;
    int32_t b3 = 0;

    SQZ_DOT_VALUES(k);
    sums[0][0] = a0;
    sums[0][1] = a1;
    sums[0][2] = a2;
    sums[0][3] = a3;
    sums[1][0] = b0;
    sums[1][1] = b1;
    sums[1][2] = b2;
    sums[1][3] = b3;
}

/* Add WINDOW times GROUP to ACC, pixel by filter; sums wrap. Give what follows GROUP. */
SQZ_INLINE const uint8_t *sqz_dot(const uint8_t *window, const uint8_t *group, int32_t k,
                                  sqz_four_t acc[2])
{
    sqz_four_t sums[2];

    sqz_dot_sums(window, (const int8_t *)group, k, sums);
    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        acc[0][i] = sqz_accumulated(sums[0][i], acc[0][i], 0);
        acc[1][i] = sqz_accumulated(sums[1][i], acc[1][i], 0);
    }
    return group + SQZ_GROUP * sqz_lane_bytes(k);
}

/* Products of the value I further of the first pixel alone with that of four filters. */
#define SQZ_DOT_LAST_VALUE(i)                                          \
    do {                                                               \
        const int32_t a = window[2 * (i)];                             \
        a0 = sqz_multiply_add(a0, a, weights[SQZ_GROUP * (i)]);        \
        a1 = sqz_multiply_add(a1, a, weights[SQZ_GROUP * (i) + 1]);    \
        a2 = sqz_multiply_add(a2, a, weights[SQZ_GROUP * (i) + 2]);    \
        a3 = sqz_multiply_add(a3, a, weights[SQZ_GROUP * (i) + 3]);    \
    } while (0)

/* The same where the window has no second pixel. */
SQZ_APART void sqz_dot_last(const uint8_t *window, const int8_t *weights, int32_t k,
                            sqz_four_t sums)
{
    const uint8_t *const whole = window + 2 * (k & ~3);
    const uint8_t *const end = window + 2 * k;
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;

    for (; window != whole; window += 8, weights += 4 * SQZ_GROUP) {
        SQZ_DOT_LAST_VALUE(0);
        SQZ_DOT_LAST_VALUE(1);
        SQZ_DOT_LAST_VALUE(2);
        SQZ_DOT_LAST_VALUE(3);
    }
    for (; window != end; window += 2, weights += SQZ_GROUP) {
        SQZ_DOT_LAST_VALUE(0);
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

/* The output of SUMS' filter I. */
SQZ_INLINE uint32_t sqz_sum_rescale(const sqz_four_t sums, const sqz_fixed_t *fixed, int32_t i)
{
    return sqz_rescale(sqz_accumulated(sums[i], fixed->bias[i], fixed->lift), fixed->factor[i]);
}

/* SUMS of four filters, rescaled to OUT. */
SQZ_INLINE void sqz_four_rescale(const sqz_four_t sums, const sqz_fixed_t *fixed, uint8_t *out)
{
    const uint32_t bytes = sqz_sum_rescale(sums, fixed, 0) | sqz_sum_rescale(sums, fixed, 1) << 8
                           | sqz_sum_rescale(sums, fixed, 2) << 16
                           | sqz_sum_rescale(sums, fixed, 3) << 24;
    const uint32_t raised = sqz_raise4(bytes, fixed->low);

    memcpy(out, &raised, sizeof raised);
}

/* Rescale complete SUMS of four filters to OUT. */
SQZ_INLINE void sqz_sums_fixed(const int32_t *sums, const sqz_fixed_t *fixed, uint8_t *out)
{
    sqz_four_rescale(sums, fixed, out);
}

/* Rescale WINDOW times GROUP to OUT and, of the second pixel, to SECOND behind it; where there is
 * none SECOND is 0. Give what follows GROUP. */
SQZ_INLINE const uint8_t *sqz_dot_fixed(const uint8_t *window, const uint8_t *group,
                                        const sqz_fixed_t *fixed, uint8_t *out, int32_t second)
{
    sqz_four_t sums[2];

    if (second != 0) {
        sqz_dot_sums(window, (const int8_t *)group, fixed->k, sums);
        sqz_four_rescale(sums[1], fixed, out + second);
    } else {
        sqz_dot_last(window, (const int8_t *)group, fixed->k, sums[0]);
    }
    sqz_four_rescale(sums[0], fixed, out);
    return group + SQZ_GROUP * sqz_lane_bytes(fixed->k);
}

#endif /* SQZ_DOT_PORTABLE_H */
