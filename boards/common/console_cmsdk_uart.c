/* console_cmsdk_uart.c - the APB UART of Arm's MPS2 and MPS3 boards. */
#include "board_config.h"
#include "console.h"
#include "interrupt.h"
#include "registers.h"

#define UART_DATA (CONSOLE_BASE + 0x00u)
#define UART_STATE (CONSOLE_BASE + 0x04u)
#define UART_CTRL (CONSOLE_BASE + 0x08u)
#define UART_INTCLEAR (CONSOLE_BASE + 0x0cu)
#define UART_BAUDDIV (CONSOLE_BASE + 0x10u)

#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CTRL_TX_ENABLE 1u
#define CTRL_RX_ENABLE 2u
#define CTRL_RX_INTERRUPT 8u
#define INTERRUPT_RX 2u
#define BAUDDIV_MINIMUM 16u /* in QEMU any speed is the same */

void console_open(void)
{
    REGISTER(UART_BAUDDIV) = BAUDDIV_MINIMUM;
    REGISTER(UART_CTRL) = CTRL_TX_ENABLE;
}

void console_put(uint8_t byte)
{
    register_wait(UART_STATE, STATE_TX_FULL, 0u);
    REGISTER(UART_DATA) = byte;
}

void console_flush(void)
{
    register_wait(UART_STATE, STATE_TX_FULL, 0u);
}

void console_listen(void)
{
    REGISTER(UART_CTRL) |= CTRL_RX_ENABLE | CTRL_RX_INTERRUPT;
}

static uint32_t has_byte(void)
{
    return REGISTER(UART_STATE) & STATE_RX_FULL;
}

uint8_t console_get(void)
{
    interrupt_await(CONSOLE_INTERRUPT, has_byte);
    REGISTER(UART_INTCLEAR) = INTERRUPT_RX;

    return (uint8_t)REGISTER(UART_DATA);
}
