/* sqz_values.h - private: the engine for pruned filters that share a few weights.
 *
 * For each non-zero value of a filter: add up the inputs at its positions, then multiply once. A
 * tile holds one LIST a filter: RUNS of positions with equal weights, each COUNT, the
 * weight, lifted, and COUNT times 16 * (k + 1), all 16 bits; then 0. The inputs of a block of neighbouring
 * pixels lie in rows, one for each k (sqz_lanes.h).
 *
 * Scratch (ir/lists.py): the tile's lists in TILE; in WINDOW padding, a byte a channel of the
 * input and at least two rows, and the rows; RUNS for the sums of the longest list's runs. While lists are
 * read, WINDOW holds chains (sqz_values_read.c).
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_VALUES_H
#define SQZ_VALUES_H

#include "sqz_lanes.h"
#include "sqz_outputs.h"

enum { SQZ_SUMS_BYTES = 36 }; /* of one run in work->runs: 8 sums, and its value */

/* Decode the filters of TILE into lists. Weights that do not fit are not those that the compiler
 * saw: SQZ_ERR_BITSTREAM, and 0 in their place. */
void sqz_values_read(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work);

/* Compute row ROW of TILE's filters into STRIP. */
void sqz_values_strip(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip);

/* A filter's list on a block, whose rows lie two rows behind BEFORE: the sums of each run and its value
 * to SUMS, then value 0. Returns where the next filter's list begins. */
typedef const sqz_half_t *sqz_values_add_t(const sqz_half_t *list, const uint8_t *before,
                                           sqz_word_t *sums);

/* The one with as many sums as PIXELS of a block need. */
sqz_values_add_t *sqz_values_adder(int32_t pixels);

/* Finish OUT, at most SQZ_OUTPUTS pixels, from the SUMS of those from PIXEL on. */
void sqz_values_multiply(const sqz_word_t *sums, int32_t pixel, const sqz_outputs_t *out);

#endif /* SQZ_VALUES_H */
