/* sqz_max4.h - private: the larger of four bytes each.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_MAX4_H
#define SQZ_MAX4_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && !defined(SQZ_PORTABLE)

#include <arm_acle.h>

static inline uint32_t sqz_max4(uint32_t a, uint32_t b)
{
    (void)__usub8(a, b); /* sets a flag a byte where a >= b */
    return __sel(a, b);
}

#else

/* Where bytes of A are at least those of B. The highest bits are compared apart: without them, 128
 * plus a difference of two bytes borrows from no neighbour. */
static inline uint32_t sqz_max4(uint32_t a, uint32_t b)
{
    const uint32_t high = 0x80808080u;
    const uint32_t low_at_least = ((a | high) - (b & ~high)) & high;
    const uint32_t at_least = (a & ~b & high) | (~(a ^ b) & low_at_least);
    const uint32_t mask = (at_least >> 7) * 0xffu;

    return (a & mask) | (b & ~mask);
}

#endif

#endif /* SQZ_MAX4_H */
