/* counter_nrf51_timer.c - instructions by TIMER0 of the nRF51 in QEMU.
 *
 * TIMER0 counts at 16 MHz. Under -icount shift=7 one instruction is 128 ns = 2.048 ticks, so 256
 * ticks are 125 instructions. Differences wrap after 2^32 ticks: 2 G instructions.
 */
#include "board_config.h"
#include "counter.h"
#include "registers.h"

#define TIMER_START (COUNTER_BASE + 0x000u)
#define TIMER_CLEAR (COUNTER_BASE + 0x00cu)
#define TIMER_CAPTURE0 (COUNTER_BASE + 0x040u)
#define TIMER_BITMODE (COUNTER_BASE + 0x508u)
#define TIMER_PRESCALER (COUNTER_BASE + 0x510u)
#define TIMER_CC0 (COUNTER_BASE + 0x540u)

#define BITMODE_32 3u
#define TICKS_A_ROUND 256u
#define INSTRUCTIONS_A_ROUND 125u

void counter_open(void)
{
    REGISTER(TIMER_BITMODE) = BITMODE_32;
    REGISTER(TIMER_PRESCALER) = 0u;
    REGISTER(TIMER_CLEAR) = 1u;
    REGISTER(TIMER_START) = 1u;
}

uint64_t counter_ticks(void)
{
    REGISTER(TIMER_CAPTURE0) = 1u;

    return REGISTER(TIMER_CC0);
}

uint64_t counter_units(uint64_t ticks)
{
    return (ticks * INSTRUCTIONS_A_ROUND + TICKS_A_ROUND / 2u) / TICKS_A_ROUND;
}
