/* sqz_move.c - move a map inside the arena.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_kernels.h"

/* memmove in pieces that do not overlap, since memcpy is all that the library asks of libc. */
void sqz_move(uint8_t *to, const uint8_t *from, uint32_t count)
{
    const uint32_t up = (uint32_t)(to - from);
    const uint32_t distance = to > from ? up : 0u - up;
    uint32_t left = count;

    if (distance == 0) {
        return;
    }
    while (left > 0) {
        const uint32_t piece = left < distance ? left : distance;
        const uint32_t at = to > from ? left - piece : count - left;

        memcpy(to + at, from + at, piece);
        left -= piece;
    }
}
