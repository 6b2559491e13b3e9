/* sqz_huffman.c - canonical Huffman decoder: a table for short codes, a walk for long ones.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_huffman.h"

#include <string.h>

#define MAX_SYMBOLS 256
#define BLOCK_WEIGHTS 8
#define NO_SYMBOL (-1)

SQZ_STATIC_ASSERT(SQZ_TABLE_BITS == 8);           /* an entry's upper byte holds 8 bits */
SQZ_STATIC_ASSERT(SQZ_MAX_CODE_LENGTH <= 24 + 1); /* a full window holds any code word */

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

/* The next number when bits are counted from the left: 0, 128, 64, 192, 32 ... */
static uint32_t next_reversed(uint32_t reversed)
{
    uint32_t bit = SQZ_TABLE_ENTRIES / 2;

    while ((reversed & bit) != 0) {
        reversed ^= bit;
        bit >>= 1;
    }
    return reversed | bit;
}

/* Code words in order of length tile the numbers 0..255, each 2^(8 - length) of them; the
 * stream's first bit is a code word's highest, so number n is found at n with its bits reversed.
 * What is left over begins longer codes. */
static sqz_long_codes_t build_table(uint16_t *table, const sqz_code_t *code)
{
    const uint32_t lengths = code->symbol_count != 0 ? SQZ_TABLE_BITS : 0;
    uint32_t number = 0;
    uint32_t reversed = 0;
    uint32_t index = 0;
    sqz_long_codes_t long_codes;

    for (uint32_t length = 1; length <= lengths; length++) {
        const uint32_t last = index + code->counts[length];
        for (; index < last; index++) {
            const uint16_t entry = (uint16_t)((uint32_t)code->symbols[index] << 8 | length);
            const uint32_t end = number + (SQZ_TABLE_ENTRIES >> length);
            for (; number < end; number++) {
                table[reversed] = entry;
                reversed = next_reversed(reversed);
            }
        }
    }
    long_codes.first = (uint16_t)(number * 2);
    long_codes.index = (uint16_t)index;
    for (; number < SQZ_TABLE_ENTRIES; number++) {
        table[reversed] = (uint16_t)(number << 8);
        reversed = next_reversed(reversed);
    }
    return long_codes;
}

/* Bring at least 25 bits into the window, or all that are left. */
static inline void refill(sqz_decoder_t *decoder)
{
    while (decoder->window_bits <= 24 && decoder->bits_left > 0) {
        const uint32_t bits = decoder->bits_left < 8 ? decoder->bits_left : 8;
        decoder->window |= (uint32_t)*decoder->next++ << decoder->window_bits;
        decoder->window_bits += (int32_t)bits;
        decoder->bits_left -= bits;
    }
}

/* The entry that a larger table would hold for WINDOW, whose first SQZ_TABLE_BITS bits are WORD;
 * 0 if no code word begins so. Canonical codes of one length are consecutive integers, so a code
 * is found by its distance from the first code of its length. */
static uint32_t find_long_code(uint32_t window, const sqz_code_t *code,
                               sqz_long_codes_t long_codes, uint32_t word)
{
    uint32_t first = long_codes.first;
    uint32_t index = long_codes.index;

    if (code->symbol_count == 0) {
        return 0;
    }
    window >>= SQZ_TABLE_BITS;
    for (uint32_t length = SQZ_TABLE_BITS + 1; length <= SQZ_MAX_CODE_LENGTH; length++) {
        const uint32_t count = code->counts[length];
        word = word * 2 + (window & 1);
        window >>= 1;
        if (word - first < count) {
            return (uint32_t)code->symbols[index + word - first] << 8 | length;
        }
        index += count;
        first = (first + count) * 2;
    }
    return 0;
}

/* The window holds a whole code word, or else the stream's last bits followed by zeros: taking
 * a bit that is not there shows as a negative count. */
static inline int32_t read_symbol(sqz_decoder_t *decoder, const uint16_t *table,
                                  const sqz_code_t *code, sqz_long_codes_t long_codes)
{
    uint32_t entry = table[decoder->window & (SQZ_TABLE_ENTRIES - 1)];

    if ((entry & 0xff) == 0) {
        entry = find_long_code(decoder->window, code, long_codes, entry >> 8);
        if (entry == 0) {
            return NO_SYMBOL;
        }
    }
    decoder->window >>= entry & 0xff;
    decoder->window_bits -= (int32_t)(entry & 0xff);
    if (decoder->window_bits < SQZ_MAX_CODE_LENGTH) {
        if (decoder->window_bits < 0) {
            return NO_SYMBOL;
        }
        refill(decoder);
    }
    return (int32_t)(entry >> 8);
}

/* The readers return how many weights they decoded: fewer than COUNT means a damaged stream.
 * OUT holds int8 values as bytes. */
static uint32_t read_raw(sqz_decoder_t *decoder, uint8_t *out, uint32_t count)
{
    const uint32_t whole = decoder->bits_left / 8;
    const uint32_t bytes = count < whole ? count : whole;

    if (bytes > 0) {
        memcpy(out, decoder->next, bytes);
    }
    decoder->next += bytes;
    decoder->bits_left -= 8 * bytes;
    return bytes;
}

static uint32_t read_dense(sqz_decoder_t *decoder, uint8_t *out, uint32_t count)
{
    sqz_decoder_t at = *decoder; /* OUT cannot alias a local: its members stay in registers */
    uint32_t done = 0;

    for (; done < count; done++) {
        const int32_t value = read_symbol(&at, at.tables->values, &at.filters->values,
                                          at.long_values);
        if (value == NO_SYMBOL) {
            break;
        }
        out[done] = (uint8_t)value;
    }
    *decoder = at;
    return done;
}

static uint32_t read_block(sqz_decoder_t *decoder, uint8_t *out, uint32_t count)
{
    sqz_decoder_t at = *decoder;
    uint32_t done = 0;

    while (done < count) {
        if (at.block_left == 0) {
            const int32_t flags = read_symbol(&at, at.tables->flags, &at.filters->flags,
                                              at.long_flags);
            if (flags == NO_SYMBOL) {
                break;
            }
            at.block_flags = (uint32_t)flags;
            at.block_left = BLOCK_WEIGHTS;
        }
        int32_t value = 0;
        if ((at.block_flags & 1) != 0) {
            value = read_symbol(&at, at.tables->values, &at.filters->values, at.long_values);
            if (value == NO_SYMBOL) {
                break;
            }
        }
        at.block_flags >>= 1;
        at.block_left--;
        out[done++] = (uint8_t)value;
    }
    *decoder = at;
    return done;
}

/* Returns whether the codes that the layer's coding uses are possible. */
static int32_t build_tables(sqz_decoder_t *decoder, sqz_tables_t *tables)
{
    const sqz_filters_t *const filters = decoder->filters;

    if (filters->coding == SQZ_CODING_BLOCK) {
        if (!is_possible(&filters->flags)) {
            return 0;
        }
        decoder->long_flags = build_table(tables->flags, &filters->flags);
    }
    if (!is_possible(&filters->values)) {
        return 0;
    }
    decoder->long_values = build_table(tables->values, &filters->values);
    return 1;
}

sqz_status_t sqz_decoder_open(sqz_decoder_t *decoder, const sqz_filters_t *filters,
                              sqz_tables_t *tables)
{
    memset(decoder, 0, sizeof *decoder);
    decoder->filters = filters;
    decoder->tables = tables;
    decoder->next = filters->bits;
    decoder->bits_left = filters->bit_count;
    decoder->status = SQZ_OK;

    if (filters->coding > SQZ_CODING_RAW) {
        decoder->status = SQZ_ERR_BITSTREAM;
    } else if (filters->coding < SQZ_CODING_RAW) {
        refill(decoder);
        if (!build_tables(decoder, tables)) {
            decoder->status = SQZ_ERR_BITSTREAM;
        }
    }
    return decoder->status;
}

sqz_status_t sqz_decoder_read(sqz_decoder_t *decoder, int8_t *out, uint32_t count)
{
    uint8_t *const bytes = (uint8_t *)out;
    uint32_t done = 0;

    if (decoder->status == SQZ_OK) {
        switch (decoder->filters->coding) {
        case SQZ_CODING_DENSE: done = read_dense(decoder, bytes, count); break;
        case SQZ_CODING_BLOCK: done = read_block(decoder, bytes, count); break;
        default: done = read_raw(decoder, bytes, count); break;
        }
    }
    if (done < count) {
        memset(bytes + done, 0, count - done);
        decoder->status = SQZ_ERR_BITSTREAM;
    }
    return decoder->status;
}
