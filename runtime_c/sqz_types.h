/* sqz_types.h - status, layer descriptors and conventions of the sqz2c runtime.
 *
 * Conventions, said once: activations are uint8 [height, width, channels], channels last;
 * weights are int8; accumulators are int32; intervals are half open; sizes are bytes unless the
 * name says otherwise. A "row" is one line of pixels. A buffer holds HELD rows as a ring: row r
 * lies at (r mod HELD) * row_bytes. A whole map is the ring that holds all of its rows.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_TYPES_H
#define SQZ_TYPES_H

#include <stdint.h>

/* Generated code names the version it was made for and refuses any other. */
#define SQZ_RUNTIME_ABI 3

/* Fails to compile (negative array size) unless CONDITION holds; declares no object. C99 has no
 * _Static_assert. */
#define SQZ_STATIC_ASSERT(condition) \
    extern const char sqz_static_assert[(condition) ? 1 : -1]

typedef int32_t sqz_status_t;
enum {
    SQZ_OK = 0,
    SQZ_ERR_BITSTREAM = -1, /* a weight stream ended early or holds an invalid code */
    SQZ_ERR_CRC = -2,       /* weights in flash are not the ones that were generated */
    SQZ_ERR_ORDER = -3,     /* rows were pushed, or finished, without a begin */
    SQZ_ERR_ROWS = -4,      /* more rows than the image has, or finished with fewer */
};

enum { SQZ_CODING_DENSE = 0, SQZ_CODING_BLOCK = 1, SQZ_CODING_RAW = 2 };
enum { SQZ_MAX_CODE_LENGTH = 15 };

/* A canonical Huffman code: counts[n] codes of n bits, given to symbols[] in that order. */
typedef struct {
    const uint16_t *counts;  /* [SQZ_MAX_CODE_LENGTH + 1], counts[0] == 0 */
    const uint8_t *symbols;  /* [symbol_count] */
    uint16_t symbol_count;   /* 0..256 */
} sqz_code_t;

/* The compressed weights of one layer. */
typedef struct {
    const uint8_t *bits;     /* [(bit_count + 7) / 8], least significant bit first */
    uint32_t bit_count;
    uint8_t coding;          /* SQZ_CODING_... */
    sqz_code_t values;       /* dense, block: int8 values as bytes */
    sqz_code_t flags;        /* block: significance flags of 8 weights, weight k is bit k */
} sqz_filters_t;

/* Build everything with -DSQZ_TRACE and define these functions to see each layer as it is computed
 * (to compare it, draw it, feed a watchdog); without it, tracing costs nothing.
 *
 * DATA is output rows [first_row, first_row + rows) of LAYER (an index into the enum of the
 * generated header), channels [first_channel, first_channel + channels): pixel p of the
 * rows * width pixels, channel c, is data[p * stride + c]. Valid during the call only.
 * sqz_trace_turn is called after each turn of a step, when only what later turns need must stay
 * in the ARENA. */
#ifdef SQZ_TRACE
void sqz_trace(int32_t layer, int32_t first_row, int32_t rows, int32_t first_channel,
               int32_t channels, int32_t stride, const uint8_t *data);
void sqz_trace_turn(uint8_t *arena);
#else
#define sqz_trace(layer, first_row, rows, first_channel, channels, stride, data) ((void)0)
#define sqz_trace_turn(arena) ((void)0)
#endif

/* Build everything with -DSQZ_PROFILE and define these functions to learn where time goes; without
 * it, they cost nothing. sqz_profile says that from now on work belongs to PHASE of LAYER: at each
 * tile and row, never inside of an inner loop. sqz_profile_requantizer says how LAYER rescales
 * (a const sqz_requantizer_t *). */
enum {
    SQZ_PHASE_DECODE = 0,   /* tables and tiles of weights */
    SQZ_PHASE_CONVOLVE = 1, /* products, rescaling included */
    SQZ_PHASE_POOL = 2,     /* maxima and averages */
    SQZ_PHASE_OTHER = 3,    /* between kernels; pixel tables */
    SQZ_PHASES = 4,
};
#ifdef SQZ_PROFILE
void sqz_profile(int32_t layer, int32_t phase);
void sqz_profile_requantizer(int32_t layer, const void *requantizer);
#else
#define sqz_profile(layer, phase) ((void)0)
#define sqz_profile_requantizer(layer, requantizer) ((void)0)
#endif

#endif /* SQZ_TYPES_H */
