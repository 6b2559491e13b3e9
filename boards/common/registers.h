/* registers.h - peripheral registers by address. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* No wait may hang a board whose clock never starts (QEMU's RCC reads 0, for one): waits for a
 * flag give up after this many reads. At 115200 baud and 64 MHz one byte takes about 1,400. */
#define REGISTER_PATIENCE 1000000u

/* Wait until (REGISTER(ADDRESS) & MASK) == VALUE, or until patience ends. */
static inline void register_wait(uint32_t address, uint32_t mask, uint32_t value)
{
    uint32_t left = REGISTER_PATIENCE;

    while ((REGISTER(address) & mask) != value && left > 0u) {
        left--;
    }
}

#endif /* REGISTERS_H */
