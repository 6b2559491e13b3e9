/* sqz_huffman.h - compressed weights to int8, a few at a time.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_HUFFMAN_H
#define SQZ_HUFFMAN_H

#include "sqz_types.h"

/* Codes of up to this many bits are one table lookup; longer ones are walked bit by bit. */
#define SQZ_TABLE_BITS 8
#define SQZ_TABLE_ENTRIES (1 << SQZ_TABLE_BITS)

/* Lookup tables of one layer, built when its decoder opens; kept in the caller's scratch.
 * An entry is (symbol << 8) | code length, found by the next 8 bits of the stream. Length 0:
 * the code is longer or invalid, and the upper byte is these 8 bits as a code word so far. */
typedef struct {
    uint16_t values[SQZ_TABLE_ENTRIES];
    uint16_t flags[SQZ_TABLE_ENTRIES];
} sqz_tables_t;

/* Where the walk through the codes longer than SQZ_TABLE_BITS begins. */
typedef struct {
    uint16_t first; /* first code word of SQZ_TABLE_BITS + 1 bits */
    uint16_t index; /* the place of its symbol in symbols[] */
} sqz_long_codes_t;

/* A place in a weight stream. Members are private. */
typedef struct {
    const sqz_filters_t *filters;
    const sqz_tables_t *tables;
    sqz_long_codes_t long_values;
    sqz_long_codes_t long_flags;
    const uint8_t *next;  /* the byte that enters the window next */
    uint32_t window;      /* bits read from flash and not yet consumed, lowest first */
    int32_t window_bits;  /* how many; below 0 once a code word reached past the end */
    uint32_t bits_left;   /* of bit_count, not yet in the window */
    uint32_t block_flags; /* significance flags of the current block, not yet used */
    uint32_t block_left;  /* weights of the current block, not yet given out */
    sqz_status_t status;  /* the first error sticks; after it every weight is 0 */
} sqz_decoder_t;

/* Start at the first weight of FILTERS; build its lookup tables in TABLES (raw uses none).
 * Returns SQZ_ERR_BITSTREAM when the code itself is impossible (over-subscribed, or its counts
 * and symbol_count differ). */
sqz_status_t sqz_decoder_open(sqz_decoder_t *decoder, const sqz_filters_t *filters,
                              sqz_tables_t *tables);

/* Decode the next COUNT weights into OUT.
 * Returns the decoder's status; never reads outside of bits[(bit_count + 7) / 8]. */
sqz_status_t sqz_decoder_read(sqz_decoder_t *decoder, int8_t *out, uint32_t count);

#endif /* SQZ_HUFFMAN_H */
