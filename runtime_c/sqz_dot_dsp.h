/* sqz_dot_dsp.h - private: the inner product on cores with the DSP extension.
 *
 * SMLAD multiplies two pairs of int16 and adds both products. A mask makes of four bytes k0 k1 k2 k3
 * the pairs (k0, k2) and (k1, k3), so that is how weights are paired too. For every 4 values, window: (k0, k2) of pixel 0 and 1, (k1, k3) of pixel 0 and 1;
 * group: (k0, k2) of filters 0 to 3, (k1, k3) of filters 0 to 3. K is rounded up to 4; weights
 * there are 0. Eight sums, two values, two weights, two addresses: all 14 registers.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_DSP_H
#define SQZ_DOT_DSP_H

#include <arm_acle.h>

enum { SQZ_LANES = 4 }; /* runs of multiples of so many bytes go into a window as they are */

typedef uint64_t __attribute__((may_alias)) sqz_pairs_t; /* two pairs, in one load */

static inline int32_t sqz_lane_bytes(int32_t k)
{
    return 2 * ((k + 3) & ~3);
}

static inline uint32_t sqz_load4(const void *from)
{
    uint32_t value;

    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint32_t sqz_rotate(uint32_t value)
{
    return value >> 8 | value << 24;
}

/* Volatile, so that it stays in a register: then AND takes the shift along, as UXTB16 would. */
static const volatile uint32_t sqz_even_bytes = 0x00ff00ffu;

/* Filter FILTER (0..3) of GROUP gets its K WEIGHTS. */
static inline void sqz_group_pack(uint8_t *group, int32_t filter, const int8_t *weights, int32_t k)
{
    uint32_t *to = (uint32_t *)(void *)group + filter;

    for (; k >= 4; k -= 4, weights += 4, to += 2 * SQZ_GROUP) {
        const uint32_t four = sqz_load4(weights);

        to[0] = (uint32_t)__sxtb16((int8x4_t)four);
        to[SQZ_GROUP] = (uint32_t)__sxtb16((int8x4_t)sqz_rotate(four));
    }
    if (k > 0) {
        uint32_t four = 0;

        memcpy(&four, weights, (uint32_t)k);
        to[0] = (uint32_t)__sxtb16((int8x4_t)four);
        to[SQZ_GROUP] = (uint32_t)__sxtb16((int8x4_t)sqz_rotate(four));
    }
}

/* Values [at, at + count) of pixel SLOT (0, 1) are those FROM on; at is a multiple of 4, and
 * COUNT is rounded up to one. */
static inline void sqz_window_put(uint8_t *window, int32_t slot, int32_t at, const uint8_t *from,
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
static inline void sqz_window_fill(uint8_t *window, int32_t slot, int32_t at, uint8_t value,
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

/* Add WINDOW times GROUP to ACC, pixel by filter; sums wrap. */
static inline void sqz_dot(const uint8_t *window, const uint8_t *group, int32_t k,
                           int32_t acc[2][SQZ_GROUP])
{
    const sqz_pairs_t *x = (const sqz_pairs_t *)(const void *)window;
    const sqz_pairs_t *w = (const sqz_pairs_t *)(const void *)group;
    const int32_t quads = (k + 3) / 4;
    const sqz_pairs_t *const last = x + 2 * (quads & ~3);
    const sqz_pairs_t *const end = x + 2 * quads;
    int32_t a0 = acc[0][0];
    int32_t a1 = acc[0][1];
    int32_t a2 = acc[0][2];
    int32_t a3 = acc[0][3];
    int32_t b0 = acc[1][0];
    int32_t b1 = acc[1][1];
    int32_t b2 = acc[1][2];
    int32_t b3 = acc[1][3];

    for (; x != last; x += 8, w += 16) {
        SQZ_DOT_PAIR(x + 0, w + 0);
        SQZ_DOT_PAIR(x + 1, w + 2);
        SQZ_DOT_PAIR(x + 2, w + 4);
        SQZ_DOT_PAIR(x + 3, w + 6);
        SQZ_DOT_PAIR(x + 4, w + 8);
        SQZ_DOT_PAIR(x + 5, w + 10);
        SQZ_DOT_PAIR(x + 6, w + 12);
        SQZ_DOT_PAIR(x + 7, w + 14);
    }
    for (; x != end; x += 2, w += 4) {
        SQZ_DOT_PAIR(x + 0, w + 0);
        SQZ_DOT_PAIR(x + 1, w + 2);
    }
    acc[0][0] = a0;
    acc[0][1] = a1;
    acc[0][2] = a2;
    acc[0][3] = a3;
    acc[1][0] = b0;
    acc[1][1] = b1;
    acc[1][2] = b2;
    acc[1][3] = b3;
}

#endif /* SQZ_DOT_DSP_H */
