/* sqz_check.h - are the weights in flash the ones that were generated?
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_CHECK_H
#define SQZ_CHECK_H

#include "sqz_kernels.h"

/* CRC with every array of LAYER appended: bit stream, codes, biases, rescaling, tables. */
uint32_t sqz_crc_conv(uint32_t crc, const sqz_conv_t *layer);
uint32_t sqz_crc_lookup(uint32_t crc, const sqz_lookup_t *layer);

#endif /* SQZ_CHECK_H */
