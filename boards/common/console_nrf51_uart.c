/* console_nrf51_uart.c - the UART of the nRF51. */
#include "board_config.h"
#include "console.h"
#include "interrupt.h"
#include "registers.h"

#define UART_STARTRX (CONSOLE_BASE + 0x000u)
#define UART_STARTTX (CONSOLE_BASE + 0x008u)
#define UART_RXDRDY (CONSOLE_BASE + 0x108u)
#define UART_TXDRDY (CONSOLE_BASE + 0x11cu)
#define UART_INTENSET (CONSOLE_BASE + 0x304u)
#define UART_ENABLE (CONSOLE_BASE + 0x500u)
#define UART_PSELTXD (CONSOLE_BASE + 0x50cu)
#define UART_PSELRXD (CONSOLE_BASE + 0x514u)
#define UART_RXD (CONSOLE_BASE + 0x518u)
#define UART_TXD (CONSOLE_BASE + 0x51cu)
#define UART_BAUDRATE (CONSOLE_BASE + 0x524u)

#define GPIO_OUTSET 0x50000508u
#define GPIO_DIRSET 0x50000518u

#define ENABLE_UART 4u
#define INTERRUPT_RXDRDY (1u << 2)
#define BAUDRATE_115200 0x01d7e000u

void console_open(void)
{
    REGISTER(GPIO_OUTSET) = 1u << CONSOLE_TX_PIN;
    REGISTER(GPIO_DIRSET) = 1u << CONSOLE_TX_PIN;
    REGISTER(UART_PSELTXD) = CONSOLE_TX_PIN;
    REGISTER(UART_BAUDRATE) = BAUDRATE_115200;
    REGISTER(UART_ENABLE) = ENABLE_UART;
    REGISTER(UART_STARTTX) = 1u;
}

/* Each byte is waited for, so console_flush() has nothing left to do. */
void console_put(uint8_t byte)
{
    REGISTER(UART_TXDRDY) = 0u;
    REGISTER(UART_TXD) = byte;
    register_wait(UART_TXDRDY, 1u, 1u);
}

void console_flush(void)
{
}

void console_listen(void)
{
    REGISTER(UART_PSELRXD) = CONSOLE_RX_PIN;
    REGISTER(UART_INTENSET) = INTERRUPT_RXDRDY;
    REGISTER(UART_STARTRX) = 1u;
}

static uint32_t has_byte(void)
{
    return REGISTER(UART_RXDRDY);
}

/* The event goes before the byte is taken: the UART holds six, and raises it again for the next. */
uint8_t console_get(void)
{
    interrupt_await(CONSOLE_INTERRUPT, has_byte);
    REGISTER(UART_RXDRDY) = 0u;

    return (uint8_t)REGISTER(UART_RXD);
}
