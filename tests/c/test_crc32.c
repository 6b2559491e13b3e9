/* test_crc32.c - sqz_crc32 is the CRC-32 that everyone else computes.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <stdio.h>

#include "sqz_crc32.h"

static int failures = 0;

static void check(uint32_t expected, uint32_t actual, const char *claim)
{
    if (expected != actual) {
        printf("%s: expected %08lx, got %08lx\n", claim, (unsigned long)expected,
               (unsigned long)actual);
        failures++;
    }
}

int main(void)
{
    static const char digits[] = "123456789";
    uint8_t every[256];

    for (uint32_t i = 0; i < sizeof every; i++) {
        every[i] = (uint8_t)i;
    }
    check(0xcbf43926, sqz_crc32(0, digits, 9), "the check value of CRC-32/ISO-HDLC");
    check(0, sqz_crc32(0, digits, 0), "no bytes leave the start value");
    check(0x29058c73, sqz_crc32(0, every, 256), "all byte values in order");
    for (uint32_t cut = 0; cut <= 9; cut++) {
        const uint32_t head = sqz_crc32(0, digits, cut);
        check(0xcbf43926, sqz_crc32(head, digits + cut, 9 - cut), "chained at any place");
    }
    printf("test_crc32: %d failures\n", failures);
    return failures != 0;
}
