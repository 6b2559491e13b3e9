/* memory.c - the four functions that a C compiler may call by itself, so that no libc is linked.
 *
 * Words are moved only where both ends are aligned: a Cortex-M0 faults on any other word access.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Otherwise the compiler sees a memcpy in these loops, and makes them calls of themselves. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

typedef uint32_t __attribute__((may_alias)) word_t;

static int words_apply(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & (sizeof(word_t) - 1u)) == 0u;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    if (words_apply(out, in)) {
        for (; count >= sizeof(word_t); count -= sizeof(word_t)) {
            *(word_t *)(void *)out = *(const word_t *)(const void *)in;
            out += sizeof(word_t);
            in += sizeof(word_t);
        }
    }
    for (; count > 0u; count--) {
        *out++ = *in++;
    }

    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    if ((uintptr_t)out - (uintptr_t)in >= count) { /* OUT does not begin inside of IN */
        for (; count > 0u; count--) {
            *out++ = *in++;
        }
    } else {
        while (count > 0u) {
            count--;
            out[count] = in[count];
        }
    }

    return to;
}

void *memset(void *to, int value, size_t count)
{
    uint8_t *out = to;
    const uint8_t byte = (uint8_t)value;
    const word_t word = byte * 0x01010101u;

    for (; count > 0u && !words_apply(out, out); count--) {
        *out++ = byte;
    }
    for (; count >= sizeof(word_t); count -= sizeof(word_t)) {
        *(word_t *)(void *)out = word;
        out += sizeof(word_t);
    }
    for (; count > 0u; count--) {
        *out++ = byte;
    }

    return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
    const uint8_t *left = a;
    const uint8_t *right = b;

    for (; count > 0u; count--) {
        if (*left != *right) {
            return *left < *right ? -1 : 1;
        }
        left++;
        right++;
    }

    return 0;
}
