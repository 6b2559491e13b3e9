/* sqz_huffman.h - compressed weights to int8 or int16, a few at a time.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_HUFFMAN_H
#define SQZ_HUFFMAN_H

#include "sqz_types.h"

/* Codes of up to this many bits are one table lookup; longer ones are searched by length. */
#define SQZ_DENSE_BITS 9
#define SQZ_BLOCK_BITS 8
#define SQZ_LONG_LENGTHS (15 - SQZ_BLOCK_BITS)

/* Lookup tables of one layer, built when its decoder opens; kept in the caller's scratch.
 * An entry is (code length << 8) | symbol, found by the next 8 or 9 bits of the stream. Length
 * 31: the code is longer or invalid, and the lower byte is the first 8 bits as a code word. */
typedef union {
    uint16_t dense[1 << SQZ_DENSE_BITS];
    struct {
        uint16_t values[1 << SQZ_BLOCK_BITS];
        uint16_t flags[1 << SQZ_BLOCK_BITS];
    } block;
} sqz_tables_t;

/* The code words longer than SQZ_BLOCK_BITS, by length, shortest first: the least number of 15
 * bits that begins with none of this length or less; and what, added to a code word, is the
 * place of its symbol in symbols[]. */
typedef struct {
    const uint8_t *symbols;
    uint16_t limits[SQZ_LONG_LENGTHS];
    int16_t places[SQZ_LONG_LENGTHS];
} sqz_long_codes_t;

/* A place in a weight stream. Members are private. */
typedef struct {
    const sqz_filters_t *filters;
    const sqz_tables_t *tables;
    uint32_t position;    /* of the next bit; at most bit_count */
    uint32_t block_flags; /* significance flags of the current block, not yet used */
    uint32_t block_left;  /* weights of the current block, not yet given out */
    sqz_status_t status;  /* the first error sticks; after it every weight is 0 */
    sqz_long_codes_t long_values;
    sqz_long_codes_t long_flags;
} sqz_decoder_t;

/* Start at the first weight of FILTERS; build its lookup tables in TABLES (raw uses none).
 * Returns SQZ_ERR_BITSTREAM when the code itself is impossible (over-subscribed, or its counts
 * and symbol_count differ). */
sqz_status_t sqz_decoder_open(sqz_decoder_t *decoder, const sqz_filters_t *filters,
                              sqz_tables_t *tables);

/* Decode the next COUNT weights into OUT.
 * Returns the decoder's status; never reads outside of bits[(bit_count + 7) / 8]. */
sqz_status_t sqz_decoder_read(sqz_decoder_t *decoder, int8_t *out, uint32_t count);

/* The same weights, each times 2^SHIFT, SHIFT in 0..8. */
sqz_status_t sqz_decoder_read16(sqz_decoder_t *decoder, int16_t *out, uint32_t count,
                                uint32_t shift);

#endif /* SQZ_HUFFMAN_H */
