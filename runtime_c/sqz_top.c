/* sqz_top.c - the largest logits.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_kernels.h"

/* True when CANDIDATE ranks before INDEX. */
static int ranks_before(const int32_t *logits, int32_t candidate, int32_t index)
{
    if (logits[candidate] != logits[index]) {
        return logits[candidate] > logits[index];
    }
    return candidate < index;
}

void sqz_top(const int32_t *logits, int32_t logit_count, int32_t *best, int32_t count)
{
    for (int32_t rank = 0; rank < count; rank++) {
        int32_t found = -1;

        for (int32_t i = 0; i < logit_count; i++) {
            const int after_last = rank == 0 || ranks_before(logits, best[rank - 1], i);

            if (after_last && (found < 0 || ranks_before(logits, i, found))) {
                found = i;
            }
        }
        best[rank] = found;
    }
}
