/* stack.h - how deep the stack went. startup.c paints it before main(). */
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

/* Bytes of the stack, from its top to the deepest word that lost its paint. */
uint32_t stack_high_water(void);

/* Bytes that the linker script reserves for the stack, guard included. */
uint32_t stack_reserve(void);

/* 1 while the guard, the lowest STACK_GUARD_WORDS of the reserve, still has its paint. */
uint32_t stack_guard_intact(void);

#define STACK_GUARD_WORDS 8

#endif /* STACK_H */
