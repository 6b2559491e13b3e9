/* startup.c - vector table, reset and faults for any Cortex-M.
 *
 * The stack lies at the low end of RAM (sections.ld): what overflows first loses its paint in the
 * guard, then leaves RAM and faults, and never reaches the network's data. Fault handlers begin
 * by taking a fresh stack, so they can report that as well.
 */
#include <stdint.h>

#include "board_exit.h"
#include "console.h"
#include "print.h"
#include "registers.h"
#include "stack.h"

#define STACK_PAINT 0xc5c5c5c5u
#define CPACR 0xe000ed88u /* coprocessor access control */
#define CFSR 0xe000ed28u  /* configurable fault status; reads 0 on a Cortex-M0 */
#define CP10_CP11_FULL (0xfu << 20)

enum { FRAME_PC = 6, FRAME_WORDS = 8, EXIT_FAULT = 3 };

/* From sections.ld. */
extern uint32_t stack_limit[], stack_top[];
extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_load[];

int main(void);
void reset_handler(void);
void fault_handler(void);
void fault_report(const uint32_t *frame, uint32_t exception);
void systick_handler(void);

typedef void (*handler_t)(void);
typedef union {
    uint32_t *stack;
    handler_t handler;
} vector_t;

/* The 16 vectors of the architecture; firmware enables no interrupt of a peripheral. */
__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    {.stack = stack_top},         {.handler = reset_handler}, {.handler = fault_handler},
    {.handler = fault_handler},   {.handler = fault_handler}, {.handler = fault_handler},
    {.handler = fault_handler},   {.handler = fault_handler}, {.handler = fault_handler},
    {.handler = fault_handler},   {.handler = fault_handler}, {.handler = fault_handler},
    {.handler = fault_handler},   {.handler = fault_handler}, {.handler = fault_handler},
    {.handler = systick_handler},
};

/* Counters that use SysTick replace this. */
void systick_handler(void) __attribute__((weak, alias("fault_handler")));

static void paint_stack(void)
{
    uint32_t *here;

    __asm__ volatile("mov %0, sp" : "=r"(here));
    for (volatile uint32_t *word = stack_limit; word < here; word++) {
        *word = STACK_PAINT;
    }
}

/* Own function: the loops may use registers of the FPU or of MVE, which reset_handler enables. */
__attribute__((noinline, noreturn)) static void start(void)
{
    const uint32_t *from = data_load;

    for (uint32_t *to = data_start; to < data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end; to++) {
        *to = 0u;
    }
    paint_stack();
    board_exit(main());
}

void reset_handler(void)
{
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    REGISTER(CPACR) |= CP10_CP11_FULL;
    __asm__ volatile("dsb\n\tisb" : : : "memory");
#endif
    start();
}

__attribute__((naked)) void fault_handler(void)
{
    __asm__ volatile("mrs r0, msp\n\t"
                     "mrs r1, ipsr\n\t"
                     "ldr r2, =stack_top\n\t"
                     "msr msp, r2\n\t"
                     "ldr r2, =fault_report\n\t"
                     "bx r2\n\t"
                     ".ltorg");
}

/* Say what happened, and end. FRAME is what the core pushed; a broken stack is not read. The
 * console is opened again: the fault may have come first. */
__attribute__((used, noreturn)) void fault_report(const uint32_t *frame, uint32_t exception)
{
    console_open();
    print_text("\nfault");
    print_field("exception", exception);
    print_text(" pc ");
    if (frame >= stack_limit && frame + FRAME_WORDS <= stack_top) {
        print_hex(frame[FRAME_PC]);
    } else {
        print_text("lost");
    }
    print_text(" cfsr ");
    print_hex(REGISTER(CFSR));
    print_text("\nverdict fault\n");
    console_flush();
    board_exit(EXIT_FAULT);
}

uint32_t stack_reserve(void)
{
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)stack_limit);
}

uint32_t stack_high_water(void)
{
    const volatile uint32_t *word = stack_limit;

    while (word < stack_top && *word == STACK_PAINT) {
        word++;
    }

    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)word);
}

uint32_t stack_guard_intact(void)
{
    const volatile uint32_t *guard = stack_limit;

    for (uint32_t i = 0u; i < STACK_GUARD_WORDS; i++) {
        if (guard[i] != STACK_PAINT) {
            return 0u;
        }
    }

    return 1u;
}
