/* sqz_huffman_tables.h - what sqz_huffman.c looks up, and how it is built from a code.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_HUFFMAN_TABLES_H
#define SQZ_HUFFMAN_TABLES_H

#include <string.h>

#include "sqz_huffman.h"

#define MAX_SYMBOLS 256
#define BLOCK_WEIGHTS 8

/* What a load of 32 bits holds wherever it begins in its first byte. Where so many are left, the
 * load stays inside of the stream. */
#define WINDOW_BITS 25

/* An entry of at least this is of a longer or invalid code; a window may be shifted by its
 * length, and no three lengths with it are a window. */
#define LONG_ENTRY (31u << 8)

SQZ_STATIC_ASSERT(2 * SQZ_DENSE_BITS <= WINDOW_BITS && WINDOW_BITS < LONG_ENTRY >> 8);
SQZ_STATIC_ASSERT(3 * SQZ_BLOCK_BITS <= WINDOW_BITS && SQZ_BLOCK_BITS == 8);
SQZ_STATIC_ASSERT(SQZ_MAX_CODE_LENGTH <= WINDOW_BITS);
SQZ_STATIC_ASSERT(SQZ_MAX_CODE_LENGTH == SQZ_BLOCK_BITS + SQZ_LONG_LENGTHS);

/* Numbers of 0..127 with their 7 bits reversed. */
#define REVERSED_2(n) (n), (n) + 64
#define REVERSED_4(n) REVERSED_2(n), REVERSED_2((n) + 32)
#define REVERSED_8(n) REVERSED_4(n), REVERSED_4((n) + 16)
#define REVERSED_16(n) REVERSED_8(n), REVERSED_8((n) + 8)
#define REVERSED_32(n) REVERSED_16(n), REVERSED_16((n) + 4)
#define REVERSED_64(n) REVERSED_32(n), REVERSED_32((n) + 2)
static const uint8_t reversed[128] = {REVERSED_64(0), REVERSED_64(1)};

/* For each set of flags, 3 bits a weight that is not zero: its place, the last one lowest; and
 * how many there are in the highest 4 bits. */
#define FLAG(f, k) ((uint32_t)(f) >> (k) & 1u)
#define FLAGS_4(f, k) (FLAG(f, k) + FLAG(f, (k) + 1) + FLAG(f, (k) + 2) + FLAG(f, (k) + 3))
#define FLAGS_8(f) (FLAGS_4(f, 0) + FLAGS_4(f, 4))
#define FLAGS_ABOVE(f, k) FLAGS_8((uint32_t)(f) >> ((k) + 1))
#define PLACE(f, k) (FLAG(f, k) * (k##u << 3 * FLAGS_ABOVE(f, k)))
#define PLACES(f)                                                                              \
    (FLAGS_8(f) << 28 | PLACE(f, 1) | PLACE(f, 2) | PLACE(f, 3) | PLACE(f, 4) | PLACE(f, 5) |  \
     PLACE(f, 6) | PLACE(f, 7))
#define PLACES_4(f) PLACES(f), PLACES((f) + 1), PLACES((f) + 2), PLACES((f) + 3)
#define PLACES_16(f) PLACES_4(f), PLACES_4((f) + 4), PLACES_4((f) + 8), PLACES_4((f) + 12)
#define PLACES_64(f) PLACES_16(f), PLACES_16((f) + 16), PLACES_16((f) + 32), PLACES_16((f) + 48)
static const uint32_t places[256] = {PLACES_64(0), PLACES_64(64), PLACES_64(128), PLACES_64(192)};

/* Symbols may be indexed only after this: the counts fit a code, and add up to symbol_count. */
static int32_t is_possible(const sqz_code_t *code)
{
    int32_t free_words = 1; /* of the length so far */
    int32_t symbols = 0;

    if (code->symbol_count == 0) {
        return 1; /* an empty code has no counts */
    }
    for (int32_t length = 1; length <= SQZ_MAX_CODE_LENGTH; length++) {
        free_words = 2 * free_words - code->counts[length];
        symbols += code->counts[length];
        if (free_words < 0) {
            return 0;
        }
    }
    return code->counts[0] == 0 && symbols == code->symbol_count && symbols <= MAX_SYMBOLS;
}

/* The next number when bits are counted from the left, HIGHEST first: 0, 128, 64, 192, 32 ... */
static inline uint32_t next_reversed(uint32_t number, uint32_t highest)
{
    while ((number & highest) != 0) {
        number ^= highest;
        highest >>= 1;
    }
    return number | highest;
}

/* A table of LENGTH bits becomes one of LENGTH + 1 by repetition. Code words of one length are
 * consecutive; the stream's first bit is a code word's highest, so code word n is found at n with
 * its bits reversed, which is the same number when zeros follow n. */
static void build_table(uint16_t *table, uint32_t bits, const sqz_code_t *code)
{
    const uint8_t *symbol = code->symbols;
    uint32_t word = 0;
    uint32_t at = 0;

    for (uint32_t length = 1; length <= bits; length++) {
        const uint32_t half = 1u << (length - 1);
        word *= 2;
        memcpy(table + half, table, half * sizeof *table);
        for (uint32_t n = code->symbol_count != 0 ? code->counts[length] : 0; n > 0; n--) {
            table[at] = (uint16_t)(length << 8 | *symbol++);
            at = next_reversed(at, half);
            word++;
        }
    }
    for (; word < 1u << bits; word++) {
        table[at] = (uint16_t)(LONG_ENTRY | word >> (bits - 8));
        at = next_reversed(at, 1u << (bits - 1));
    }
}

static void note_long_codes(sqz_long_codes_t *long_codes, const sqz_code_t *code)
{
    uint32_t first = 0;
    uint32_t index = 0;

    long_codes->symbols = code->symbols;
    for (uint32_t length = 1; length <= SQZ_MAX_CODE_LENGTH; length++) {
        const uint32_t count = code->symbol_count != 0 ? code->counts[length] : 0;
        first *= 2;
        if (length > SQZ_BLOCK_BITS) {
            const uint32_t k = length - SQZ_BLOCK_BITS - 1;
            long_codes->limits[k] = (uint16_t)((first + count) << (SQZ_MAX_CODE_LENGTH - length));
            long_codes->places[k] = (int16_t)((int32_t)index - (int32_t)first);
        }
        first += count;
        index += count;
    }
}

#endif /* SQZ_HUFFMAN_TABLES_H */
