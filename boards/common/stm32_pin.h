/* stm32_pin.h - give a pin to a peripheral; the GPIO ports of the STM32F4 and H7 are alike. */
#ifndef STM32_PIN_H
#define STM32_PIN_H

#include "registers.h"

#define GPIO_MODER 0x00u
#define GPIO_AFRL 0x20u
#define MODER_ALTERNATE 2u

/* Connect pin PIN (0..15) of the port at GPIO to its alternate function FUNCTION (0..15). */
static inline void stm32_pin_connect(uint32_t gpio, uint32_t pin, uint32_t function)
{
    const uint32_t function_register = gpio + GPIO_AFRL + 4u * (pin / 8u);
    const uint32_t function_at = 4u * (pin % 8u);
    const uint32_t mode_at = 2u * pin;

    REGISTER(function_register) =
        (REGISTER(function_register) & ~(15u << function_at)) | (function << function_at);
    REGISTER(gpio + GPIO_MODER) =
        (REGISTER(gpio + GPIO_MODER) & ~(3u << mode_at)) | (MODER_ALTERNATE << mode_at);
}

#endif /* STM32_PIN_H */
