/* sqz_dot_portable.h - private: the inner product in plain C, the definition of the others.
 *
 * Window: uint8 [k][2 pixels]. Group: int8 [k][4 filters].
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_PORTABLE_H
#define SQZ_DOT_PORTABLE_H

enum { SQZ_LANES = 1 }; /* runs of so many bytes go into a window as they are */

static inline int32_t sqz_lane_bytes(int32_t k)
{
    return k;
}

/* Filter FILTER (0..3) of GROUP gets its K WEIGHTS. */
static inline void sqz_group_pack(uint8_t *group, int32_t filter, const int8_t *weights, int32_t k)
{
    int8_t *to = (int8_t *)group + filter;

    for (int32_t i = 0; i < k; i++) {
        to[SQZ_GROUP * i] = weights[i];
    }
}

/* Values [at, at + count) of pixel SLOT (0, 1) are those FROM on. */
static inline void sqz_window_put(uint8_t *window, int32_t slot, int32_t at, const uint8_t *from,
                                  int32_t count)
{
    uint8_t *const to = window + 2 * at + slot;

    for (int32_t i = 0; i < count; i++) {
        to[2 * i] = from[i];
    }
}

/* Values [at, at + count) of pixel SLOT are all VALUE. */
static inline void sqz_window_fill(uint8_t *window, int32_t slot, int32_t at, uint8_t value,
                                   int32_t count)
{
    uint8_t *const to = window + 2 * at + slot;

    for (int32_t i = 0; i < count; i++) {
        to[2 * i] = value;
    }
}

static inline int32_t sqz_multiply_add(int32_t acc, int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)acc + (uint32_t)(a * b));
}

/* Add WINDOW times GROUP to ACC, pixel by filter; sums wrap. Give what follows GROUP. */
static inline const uint8_t *sqz_dot(const uint8_t *window, const uint8_t *group, int32_t k,
                                     sqz_four_t acc[2])
{
    const int8_t *weights = (const int8_t *)group;
    const uint8_t *const end = window + 2 * k;
    int32_t a0 = acc[0][0];
    int32_t a1 = acc[0][1];
    int32_t a2 = acc[0][2];
    int32_t a3 = acc[0][3];
    int32_t b0 = acc[1][0];
    int32_t b1 = acc[1][1];
    int32_t b2 = acc[1][2];
    int32_t b3 = acc[1][3];

    for (; window != end; window += 2, weights += SQZ_GROUP) {
        const int32_t a = window[0];
        const int32_t b = window[1];

        a0 = sqz_multiply_add(a0, a, weights[0]);
        b0 = sqz_multiply_add(b0, b, weights[0]);
        a1 = sqz_multiply_add(a1, a, weights[1]);
        b1 = sqz_multiply_add(b1, b, weights[1]);
        a2 = sqz_multiply_add(a2, a, weights[2]);
        b2 = sqz_multiply_add(b2, b, weights[2]);
        a3 = sqz_multiply_add(a3, a, weights[3]);
        b3 = sqz_multiply_add(b3, b, weights[3]);
    }
    acc[0][0] = a0;
    acc[0][1] = a1;
    acc[0][2] = a2;
    acc[0][3] = a3;
    acc[1][0] = b0;
    acc[1][1] = b1;
    acc[1][2] = b2;
    acc[1][3] = b3;
    return (const uint8_t *)weights;
}

#endif /* SQZ_DOT_PORTABLE_H */
