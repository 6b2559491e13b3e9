/* counter_stm32_timers.c - instructions by TIM2 of an STM32F4 in QEMU.
 *
 * QEMU clocks timers at 1 GHz. Under -icount shift=7 one instruction is 128 ns, so a prescaler
 * of 127 makes TIM2 count instructions. It wraps after 2^32; TIM5, 512 times slower, tells how
 * often it did.
 */
#include "board_config.h"
#include "counter.h"
#include "registers.h"

#define TIMER_CR1 0x00u
#define TIMER_EGR 0x14u
#define TIMER_CNT 0x24u
#define TIMER_PSC 0x28u
#define TIMER_ARR 0x2cu
#define CR1_ENABLE 1u
#define EGR_UPDATE 1u /* load the prescaler now */

#define SLOW_INSTRUCTIONS 512u

static void start(uint32_t base, uint32_t prescaler)
{
    REGISTER(base + TIMER_PSC) = prescaler;
    REGISTER(base + TIMER_ARR) = 0xffffffffu;
    REGISTER(base + TIMER_EGR) = EGR_UPDATE;
    REGISTER(base + TIMER_CR1) = CR1_ENABLE;
}

void counter_open(void)
{
    start(COUNTER_FAST_BASE, 128u - 1u);
    start(COUNTER_SLOW_BASE, SLOW_INSTRUCTIONS * 128u - 1u);
}

/* FAST is exact modulo 2^32, SLOW within a few hundred: the nearest number that fits both. */
uint64_t counter_ticks(void)
{
    const uint32_t fast = REGISTER(COUNTER_FAST_BASE + TIMER_CNT);
    const uint64_t slow = (uint64_t)REGISTER(COUNTER_SLOW_BASE + TIMER_CNT) * SLOW_INSTRUCTIONS;
    const int32_t off = (int32_t)(fast - (uint32_t)slow);

    return (uint64_t)((int64_t)slow + off);
}

uint64_t counter_units(uint64_t ticks)
{
    return ticks;
}
