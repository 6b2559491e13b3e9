/* string.h - all of it that freestanding firmware has; memory.c holds the code.
 *
 * gcc brings stdint.h and stddef.h itself, so with this file no C library is needed at all.
 */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *a, const void *b, size_t count);

#endif /* STRING_H */
