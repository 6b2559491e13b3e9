/* sqz_dot_sse2.h - private: the inner product on every x86-64, with SSE2.
 *
 * PMADDWD multiplies eight pairs of int16 and adds neighbouring products: a sum of four filters on
 * two pixels is eight vectors of four parts each, which are added up at the end. Window: int16
 * [k / 8][2 pixels][8]. Group: int16 [k / 8][4 filters][8]. K is rounded up to 4, and if that is
 * no multiple of 8, four take the place of the last eight; weights there are 0, inputs there are
 * void. Nothing need be aligned.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_DOT_SSE2_H
#define SQZ_DOT_SSE2_H

#include <emmintrin.h>

#define SQZ_HAS_PAIRS 0

enum { SQZ_LANES = 8 }; /* runs of multiples of so many bytes go into a window as they are */

typedef __m128i sqz_four_t; /* sums of four filters */

SQZ_INLINE __m128i sqz_vector_load16(const void *from)
{
    return _mm_loadu_si128((const __m128i *)from);
}

SQZ_INLINE __m128i sqz_vector_load8(const void *from)
{
    return _mm_loadl_epi64((const __m128i *)from);
}

SQZ_INLINE __m128i sqz_vector_load4(const void *from)
{
    int32_t four;

    memcpy(&four, from, sizeof four);
    return _mm_cvtsi32_si128(four);
}

SQZ_INLINE void sqz_vector_store16(void *to, __m128i value)
{
    _mm_storeu_si128((__m128i *)to, value);
}

SQZ_INLINE void sqz_vector_store8(void *to, __m128i value)
{
    _mm_storel_epi64((__m128i *)to, value);
}

SQZ_INLINE void sqz_vector_store4(void *to, __m128i value)
{
    const int32_t four = _mm_cvtsi128_si32(value);

    memcpy(to, &four, sizeof four);
}

SQZ_INLINE void sqz_four_load(sqz_four_t *four, const int32_t *from)
{
    *four = sqz_vector_load16(from);
}

SQZ_INLINE void sqz_four_store(int32_t *to, sqz_four_t four)
{
    sqz_vector_store16(to, four);
}

/* Bytes as int16. */
SQZ_INLINE __m128i sqz_widened(__m128i bytes)
{
    return _mm_unpacklo_epi8(bytes, _mm_setzero_si128());
}

SQZ_INLINE void sqz_four_add_bytes(sqz_four_t *four, const uint8_t *from)
{
    const __m128i halves = sqz_widened(sqz_vector_load4(from));

    *four = _mm_add_epi32(*four, _mm_unpacklo_epi16(halves, _mm_setzero_si128()));
}

SQZ_INLINE int32_t sqz_lane_bytes(int32_t k)
{
    return 2 * ((k + 3) & ~3);
}

/* Weights come lifted out of the decoder, so that sums are, too, and begin with the bias. */
typedef int16_t sqz_weight_t;

SQZ_INLINE sqz_status_t sqz_read_weights(sqz_decoder_t *decoder, sqz_weight_t *out, int32_t count,
                                         int32_t lift)
{
    return sqz_decoder_read16(decoder, out, (uint32_t)count, (uint32_t)lift);
}

/* What weights that were read are still to be lifted by. */
SQZ_INLINE int32_t sqz_lift_left(int32_t lift)
{
    (void)lift;
    return 0;
}

SQZ_INLINE int32_t sqz_first_sum(int32_t bias)
{
    return bias;
}

SQZ_INLINE int32_t sqz_accumulated(int32_t sum, int32_t bias, int32_t lift)
{
    (void)bias;
    (void)lift;
    return sum;
}

/* Filter FILTER (0..3) of GROUP gets its K WEIGHTS; those that round them up are set to 0. */
SQZ_INLINE void sqz_group_pack(uint8_t *group, int32_t filter, sqz_weight_t *weights, int32_t k)
{
    uint8_t *to = group + 16 * filter;

    for (; k > 4; k -= 8, weights += 8, to += 16 * SQZ_GROUP) {
        for (int32_t i = k; i < 8; i++) {
            weights[i] = 0;
        }
        sqz_vector_store16(to, sqz_vector_load16(weights));
    }
    if (k > 0) {
        for (int32_t i = k; i < 4; i++) {
            weights[i] = 0;
        }
        sqz_vector_store8(to - 8 * filter, sqz_vector_load8(weights));
    }
}

/* Values [at, at + count) of pixel SLOT (0, 1) are those FROM on; AT is a multiple of 8, and so is
 * COUNT unless they are the last. It is rounded up to 4. */
SQZ_INLINE void sqz_window_put(uint8_t *window, int32_t slot, int32_t at, const uint8_t *from,
                                  int32_t count)
{
    uint8_t *to = window + 4 * at + 16 * slot;

    for (; count >= 16; count -= 16, from += 16, to += 64) {
        const __m128i values = sqz_vector_load16(from);

        sqz_vector_store16(to, sqz_widened(values));
        sqz_vector_store16(to + 32, _mm_unpackhi_epi8(values, _mm_setzero_si128()));
    }
    if (count >= 8) {
        sqz_vector_store16(to, sqz_widened(sqz_vector_load8(from)));
        count -= 8;
        from += 8;
        to += 32;
    }
    if (count > 4) {
        const __m128i first = sqz_vector_load4(from);
        const __m128i second = sqz_vector_load4(from + 4);

        sqz_vector_store16(to, sqz_widened(_mm_unpacklo_epi32(first, second)));
    } else if (count > 0) {
        sqz_vector_store8(to - 8 * slot, sqz_widened(sqz_vector_load4(from)));
    }
}

/* Values [at, at + count) of pixel SLOT are all VALUE; both are multiples of 8. */
SQZ_INLINE void sqz_window_fill(uint8_t *window, int32_t slot, int32_t at, uint8_t value,
                                   int32_t count)
{
    uint8_t *to = window + 4 * at + 16 * slot;

    for (; count > 0; count -= 8, to += 32) {
        sqz_vector_store16(to, _mm_set1_epi16(value));
    }
}

/* The four sums over all parts of four vectors. */
SQZ_INLINE __m128i sqz_added_up(__m128i a, __m128i b, __m128i c, __m128i d)
{
    const __m128i ab = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    const __m128i cd = _mm_add_epi32(_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));

    return _mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd));
}

/* Products of the values of each pixel that LOAD gives with those of four filters, which are BYTES
 * apart. */
#define SQZ_DOT_LOADED(LOAD, bytes)                                      \
    do {                                                                 \
        const __m128i a = LOAD(window);                                  \
        const __m128i b = LOAD(window + (bytes));                        \
        const __m128i w0 = LOAD(group);                                  \
        a0 = _mm_add_epi32(a0, _mm_madd_epi16(a, w0));                   \
        b0 = _mm_add_epi32(b0, _mm_madd_epi16(b, w0));                   \
        const __m128i w1 = LOAD(group + (bytes));                        \
        a1 = _mm_add_epi32(a1, _mm_madd_epi16(a, w1));                   \
        b1 = _mm_add_epi32(b1, _mm_madd_epi16(b, w1));                   \
        const __m128i w2 = LOAD(group + 2 * (bytes));                    \
        a2 = _mm_add_epi32(a2, _mm_madd_epi16(a, w2));                   \
        b2 = _mm_add_epi32(b2, _mm_madd_epi16(b, w2));                   \
        const __m128i w3 = LOAD(group + 3 * (bytes));                    \
        a3 = _mm_add_epi32(a3, _mm_madd_epi16(a, w3));                   \
        b3 = _mm_add_epi32(b3, _mm_madd_epi16(b, w3));                   \
    } while (0)

/* Add WINDOW times GROUP to ACC, pixel by filter; sums wrap. Give what follows GROUP. */
SQZ_INLINE const uint8_t *sqz_dot(const uint8_t *window, const uint8_t *group, int32_t k,
                                  sqz_four_t acc[2])
{
    const int32_t rounded = (k + 3) & ~3;
    const uint8_t *const end = window + 4 * (rounded & ~7);
    __m128i a0 = _mm_setzero_si128();
    __m128i a1 = a0;
    __m128i a2 = a0;
    __m128i a3 = a0;
    __m128i b0 = a0;
    __m128i b1 = a0;
    __m128i b2 = a0;
    __m128i b3 = a0;

    for (; window != end; window += 32, group += 16 * SQZ_GROUP) {
        SQZ_DOT_LOADED(sqz_vector_load16, 16);
    }
    if (rounded & 4) {
        SQZ_DOT_LOADED(sqz_vector_load8, 8);
        group += 8 * SQZ_GROUP;
    }
    acc[0] = _mm_add_epi32(acc[0], sqz_added_up(a0, a1, a2, a3));
    acc[1] = _mm_add_epi32(acc[1], sqz_added_up(b0, b1, b2, b3));
    return group;
}

/* (acc * factor) >> (32 + SQZ_REQUANTIZE_SHIFT) of the even lanes, for acc >= 0: below 2^20, and
 * zeros in the odd ones. */
SQZ_INLINE __m128i sqz_scaled_even(__m128i acc, __m128i factor)
{
    return _mm_srli_epi64(_mm_mul_epu32(acc, factor), 32 + SQZ_REQUANTIZE_SHIFT);
}

/* Negative sums become 0, as their outputs would: PMULUDQ knows no sign. */
SQZ_INLINE __m128i sqz_positive(__m128i acc)
{
    return _mm_andnot_si128(_mm_srai_epi32(acc, 31), acc);
}

/* Eight sums by form FIXED: the bytes of the first pixel, then those of the second. */
SQZ_INLINE __m128i sqz_rescale8(const sqz_four_t acc[2], __m128i factor, uint8_t low)
{
    const __m128i odd_factor = _mm_srli_epi64(factor, 32);
    const __m128i a = sqz_positive(acc[0]);
    const __m128i b = sqz_positive(acc[1]);
    const __m128i even = _mm_packs_epi32(sqz_scaled_even(a, factor), sqz_scaled_even(b, factor));
    const __m128i odd = _mm_packs_epi32(sqz_scaled_even(_mm_srli_epi64(a, 32), odd_factor),
                                        sqz_scaled_even(_mm_srli_epi64(b, 32), odd_factor));
    const __m128i halves = _mm_or_si128(even, _mm_slli_epi32(odd, 16));

    return _mm_adds_epu8(_mm_packus_epi16(halves, halves), _mm_set1_epi8((char)low));
}

/* Rescale complete SUMS of four filters to OUT. */
SQZ_INLINE void sqz_sums_fixed(const int32_t *sums, const sqz_fixed_t *fixed, uint8_t *out)
{
    const uint32_t four = sqz_rescale4(sums, fixed->factor, fixed->low);

    memcpy(out, &four, sizeof four);
}

/* Rescale WINDOW times GROUP to OUT and, of the second pixel, to SECOND behind it; where there is
 * none SECOND is 0, and its outputs are overwritten. Give what follows GROUP. */
SQZ_INLINE const uint8_t *sqz_dot_fixed(const uint8_t *window, const uint8_t *group,
                                        const sqz_fixed_t *fixed, uint8_t *out, int32_t second)
{
    const __m128i bias = sqz_vector_load16(fixed->bias);
    sqz_four_t acc[2] = {bias, bias};

    group = sqz_dot(window, group, fixed->k, acc);
    const __m128i bytes = sqz_rescale8(acc, sqz_vector_load16(fixed->factor), fixed->low);

    sqz_vector_store4(out + second, _mm_srli_si128(bytes, 4));
    sqz_vector_store4(out, bytes);
    return group;
}

#endif /* SQZ_DOT_SSE2_H */
