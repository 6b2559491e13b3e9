/* check.h - what the C tests share: a claim, and random numbers that are the same every time.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int failures = 0;
static uint32_t random_state = 1;

/* CLAIM holds when ACTUAL is EXPECTED; the first few that do not are printed. */
static inline void check_equal(int64_t expected, int64_t actual, const char *claim)
{
    if (expected != actual && failures++ < 10) {
        printf("%s: expected %lld, got %lld\n", claim, (long long)expected, (long long)actual);
    }
}

/* What main() returns. */
static inline int check_result(const char *program)
{
    printf("%s: %d failures\n", program, failures);
    return failures != 0;
}

/* Marsaglia's xorshift: 32 bits, never all 0. */
static inline uint32_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* One of LOW..HIGH, both included. */
static inline int32_t random_from(int32_t low, int32_t high)
{
    return low + (int32_t)(random_bits() % (uint32_t)(high - low + 1));
}

static inline int32_t random_int32(void)
{
    return (int32_t)(random_bits() ^ 0x80000000u);
}

/* BYTES of memory of its own, so that the sanitizer sees an access next to it; filled at random. */
static inline void *random_block(int32_t bytes)
{
    uint8_t *const block = malloc(bytes > 0 ? (size_t)bytes : 1);

    if (block == NULL) {
        abort();
    }
    for (int32_t i = 0; i < bytes; i++) {
        block[i] = (uint8_t)(random_bits() >> 8);
    }
    return block;
}

#endif /* CHECK_H */
