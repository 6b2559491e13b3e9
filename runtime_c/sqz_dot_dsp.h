/* sqz_dot_dsp.h - private: the inner product on cores with the DSP extension.
 *
 * SMLAD multiplies two pairs of int16 and adds both products. A mask makes of four bytes
 * k0 k1 k2 k3 the pairs (k0, k2) and (k1, k3), so that is how weights are paired too. For every 4
 * values, window: (k0, k2) of pixel 0 and 1, (k1, k3) of pixel 0 and 1; group: (k0, k2) of filters
 * 0 to 3, (k1, k3) of filters 0 to 3. K is rounded up to 4, or to 16 if it is larger than that;
 * weights there are 0. Eight sums, two values, two weights, two addresses: all 14 registers.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_DSP_H
#define SQZ_DOT_DSP_H

#include <arm_acle.h>

#define SQZ_HAS_PAIRS 1 /* pairs of int16 are multiplied */
#define SQZ_HAS_DOTS /* sqz_dots_fixed */

enum { SQZ_LANES = 4 }; /* runs of multiples of so many bytes go into a window as they are */

typedef uint64_t __attribute__((may_alias)) sqz_pairs_t; /* two pairs, in one load */

SQZ_INLINE const sqz_pairs_t *sqz_pairs(const uint8_t *at)
{
    return (const sqz_pairs_t *)(const void *)at;
}

SQZ_INLINE int32_t sqz_lane_bytes(int32_t k)
{
    return 2 * (k > 16 ? (k + 15) & ~15 : (k + 3) & ~3);
}

SQZ_INLINE uint32_t sqz_load4(const void *from)
{
    uint32_t value;

    memcpy(&value, from, sizeof value);
    return value;
}

SQZ_INLINE uint32_t sqz_add16(uint32_t a, uint32_t b)
{
    return (uint32_t)__sadd16((int16x2_t)a, (int16x2_t)b);
}

SQZ_INLINE uint32_t sqz_sub16(uint32_t a, uint32_t b)
{
    return (uint32_t)__ssub16((int16x2_t)a, (int16x2_t)b);
}

/* Weights come lifted out of the decoder, so that sums are, too, and begin with the bias. */
typedef int16_t sqz_weight_t;

SQZ_INLINE sqz_status_t sqz_read_weights(sqz_decoder_t *decoder, sqz_weight_t *out, int32_t count,
                                         int32_t lift)
{
    return sqz_decoder_read16(decoder, out, (uint32_t)count, (uint32_t)lift);
}

/* What weights that were read are still to be lifted by. */
SQZ_INLINE int32_t sqz_lift_left(int32_t lift)
{
    (void)lift;
    return 0;
}

SQZ_INLINE int32_t sqz_first_sum(int32_t bias)
{
    return bias;
}

SQZ_INLINE int32_t sqz_accumulated(int32_t sum, int32_t bias, int32_t lift)
{
    (void)bias;
    (void)lift;
    return sum;
}

/* Filter FILTER (0..3) of GROUP gets its K WEIGHTS; those that round them up are set to 0. */
SQZ_INLINE void sqz_group_pack(uint8_t *group, int32_t filter, sqz_weight_t *weights, int32_t k)
{
    const int32_t all = sqz_lane_bytes(k) / 2;
    uint32_t *to = (uint32_t *)(void *)group + filter;

    for (int32_t i = k; i < all; i++) {
        weights[i] = 0;
    }
    for (k = all; k > 0; k -= 4, weights += 4, to += 2 * SQZ_GROUP) {
        const uint32_t w01 = sqz_load4(weights);
        const uint32_t w23 = sqz_load4(weights + 2);

        to[0] = (w01 & 0xffffu) | w23 << 16;
        to[SQZ_GROUP] = w01 >> 16 | (w23 & 0xffff0000u);
    }
}

/* Values [at, at + count) of pixel SLOT (0, 1) are those FROM on; at is a multiple of 4, and
 * COUNT is rounded up to one. */
SQZ_INLINE void sqz_window_put(uint8_t *window, int32_t slot, int32_t at, const uint8_t *from,
                                  int32_t count)
{
    uint32_t *to = (uint32_t *)(void *)window + at + slot;
    const uint32_t even = sqz_even_bytes;

    for (; count >= 16; count -= 16, from += 16, to += 16) {
        const uint32_t v0 = sqz_load4(from);
        const uint32_t v1 = sqz_load4(from + 4);
        const uint32_t v2 = sqz_load4(from + 8);
        const uint32_t v3 = sqz_load4(from + 12);

        to[0] = v0 & even;
        to[2] = (v0 >> 8) & even;
        to[4] = v1 & even;
        to[6] = (v1 >> 8) & even;
        to[8] = v2 & even;
        to[10] = (v2 >> 8) & even;
        to[12] = v3 & even;
        to[14] = (v3 >> 8) & even;
    }
    for (; count > 0; count -= 4, from += 4, to += 4) {
        const uint32_t four = sqz_load4(from);

        to[0] = four & even;
        to[2] = (four >> 8) & even;
    }
}

/* Values [at, at + count) of pixel SLOT are all VALUE. */
SQZ_INLINE void sqz_window_fill(uint8_t *window, int32_t slot, int32_t at, uint8_t value,
                                   int32_t count)
{
    uint32_t *to = (uint32_t *)(void *)window + at + slot;

    for (; count > 0; count -= 4, to += 4) {
        to[0] = value * 0x10001u;
        to[2] = value * 0x10001u;
    }
}

#define SQZ_LOW(pairs) ((int16x2_t)(uint32_t)(pairs))
#define SQZ_HIGH(pairs) ((int16x2_t)(uint32_t)((pairs) >> 32))

/* Products of one pair of each pixel with that of four filters; each load is two words. */
#define SQZ_DOT_PAIR(x, w)                                       \
    do {                                                         \
        const sqz_pairs_t pixels = *(x);                         \
        const sqz_pairs_t w01 = *(w);                            \
        a0 = __smlad(SQZ_LOW(pixels), SQZ_LOW(w01), a0);         \
        b0 = __smlad(SQZ_HIGH(pixels), SQZ_LOW(w01), b0);        \
        a1 = __smlad(SQZ_LOW(pixels), SQZ_HIGH(w01), a1);        \
        b1 = __smlad(SQZ_HIGH(pixels), SQZ_HIGH(w01), b1);       \
        const sqz_pairs_t w23 = *((w) + 1);                      \
        a2 = __smlad(SQZ_LOW(pixels), SQZ_LOW(w23), a2);         \
        b2 = __smlad(SQZ_HIGH(pixels), SQZ_LOW(w23), b2);        \
        a3 = __smlad(SQZ_LOW(pixels), SQZ_HIGH(w23), a3);        \
        b3 = __smlad(SQZ_HIGH(pixels), SQZ_HIGH(w23), b3);       \
    } while (0)

/* From X to END, sixteen values at a time by PAIR; W follows. Each of the functions below is one
 * from the first load to the last store and without a branch: only so gcc keeps all sums in
 * registers. */
#define SQZ_DOT_LOOP(PAIR, x, w, end)         \
    do {                                      \
        PAIR((x), (w));                       \
        PAIR((x) + 1, (w) + 2);               \
        PAIR((x) + 2, (w) + 4);               \
        PAIR((x) + 3, (w) + 6);               \
        PAIR((x) + 4, (w) + 8);               \
        PAIR((x) + 5, (w) + 10);              \
        PAIR((x) + 6, (w) + 12);              \
        PAIR((x) + 7, (w) + 14);              \
        (x) += 8;                             \
        (w) += 16;                            \
    } while ((x) != (end))

/* Products of one pair of the first pixel alone with that of four filters. */
#define SQZ_DOT_LAST_PAIR(x, w)                                  \
    do {                                                         \
        const int16x2_t pixel = SQZ_LOW(*(x));                   \
        const sqz_pairs_t w01 = *(w);                            \
        a0 = __smlad(pixel, SQZ_LOW(w01), a0);                   \
        a1 = __smlad(pixel, SQZ_HIGH(w01), a1);                  \
        const sqz_pairs_t w23 = *((w) + 1);                      \
        a2 = __smlad(pixel, SQZ_LOW(w23), a2);                   \
        a3 = __smlad(pixel, SQZ_HIGH(w23), a3);                  \
    } while (0)

/* From X to END; W follows. sqz_dot.c has them, once for all files, and says why they are functions.
 * Sixteen values at a time, added to A and B, which may be one: then A counts; the same where the
 * window has no second pixel; four values at a time, of less than sixteen. */
void sqz_dot_sixteens(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                      int32_t a[SQZ_GROUP], int32_t b[SQZ_GROUP]);
void sqz_dot_last(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                  int32_t acc[SQZ_GROUP]);
void sqz_dot_fours(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                   int32_t a[SQZ_GROUP], int32_t b[SQZ_GROUP]);

#define SQZ_HAS_ADD /* sqz_dot_add */

/* Add WINDOW times GROUP to SUMS0 and SUMS1 of four filters each; they may be one where there is no
 * second pixel. Give what follows GROUP. */
SQZ_INLINE const uint8_t *sqz_dot_add(const uint8_t *window, const uint8_t *group, int32_t k,
                                      int32_t *sums0, int32_t *sums1)
{
    const int32_t bytes = 2 * sqz_lane_bytes(k);
    const sqz_pairs_t *const x = sqz_pairs(window);
    const sqz_pairs_t *const w = sqz_pairs(group);
    const sqz_pairs_t *const end = sqz_pairs(window + bytes);

    if (k > 12) {
        sqz_dot_sixteens(x, w, end, sums0, sums1);
    } else {
        sqz_dot_fours(x, w, end, sums0, sums1);
    }
    return group + 2 * bytes;
}

/* Add WINDOW times GROUP to ACC, pixel by filter; sums wrap. Give what follows GROUP. */
SQZ_INLINE const uint8_t *sqz_dot(const uint8_t *window, const uint8_t *group, int32_t k,
                                  sqz_four_t acc[2])
{
    return sqz_dot_add(window, group, k, acc[0], acc[1]);
}

/* Rescale eight sums by form FIXED: the bytes of the first pixel low, of the second high. */
SQZ_INLINE uint64_t sqz_rescale8(const int32_t a[SQZ_GROUP], const int32_t b[SQZ_GROUP],
                                 const int32_t *factor)
{
    const uint32_t first = sqz_rescale(a[0], factor[0]) | sqz_rescale(a[1], factor[1]) << 8
                           | sqz_rescale(a[2], factor[2]) << 16
                           | sqz_rescale(a[3], factor[3]) << 24;
    const uint32_t second = sqz_rescale(b[0], factor[0]) | sqz_rescale(b[1], factor[1]) << 8
                            | sqz_rescale(b[2], factor[2]) << 16
                            | sqz_rescale(b[3], factor[3]) << 24;

    return (uint64_t)second << 32 | first;
}

SQZ_INLINE void sqz_store4(uint8_t *to, uint32_t bytes, uint8_t low)
{
    bytes = sqz_raise4(bytes, low);
    memcpy(to, &bytes, sizeof bytes);
}

/* Rescale complete SUMS of four filters to OUT. */
SQZ_INLINE void sqz_sums_fixed(const int32_t *sums, const sqz_fixed_t *fixed, uint8_t *out)
{
    sqz_store4(out, sqz_rescale4(sums, fixed->factor, 0), fixed->low);
}

/* What groups on one window have in common, and where they are. */
typedef struct {
    const sqz_pairs_t *window;
    const sqz_pairs_t *end; /* of the window */
    const sqz_pairs_t *group;
    int32_t group_pairs; /* from one group to the next */
    const int32_t *bias;
    const int32_t *factor;
    int32_t step; /* factors from one group to the next */
    uint32_t low; /* four times the smallest output */
    int32_t second;
    uint8_t *out;
    const uint8_t *out_end;
} sqz_dots_t;

/* All groups from W on, of DOTS, with windows up to END: sixteen values at a time; the same where the
 * window has no second pixel; four at a time. */
void sqz_dots_sixteens(sqz_dots_t *dots);
void sqz_dots_last(sqz_dots_t *dots);
void sqz_dots_fours(sqz_dots_t *dots);

/* Rescale WINDOW times GROUPs of CHANNELS filters to OUT and, of the second pixel, to SECOND behind
 * it; where there is none SECOND is 0. */
SQZ_INLINE void sqz_dots_fixed(const uint8_t *window, const uint8_t *group, sqz_fixed_t fixed,
                               int32_t channels, uint8_t *out, int32_t second)
{
    sqz_dots_t dots = {
        .window = sqz_pairs(window),
        .end = sqz_pairs(window + 2 * sqz_lane_bytes(fixed.k)),
        .group = sqz_pairs(group),
        .group_pairs = SQZ_GROUP * sqz_lane_bytes(fixed.k) / (int32_t)sizeof(sqz_pairs_t),
        .bias = fixed.bias,
        .factor = fixed.factor,
        .step = fixed.step,
        .low = fixed.low * 0x01010101u,
        .second = second,
        .out = out,
        .out_end = out + channels,
    };

    if (channels == 0) {
        return;
    }
    if (fixed.k <= 12) {
        sqz_dots_fours(&dots);
    } else if (second != 0) {
        sqz_dots_sixteens(&dots);
    } else {
        sqz_dots_last(&dots);
    }
}

#endif /* SQZ_DOT_DSP_H */
