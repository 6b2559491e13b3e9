/* counter.h - how much work was done, in COUNTER_UNIT. One driver a source: counter_<driver>.c.
 *
 * A driver defines COUNTER_UNIT's meaning for its board: "instructions" where QEMU runs with
 * -icount shift=7 (128 ns of virtual time an instruction), "cycles" on a real board.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdint.h>

/* Make the counter run; call it once. */
void counter_open(void);

/* Ticks of the driver's clock since some fixed moment. Differences do not wrap, unless the
 * driver's file says when they do. */
uint64_t counter_ticks(void);

/* Turn a difference of two counter_ticks() into COUNTER_UNIT, rounded to nearest. */
uint64_t counter_units(uint64_t ticks);

#endif /* COUNTER_H */
