/* exit_semihosting.c - end QEMU with an exit code. Never on a real board: without a debugger the
 * breakpoint is a fault.
 */
#include "board_exit.h"

#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT 0x20026u

void board_exit(int32_t code)
{
    const uint32_t reason[2] = {APPLICATION_EXIT, (uint32_t)code};
    register uint32_t operation __asm__("r0") = SYS_EXIT_EXTENDED;
    register const uint32_t *argument __asm__("r1") = reason;

    __asm__ volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
    for (;;) {
    }
}
