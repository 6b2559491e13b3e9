/* sqz_crc32.c - CRC-32 by half bytes: a table of 64 B instead of 1 KB.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_crc32.h"

/* Remainder of each half byte under the reflected polynomial 0xedb88320. */
static const uint32_t remainders[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
    0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t sqz_crc32(uint32_t crc, const void *data, uint32_t bytes)
{
    const uint8_t *const from = data;

    crc = ~crc;
    for (uint32_t i = 0; i < bytes; i++) {
        crc ^= from[i];
        crc = (crc >> 4) ^ remainders[crc & 15];
        crc = (crc >> 4) ^ remainders[crc & 15];
    }
    return ~crc;
}
