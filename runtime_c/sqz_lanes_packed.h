/* sqz_lanes_packed.h - private: blocks of 16 pixels, a byte each.
 *
 * Word i of a row holds pixels 4 i, 4 i + 2, 4 i + 1, 4 i + 3, lowest byte first: its even bytes
 * are added to sum 2 i; the sum of what lies above byte 0 becomes sum 2 i + 1 at the end, when the
 * even bytes in between, known by then, are taken out of it: 128 * 255 * 0x10101 < 2^31.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_LANES_PACKED_H
#define SQZ_LANES_PACKED_H

enum { SQZ_BLOCK = 16, SQZ_SUMS = 8 };

/* The sums of a block, as far as the constant COUNT says. */
#define SQZ_LANES_DECLARE \
    uint32_t s0;          \
    uint32_t s1;          \
    uint32_t s2;          \
    uint32_t s3;          \
    uint32_t s4 = 0;      \
    uint32_t s5 = 0;      \
    uint32_t s6 = 0;      \
    uint32_t s7 = 0;      \
    uint32_t x;           \
    uint32_t y;           \
    const sqz_word_t *row

#define SQZ_LANES_START(at)                             \
    do {                                                \
        row = (at);                                     \
        x = row[SQZ_ROW_WORDS];                         \
        y = row[SQZ_ROW_WORDS + 1];                     \
        s0 = sqz_even(x);                               \
        s1 = x >> 8;                                    \
        s2 = sqz_even(y);                               \
        s3 = y >> 8;                                    \
        if (count > 4) {                                \
            x = row[SQZ_ROW_WORDS + 2];                 \
            y = count > 6 ? row[SQZ_ROW_WORDS + 3] : 0; \
            s4 = sqz_even(x);                           \
            s5 = x >> 8;                                \
            s6 = sqz_even(y);                           \
            s7 = y >> 8;                                \
        }                                               \
    } while (0)

#define SQZ_LANES_ADD(at)                               \
    do {                                                \
        row = (at);                                     \
        x = row[SQZ_ROW_WORDS];                         \
        y = row[SQZ_ROW_WORDS + 1];                     \
        s0 = sqz_add_even(s0, x);                       \
        s1 += x >> 8;                                   \
        s2 = sqz_add_even(s2, y);                       \
        s3 += y >> 8;                                   \
        if (count > 4) {                                \
            x = row[SQZ_ROW_WORDS + 2];                 \
            y = count > 6 ? row[SQZ_ROW_WORDS + 3] : 0; \
            s4 = sqz_add_even(s4, x);                   \
            s5 += x >> 8;                               \
            if (count > 6) {                            \
                s6 = sqz_add_even(s6, y);               \
            }                                           \
            if (count > 7) {                            \
                s7 += y >> 8;                           \
            }                                           \
        }                                               \
    } while (0)

#define SQZ_LANES_STORE(to)                 \
    do {                                    \
        (to)[0] = s0;                       \
        (to)[1] = s1 - (s0 >> 16 << 8);     \
        (to)[2] = s2;                       \
        (to)[3] = s3 - (s2 >> 16 << 8);     \
        if (count > 4) {                    \
            (to)[4] = s4;                   \
            (to)[5] = s5 - (s4 >> 16 << 8); \
        }                                   \
        if (count > 6) {                    \
            (to)[6] = s6;                   \
        }                                   \
        if (count > 7) {                    \
            (to)[7] = s7 - (s6 >> 16 << 8); \
        }                                   \
    } while (0)

/* Two numbers of a list in one load; the list need not be aligned to words. */
typedef uint32_t sqz_two_t;

static inline sqz_two_t sqz_two(const sqz_half_t *from)
{
    sqz_two_t two;

    memcpy(&two, from, sizeof two);
    return two;
}

static inline uint32_t sqz_first(sqz_two_t two)
{
    return two & 0xffffu;
}

static inline uint32_t sqz_second(sqz_two_t two)
{
    return two >> 16;
}

/* Exchange bytes 1 and 3 of *A with bytes 0 and 2 of *B. */
static inline void sqz_swap_bytes(uint32_t *a, uint32_t *b)
{
    const uint32_t change = ((*a >> 8) ^ *b) & 0x00ff00ffu;

    *b ^= change;
    *a ^= change << 8;
}

/* Exchange the upper half of *A with the lower half of *B. */
static inline void sqz_swap_halves(uint32_t *a, uint32_t *b)
{
    const uint32_t change = ((*a >> 16) ^ *b) & 0xffffu;

    *b ^= change;
    *a ^= change << 16;
}

enum { SQZ_PUT = 4 }; /* pixels that are written at once */

/* Pixels [PIXEL, PIXEL + 4) of CHANNELS rows from ROWS on: FROM[i] has those of pixel i. */
static inline void sqz_lanes_put(uint8_t *rows, int32_t pixel, const uint8_t *const from[SQZ_PUT],
                                 int32_t channels)
{
    const uint8_t *const f0 = from[0];
    const uint8_t *const f1 = from[1];
    const uint8_t *const f2 = from[2];
    const uint8_t *const f3 = from[3];
    sqz_word_t *to = (sqz_word_t *)(void *)(rows + pixel);
    int32_t c = 0;

    for (; c + 4 <= channels; c += 4, to += SQZ_ROW_BYTES) {
        uint32_t w0;
        uint32_t w1;
        uint32_t w2;
        uint32_t w3;

        memcpy(&w0, f0 + c, sizeof w0);
        memcpy(&w1, f1 + c, sizeof w1);
        memcpy(&w2, f2 + c, sizeof w2);
        memcpy(&w3, f3 + c, sizeof w3);
        sqz_swap_bytes(&w0, &w2);
        sqz_swap_bytes(&w1, &w3);
        sqz_swap_halves(&w0, &w1);
        sqz_swap_halves(&w2, &w3);
        to[0] = w0;
        to[SQZ_ROW_BYTES / 4] = w2;
        to[2 * SQZ_ROW_BYTES / 4] = w1;
        to[3 * SQZ_ROW_BYTES / 4] = w3;
    }
    for (; c < channels; c++, to += SQZ_ROW_BYTES / 4) {
        *to = f0[c] | (uint32_t)f2[c] << 8 | (uint32_t)f1[c] << 16 | (uint32_t)f3[c] << 24;
    }
}

#endif /* SQZ_LANES_PACKED_H */
