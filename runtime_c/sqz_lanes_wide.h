/* sqz_lanes_wide.h - private: blocks of 8 pixels, 16 bits each, so that a row is added as it is.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_LANES_WIDE_H
#define SQZ_LANES_WIDE_H

enum { SQZ_BLOCK = 8, SQZ_SUMS = 4 };

/* The sums of a block, as far as the constant COUNT says. */
#define SQZ_LANES_DECLARE \
    uint32_t s0;          \
    uint32_t s1;          \
    uint32_t s2 = 0;      \
    uint32_t s3 = 0;      \
    uint32_t x;           \
    uint32_t y;           \
    const sqz_word_t *row

#define SQZ_LANES_START(at)              \
    do {                                 \
        row = (at);                      \
        s0 = row[SQZ_ROW_WORDS];         \
        s1 = row[SQZ_ROW_WORDS + 1];     \
        if (count > 2) {                 \
            s2 = row[SQZ_ROW_WORDS + 2]; \
            s3 = row[SQZ_ROW_WORDS + 3]; \
        }                                \
    } while (0)

#define SQZ_LANES_ADD(at)               \
    do {                                \
        row = (at);                     \
        x = row[SQZ_ROW_WORDS];         \
        y = row[SQZ_ROW_WORDS + 1];     \
        s0 += x;                        \
        s1 += y;                        \
        if (count > 2) {                \
            x = row[SQZ_ROW_WORDS + 2]; \
            y = row[SQZ_ROW_WORDS + 3]; \
            s2 += x;                    \
            s3 += y;                    \
        }                               \
    } while (0)

#define SQZ_LANES_STORE(to) \
    do {                    \
        (to)[0] = s0;       \
        (to)[1] = s1;       \
        if (count > 2) {    \
            (to)[2] = s2;   \
            (to)[3] = s3;   \
        }                   \
    } while (0)

/* Two numbers of a list, loaded one by one: it is not aligned to words. */
typedef const sqz_half_t *sqz_two_t;

static inline sqz_two_t sqz_two(const sqz_half_t *from)
{
    return from;
}

static inline uint32_t sqz_first(sqz_two_t two)
{
    return two[0];
}

static inline uint32_t sqz_second(sqz_two_t two)
{
    return two[1];
}

enum { SQZ_PUT = 1 }; /* pixels that are written at once */

/* Pixel PIXEL of CHANNELS rows from ROWS on: FROM[0] has its inputs. */
static inline void sqz_lanes_put(uint8_t *rows, int32_t pixel, const uint8_t *const from[SQZ_PUT],
                                 int32_t channels)
{
    const uint8_t *next = from[0];
    sqz_half_t *to = (sqz_half_t *)(void *)rows + pixel;

    for (; channels >= 8; channels -= 8, next += 8, to += 8 * SQZ_BLOCK) {
        to[0] = next[0];
        to[SQZ_BLOCK] = next[1];
        to[2 * SQZ_BLOCK] = next[2];
        to[3 * SQZ_BLOCK] = next[3];
        to[4 * SQZ_BLOCK] = next[4];
        to[5 * SQZ_BLOCK] = next[5];
        to[6 * SQZ_BLOCK] = next[6];
        to[7 * SQZ_BLOCK] = next[7];
    }
    for (; channels > 0; channels--, to += SQZ_BLOCK) {
        *to = *next++;
    }
}

#endif /* SQZ_LANES_WIDE_H */
