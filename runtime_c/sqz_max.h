/* sqz_max.h - private: the larger of several bytes each, as many as the core does at once.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_MAX_H
#define SQZ_MAX_H

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_MVE) && !defined(SQZ_PORTABLE)

#include <arm_mve.h>

typedef uint8x16_t sqz_bytes_t;

static inline sqz_bytes_t sqz_bytes_load(const uint8_t *from)
{
    return vldrbq_u8(from);
}

static inline void sqz_bytes_store(uint8_t *to, sqz_bytes_t bytes)
{
    vstrbq_u8(to, bytes);
}

static inline sqz_bytes_t sqz_bytes_max(sqz_bytes_t a, sqz_bytes_t b)
{
    return vmaxq_u8(a, b);
}

#elif defined(__SSE2__) && !defined(SQZ_PORTABLE)

#include <emmintrin.h>

typedef __m128i sqz_bytes_t;

static inline sqz_bytes_t sqz_bytes_load(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)(const void *)from);
}

static inline void sqz_bytes_store(uint8_t *to, sqz_bytes_t bytes)
{
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
}

static inline sqz_bytes_t sqz_bytes_max(sqz_bytes_t a, sqz_bytes_t b)
{
    return _mm_max_epu8(a, b);
}

#else

typedef uint32_t sqz_bytes_t;

static inline sqz_bytes_t sqz_bytes_load(const uint8_t *from)
{
    sqz_bytes_t bytes;

    memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

static inline void sqz_bytes_store(uint8_t *to, sqz_bytes_t bytes)
{
    memcpy(to, &bytes, sizeof bytes);
}

#if defined(__ARM_FEATURE_DSP) && !defined(SQZ_PORTABLE)

#include <arm_acle.h>

static inline sqz_bytes_t sqz_bytes_max(sqz_bytes_t a, sqz_bytes_t b)
{
    (void)__usub8(a, b); /* sets a flag a byte where a >= b */
    return __sel(a, b);
}

#else

/* Where bytes of A are at least those of B. The highest bits are compared apart: without them, 128
 * plus a difference of two bytes borrows from no neighbour. */
static inline sqz_bytes_t sqz_bytes_max(sqz_bytes_t a, sqz_bytes_t b)
{
    const uint32_t high = 0x80808080u;
    const uint32_t low_at_least = ((a | high) - (b & ~high)) & high;
    const uint32_t at_least = (a & ~b & high) | (~(a ^ b) & low_at_least);
    const uint32_t mask = (at_least >> 7) * 0xffu;

    return (a & mask) | (b & ~mask);
}

#endif
#endif

#endif /* SQZ_MAX_H */
