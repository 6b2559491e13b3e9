/* reset.c - a test program of tests/c on a core in QEMU, with newlib and semihosting.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <stddef.h>
#include <stdint.h>

#define CPACR 0xe000ed88 /* coprocessor access control */
#define CP10_CP11_FULL (0xfu << 20)
#define SYS_EXIT 0x18
#define RUN_TIME_ERROR 0x20023

typedef void (*handler_t)(void);

extern char heap_begin[], heap_end[]; /* sections.ld */
void _start(void);                    /* newlib: main, then exit with its result */
void reset_handler(void);
void fault_handler(void);
void *_sbrk(ptrdiff_t bytes);

__attribute__((section(".vectors"), used)) static const handler_t vectors[16] = {
    (handler_t)(uintptr_t)heap_end, reset_handler, fault_handler, fault_handler, fault_handler,
    fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
    fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
};

/* Newlib asks the debugger where the heap ends, and QEMU's answer is not this board's. */
void *_sbrk(ptrdiff_t bytes)
{
    static char *end = heap_begin;
    char *const begin = end;

    if (bytes > heap_end - end) {
        return (void *)-1;
    }
    end += bytes;
    return begin;
}

__attribute__((naked)) void fault_handler(void)
{
    __asm__ volatile("mov r0, %0\n\tldr r1, =%1\n\tbkpt 0xab\n\tb .\n\t.ltorg"
                     :
                     : "i"(SYS_EXIT), "i"(RUN_TIME_ERROR));
}

/* Naked: with vectors, nothing may come before the coprocessors are on. */
__attribute__((naked)) void reset_handler(void)
{
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    __asm__ volatile("ldr r0, =%0\n\tldr r1, [r0]\n\torr r1, %1\n\tstr r1, [r0]\n\tdsb\n\tisb"
                     :
                     : "i"(CPACR), "i"(CP10_CP11_FULL));
#endif
    __asm__ volatile("b _start\n\t.ltorg");
}
