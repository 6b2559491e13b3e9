/* sqz_crc32.h - are the weights in flash the ones that were generated?
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_CRC32_H
#define SQZ_CRC32_H

#include <stdint.h>

/* CRC-32 (IEEE 802.3, reflected) of BYTES of DATA, continuing from CRC; 0 starts.
 * Chains as zlib's crc32() does: crc(ab) == sqz_crc32(crc(a), b). */
uint32_t sqz_crc32(uint32_t crc, const void *data, uint32_t bytes);

#endif /* SQZ_CRC32_H */
