/* console_stm32h7_usart.c - a USART of the STM32H7, clocked by HSI after reset. */
#include "board_config.h"
#include "console.h"
#include "interrupt.h"
#include "registers.h"
#include "stm32_pin.h"

#define RCC_AHB4ENR 0x580244e0u
#define GPIO_BASE (0x58020000u + 0x400u * CONSOLE_PORT)

#define USART_CR1 (CONSOLE_BASE + 0x00u)
#define USART_CR3 (CONSOLE_BASE + 0x08u)
#define USART_BRR (CONSOLE_BASE + 0x0cu)
#define USART_ISR (CONSOLE_BASE + 0x1cu)
#define USART_RDR (CONSOLE_BASE + 0x24u)
#define USART_TDR (CONSOLE_BASE + 0x28u)

#define ISR_TXE (1u << 7)
#define ISR_TC (1u << 6)
#define ISR_RXNE (1u << 5)
#define CR1_UE (1u << 0)
#define CR1_TE (1u << 3)
#define CR1_RE (1u << 2)
#define CR1_RXNEIE (1u << 5)
#define CR3_OVRDIS (1u << 12) /* no error to clear after an overrun */

void console_open(void)
{
    REGISTER(RCC_AHB4ENR) |= 1u << CONSOLE_PORT;
    REGISTER(CONSOLE_ENABLE_REGISTER) |= 1u << CONSOLE_ENABLE_BIT;
    (void)REGISTER(CONSOLE_ENABLE_REGISTER); /* the clock runs two cycles after the write */
    stm32_pin_connect(GPIO_BASE, CONSOLE_TX_PIN, CONSOLE_PIN_FUNCTION);
    REGISTER(USART_BRR) = (CONSOLE_CLOCK_HZ + CONSOLE_BAUD / 2u) / CONSOLE_BAUD;
    REGISTER(USART_CR3) = CR3_OVRDIS;
    REGISTER(USART_CR1) = CR1_UE | CR1_TE;
}

void console_put(uint8_t byte)
{
    register_wait(USART_ISR, ISR_TXE, ISR_TXE);
    REGISTER(USART_TDR) = byte;
}

void console_flush(void)
{
    register_wait(USART_ISR, ISR_TC, ISR_TC);
}

void console_listen(void)
{
    stm32_pin_connect(GPIO_BASE, CONSOLE_RX_PIN, CONSOLE_PIN_FUNCTION);
    REGISTER(USART_CR1) |= CR1_RE | CR1_RXNEIE;
}

static uint32_t has_byte(void)
{
    return REGISTER(USART_ISR) & ISR_RXNE;
}

uint8_t console_get(void)
{
    interrupt_await(CONSOLE_INTERRUPT, has_byte);

    return (uint8_t)REGISTER(USART_RDR);
}
