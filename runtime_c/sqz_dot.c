/* sqz_dot.c - private: what inner loops are not to know before they run, and those that are shared.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_dot.h"

const uint32_t sqz_even_bytes = 0x00ff00ffu;

#if SQZ_HAS_PAIRS

/* SQZ_DOT_LOOP with one pixel, eight values at a time: it is seldom. */
#define LAST_LOOP(x, w, end)            \
    do {                                \
        SQZ_DOT_LAST_PAIR((x), (w));         \
        SQZ_DOT_LAST_PAIR((x) + 1, (w) + 2); \
        SQZ_DOT_LAST_PAIR((x) + 2, (w) + 4); \
        SQZ_DOT_LAST_PAIR((x) + 3, (w) + 6); \
        (x) += 4;                       \
        (w) += 8;                       \
    } while ((x) != (end))

/* Each is one function from the first load to the last store, and without a branch: only so gcc
 * keeps all sums in registers. */
void sqz_dot_sixteens(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                      int32_t a[SQZ_GROUP], int32_t b[SQZ_GROUP])
{
    int32_t a0 = a[0];
    int32_t a1 = a[1];
    int32_t a2 = a[2];
    int32_t a3 = a[3];
    int32_t b0 = b[0];
    int32_t b1 = b[1];
    int32_t b2 = b[2];
    int32_t b3 = b[3];

    SQZ_DOT_LOOP(SQZ_DOT_PAIR, x, w, end);
    b[0] = b0;
    b[1] = b1;
    b[2] = b2;
    b[3] = b3;
    a[0] = a0;
    a[1] = a1;
    a[2] = a2;
    a[3] = a3;
}

void sqz_dot_last(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                  int32_t acc[SQZ_GROUP])
{
    int32_t a0 = acc[0];
    int32_t a1 = acc[1];
    int32_t a2 = acc[2];
    int32_t a3 = acc[3];

    LAST_LOOP(x, w, end);
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
}

void sqz_dot_fours(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                   int32_t a[SQZ_GROUP], int32_t b[SQZ_GROUP])
{
    int32_t a0 = a[0];
    int32_t a1 = a[1];
    int32_t a2 = a[2];
    int32_t a3 = a[3];
    int32_t b0 = b[0];
    int32_t b1 = b[1];
    int32_t b2 = b[2];
    int32_t b3 = b[3];

    do {
        SQZ_DOT_PAIR(x, w);
        SQZ_DOT_PAIR(x + 1, w + 2);
        x += 2;
        w += 4;
    } while (x != end);
    b[0] = b0;
    b[1] = b1;
    b[2] = b2;
    b[3] = b3;
    a[0] = a0;
    a[1] = a1;
    a[2] = a2;
    a[3] = a3;
}

/* Biases of the next group; sums of both pixels begin with them. */
#define BEGIN(dots)                             \
    const int32_t *const bias = (dots)->bias;   \
    int32_t a0 = bias[0];                       \
    int32_t a1 = bias[1];                       \
    int32_t a2 = bias[2];                       \
    int32_t a3 = bias[3];                       \
                                                \
    (dots)->bias = bias + SQZ_GROUP

/* Rescale sums and store them; the second pixel's first, which may be the first one's, too. */
SQZ_INLINE uint8_t *finish(sqz_dots_t *dots, const int32_t a[SQZ_GROUP], const int32_t b[SQZ_GROUP])
{
    const int32_t *const factor = dots->factor;
    const uint64_t eight = sqz_rescale8(a, b, factor);
    const uint32_t first = __uqadd8((uint32_t)eight, dots->low);
    const uint32_t second = __uqadd8((uint32_t)(eight >> 32), dots->low);
    uint8_t *const out = dots->out;

    memcpy(out + dots->second, &second, sizeof second);
    memcpy(out, &first, sizeof first);
    dots->factor = factor + dots->step;
    dots->out = out + SQZ_GROUP;
    return out + SQZ_GROUP;
}

void sqz_dots_sixteens(sqz_dots_t *dots)
{
    const uint8_t *out;

    do {
        const sqz_pairs_t *x = dots->window;
        const sqz_pairs_t *const end = dots->end;
        const sqz_pairs_t *w = dots->group;

        dots->group = w + dots->group_pairs;
        BEGIN(dots);
        int32_t b0 = a0;
        int32_t b1 = a1;
        int32_t b2 = a2;
        int32_t b3 = a3;

        SQZ_DOT_LOOP(SQZ_DOT_PAIR, x, w, end);
        const int32_t a[SQZ_GROUP] = {a0, a1, a2, a3};
        const int32_t b[SQZ_GROUP] = {b0, b1, b2, b3};

        out = finish(dots, a, b);
    } while (out != dots->out_end);
}

void sqz_dots_fours(sqz_dots_t *dots)
{
    const uint8_t *out;

    do {
        const sqz_pairs_t *x = dots->window;
        const sqz_pairs_t *const end = dots->end;
        const sqz_pairs_t *w = dots->group;

        dots->group = w + dots->group_pairs;
        BEGIN(dots);
        int32_t b0 = a0;
        int32_t b1 = a1;
        int32_t b2 = a2;
        int32_t b3 = a3;

        do {
            SQZ_DOT_PAIR(x, w);
            SQZ_DOT_PAIR(x + 1, w + 2);
            x += 2;
            w += 4;
        } while (x != end);
        const int32_t a[SQZ_GROUP] = {a0, a1, a2, a3};
        const int32_t b[SQZ_GROUP] = {b0, b1, b2, b3};

        out = finish(dots, a, b);
    } while (out != dots->out_end);
}

void sqz_dots_last(sqz_dots_t *dots)
{
    const uint8_t *out;

    do {
        const sqz_pairs_t *x = dots->window;
        const sqz_pairs_t *const end = dots->end;
        const sqz_pairs_t *w = dots->group;

        dots->group = w + dots->group_pairs;
        BEGIN(dots);

        LAST_LOOP(x, w, end);
        const int32_t *const factor = dots->factor;
        const int32_t a[SQZ_GROUP] = {a0, a1, a2, a3};
        const uint32_t four = __uqadd8(sqz_rescale4(a, factor, 0), dots->low);

        memcpy(dots->out, &four, sizeof four);
        dots->factor = factor + dots->step;
        dots->out += SQZ_GROUP;
        out = dots->out;
    } while (out != dots->out_end);
}

#endif
