/* test_move.c - sqz_move is memmove, however the two places overlap.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "check.h"
#include "sqz_kernels.h"

enum { BYTES = 40 };

static void check_move(uint32_t to, uint32_t from, uint32_t count)
{
    uint8_t expected[BYTES];
    uint8_t *const actual = random_block(BYTES);

    memcpy(expected, actual, BYTES);
    memmove(expected + to, expected + from, count);
    sqz_move(actual + to, actual + from, count);
    for (uint32_t i = 0; i < BYTES; i++) {
        check_equal(expected[i], actual[i], "byte");
    }
    free(actual);
}

int main(void)
{
    for (uint32_t to = 0; to <= BYTES; to++) {
        for (uint32_t from = 0; from <= BYTES; from++) {
            const uint32_t room = BYTES - (to > from ? to : from);

            for (uint32_t count = 0; count <= room; count++) {
                check_move(to, from, count);
            }
        }
    }
    return check_result("test_move");
}
