/* sqz_nonzeros.h - private: the engine for pruned filters that skips weights of 0.
 *
 * A tile holds one list a filter, all words: how many entries, then weight, lifted, << 16 |
 * 16 * (k + 1) for each weight that is not 0. Eight pixels' sums stay in registers through the whole list. Scratch
 * (ir/lists.py): the lists in TILE; in WINDOW padding and rows, as sqz_block.h says.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_NONZEROS_H
#define SQZ_NONZEROS_H

#define SQZ_LANES_WIDE
#include "sqz_outputs.h"

/* Finish OUT by a LIST whose rows lie two rows behind BEFORE. Returns where the next filter's list
 * begins. */
typedef const sqz_word_t *sqz_nonzeros_add_t(const sqz_word_t *list, const uint8_t *before,
                                             const sqz_outputs_t *out);

/* The one with as many sums as COUNT pixels need. */
sqz_nonzeros_add_t *sqz_nonzeros_adder(int32_t count);

#endif /* SQZ_NONZEROS_H */
