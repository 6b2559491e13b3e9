/* interrupt.h - sleep until a peripheral has something, without an interrupt handler.
 *
 * The core wakes for an interrupt that is pending although PRIMASK keeps it from being taken. The
 * interrupt is enabled in the NVIC only while the core sleeps, and PRIMASK is set only then, so
 * that SysTick goes on.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdint.h>

#include "registers.h"

#define NVIC_ENABLE 0xe000e100u
#define NVIC_DISABLE 0xe000e180u
#define NVIC_CLEAR 0xe000e280u

static inline void interrupt_write(uint32_t registers, uint32_t number)
{
    REGISTER(registers + 4u * (number / 32u)) = 1u << (number % 32u);
}

/* Return once READY() is not 0, which raises interrupt NUMBER. What comes between the question
 * and the sleep is pending, and then there is no sleep. */
static inline void interrupt_await(uint32_t number, uint32_t (*ready)(void))
{
    while (ready() == 0u) {
        __asm__ volatile("cpsid i" : : : "memory");
        interrupt_write(NVIC_ENABLE, number);
        if (ready() == 0u) {
            __asm__ volatile("dsb\n\twfi" : : : "memory");
        }
        interrupt_write(NVIC_DISABLE, number);
        interrupt_write(NVIC_CLEAR, number);
        __asm__ volatile("dsb\n\tisb\n\tcpsie i\n\tisb" : : : "memory");
    }
}

#endif /* INTERRUPT_H */
