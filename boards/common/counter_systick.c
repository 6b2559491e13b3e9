/* counter_systick.c - cycles by the core's SysTick, on any Cortex-M that has it.
 *
 * SysTick counts down 24 bits; its interrupt, once in 16.7 M cycles, counts the rounds and adds
 * about 30 cycles each time.
 */
#include "counter.h"
#include "registers.h"

#define SYST_CSR 0xe000e010u
#define SYST_RVR 0xe000e014u
#define SYST_CVR 0xe000e018u

#define CSR_ENABLE 1u
#define CSR_INTERRUPT 2u
#define CSR_CORE_CLOCK 4u
#define ROUND 0x1000000u

static volatile uint32_t rounds;

void systick_handler(void);

void systick_handler(void)
{
    rounds++;
}

void counter_open(void)
{
    rounds = 0u;
    REGISTER(SYST_RVR) = ROUND - 1u;
    REGISTER(SYST_CVR) = 0u;
    REGISTER(SYST_CSR) = CSR_ENABLE | CSR_INTERRUPT | CSR_CORE_CLOCK;
}

uint64_t counter_ticks(void)
{
    uint32_t before;
    uint32_t left;

    do {
        before = rounds;
        left = REGISTER(SYST_CVR);
    } while (before != rounds);

    return (uint64_t)before * ROUND + (ROUND - 1u - left);
}

uint64_t counter_units(uint64_t ticks)
{
    return ticks;
}
