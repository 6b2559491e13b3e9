/* counter_fpgaio.c - instructions by the FPGAIO counter of MPS2 and MPS3 boards in QEMU.
 *
 * PSCNTR counts down from PRESCALE at COUNTER_CLOCK_HZ, COUNTER counts its rounds. Under
 * -icount shift=7 one instruction is 128 ns, which is 3.2 ticks at 25 MHz and 2.56 at 20 MHz, so
 * a difference rounded to instructions is exact. It wraps after 2^44 ticks: 5 T instructions.
 */
#include "board_config.h"
#include "counter.h"
#include "registers.h"

#define FPGAIO_COUNTER (COUNTER_BASE + 0x18u)
#define FPGAIO_PRESCALE (COUNTER_BASE + 0x1cu)
#define FPGAIO_PSCNTR (COUNTER_BASE + 0x20u)

#define ROUND_BITS 12u
#define ROUND (1u << ROUND_BITS)
#define INSTRUCTIONS_A_SECOND 7812500u

void counter_open(void)
{
    REGISTER(FPGAIO_PRESCALE) = ROUND - 1u;
    REGISTER(FPGAIO_PSCNTR) = ROUND - 1u;
    REGISTER(FPGAIO_COUNTER) = 0u;
}

/* Between the two reads of COUNTER a round may end: the early one belongs to the second half of a
 * round, the late one to the first half. No branch, so that every call takes the same time. */
uint64_t counter_ticks(void)
{
    const uint32_t early = REGISTER(FPGAIO_COUNTER);
    const uint32_t place = ROUND - 1u - REGISTER(FPGAIO_PSCNTR);
    const uint32_t late = REGISTER(FPGAIO_COUNTER);
    const uint32_t in_first_half = (place >> (ROUND_BITS - 1u)) - 1u;
    const uint32_t rounds = early + ((late - early) & in_first_half);

    return ((uint64_t)rounds << ROUND_BITS) + place;
}

uint64_t counter_units(uint64_t ticks)
{
    return (ticks * INSTRUCTIONS_A_SECOND + COUNTER_CLOCK_HZ / 2u) / COUNTER_CLOCK_HZ;
}
