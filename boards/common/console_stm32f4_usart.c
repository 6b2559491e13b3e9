/* console_stm32f4_usart.c - a USART of the STM32F4, clocked by HSI after reset. */
#include "board_config.h"
#include "console.h"
#include "interrupt.h"
#include "registers.h"
#include "stm32_pin.h"

#define RCC_AHB1ENR 0x40023830u
#define GPIO_BASE (0x40020000u + 0x400u * CONSOLE_PORT)

#define USART_SR (CONSOLE_BASE + 0x00u)
#define USART_DR (CONSOLE_BASE + 0x04u)
#define USART_BRR (CONSOLE_BASE + 0x08u)
#define USART_CR1 (CONSOLE_BASE + 0x0cu)

#define SR_TXE (1u << 7)
#define SR_TC (1u << 6)
#define SR_RXNE (1u << 5)
#define SR_ORE (1u << 3)
#define CR1_UE (1u << 13)
#define CR1_RXNEIE (1u << 5)
#define CR1_TE (1u << 3)
#define CR1_RE (1u << 2)

void console_open(void)
{
    REGISTER(RCC_AHB1ENR) |= 1u << CONSOLE_PORT;
    REGISTER(CONSOLE_ENABLE_REGISTER) |= 1u << CONSOLE_ENABLE_BIT;
    (void)REGISTER(CONSOLE_ENABLE_REGISTER); /* the clock runs two cycles after the write */
    stm32_pin_connect(GPIO_BASE, CONSOLE_TX_PIN, CONSOLE_PIN_FUNCTION);
    REGISTER(USART_BRR) = (CONSOLE_CLOCK_HZ + CONSOLE_BAUD / 2u) / CONSOLE_BAUD;
    REGISTER(USART_CR1) = CR1_UE | CR1_TE;
}

void console_put(uint8_t byte)
{
    register_wait(USART_SR, SR_TXE, SR_TXE);
    REGISTER(USART_DR) = byte;
}

void console_flush(void)
{
    register_wait(USART_SR, SR_TC, SR_TC);
}

void console_listen(void)
{
    stm32_pin_connect(GPIO_BASE, CONSOLE_RX_PIN, CONSOLE_PIN_FUNCTION);
    REGISTER(USART_CR1) |= CR1_RE | CR1_RXNEIE;
}

/* After an overrun the last byte comes twice: an error that only a read of the data ends. */
static uint32_t has_byte(void)
{
    return REGISTER(USART_SR) & (SR_RXNE | SR_ORE);
}

uint8_t console_get(void)
{
    interrupt_await(CONSOLE_INTERRUPT, has_byte);

    return (uint8_t)REGISTER(USART_DR);
}
