/* sqz_dot.c - private: what inner loops are not to know before they run.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_dot.h"

const uint32_t sqz_even_bytes = 0x00ff00ffu;
