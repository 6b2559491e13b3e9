/* sqz_huffman_window.h - how sqz_huffman.c reads bits and puts weights.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_HUFFMAN_WINDOW_H
#define SQZ_HUFFMAN_WINDOW_H

#include "sqz_huffman_tables.h"

/* What a constant parameter must reach; compilers would share one copy. */
#ifdef __GNUC__
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

/* The entry that a larger table would hold for WINDOW, where the table holds ENTRY; 0 if no code
 * word begins so. */
INLINED uint32_t find_long_code(const sqz_long_codes_t *codes, uint32_t entry, uint32_t window)
{
    const uint32_t bits = (entry & 0xff) << SQZ_LONG_LENGTHS |
                          reversed[window >> SQZ_BLOCK_BITS & 127];

    for (uint32_t k = 0; k < SQZ_LONG_LENGTHS; k++) {
        if (bits < codes->limits[k]) {
            const int32_t word = (int32_t)(bits >> (SQZ_LONG_LENGTHS - 1 - k));
            return (SQZ_BLOCK_BITS + 1 + k) << 8 | codes->symbols[word + codes->places[k]];
        }
    }
    return 0;
}

/* Compilers make one instruction of it where a core can load from any address. */
static inline uint32_t load(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

/* At least WINDOW_BITS bits, where WINDOW_BITS are left. */
static inline uint32_t window_at(const uint8_t *bits, uint32_t position)
{
    return load(bits + (position >> 3)) >> (position & 7);
}

/* The same anywhere; zeros after the stream's last byte. */
static uint32_t last_window_at(const sqz_filters_t *filters, uint32_t position)
{
    const uint32_t bytes = (filters->bit_count - position + (position & 7) + 7) >> 3;
    const uint8_t *const from = filters->bits + (position >> 3);
    uint32_t window = 0;

    for (uint32_t k = 0; k < bytes && k < 4; k++) {
        window |= (uint32_t)from[k] << 8 * k;
    }
    return window >> (position & 7);
}

static inline uint32_t bits_left(const sqz_decoder_t *decoder)
{
    return decoder->filters->bit_count - decoder->position;
}

/* The next symbol, as the entry of a table that holds all lengths, by one of BITS bits; 0 for a
 * code word that is invalid or not wholly there. */
static uint32_t read_symbol(sqz_decoder_t *decoder, const uint16_t *table, uint32_t bits,
                            const sqz_long_codes_t *long_codes)
{
    const sqz_filters_t *const filters = decoder->filters;
    const uint32_t window = bits_left(decoder) >= WINDOW_BITS
                                ? window_at(filters->bits, decoder->position)
                                : last_window_at(filters, decoder->position);
    uint32_t entry = table[window & ((1u << bits) - 1)];

    if (entry >= LONG_ENTRY) {
        entry = find_long_code(long_codes, entry, window);
    }
    if (entry >> 8 > bits_left(decoder)) {
        return 0;
    }
    decoder->position += entry >> 8;
    return entry;
}

/* Where weights go: int8 values as bytes, or int16. */
typedef struct {
    void *out;
    uint32_t is_wide;
    uint32_t shift; /* of wide ones */
} sink_t;

/* ENTRY's lower byte is the weight. */
INLINED void put(const sink_t *sink, uint32_t index, uint32_t entry)
{
    if (sink->is_wide) {
        const uint32_t value = (uint32_t)(int32_t)(int8_t)entry;
        ((uint16_t *)sink->out)[index] = (uint16_t)(value << sink->shift);
    } else {
        ((uint8_t *)sink->out)[index] = (uint8_t)entry;
    }
}

INLINED uint8_t *place_of(const sink_t *sink, uint32_t index)
{
    return (uint8_t *)sink->out + (sink->is_wide ? 2 * index : index);
}

/* How many weights lie between the beginnings of FROM and TO. */
INLINED uint32_t weights_between(const sink_t *from, const sink_t *to)
{
    const uint32_t bytes = (uint32_t)((uint8_t *)to->out - (uint8_t *)from->out);
    return from->is_wide ? bytes / 2 : bytes;
}

static inline uint32_t dense_place(uint32_t window)
{
    return window & ((1 << SQZ_DENSE_BITS) - 1);
}

static inline uint32_t block_place(uint32_t window)
{
    return window & ((1 << SQZ_BLOCK_BITS) - 1);
}

static inline uint32_t min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

#endif /* SQZ_HUFFMAN_WINDOW_H */
