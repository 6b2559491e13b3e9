/* console.h - a board's serial line. One driver file a kind of UART: console_<driver>.c.
 *
 * Drivers take their addresses from board_config.h, which is made from board.toml.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

/* Make the console ready for writing; call it once, before anything else here. */
void console_open(void);

/* Write one byte; waits while the UART is busy. */
void console_put(uint8_t byte);

/* Return when the last byte has left the chip. */
void console_flush(void);

/* Receive from now on; call it once, after console_open(). */
void console_listen(void);

/* Take the next byte that was received; sleeps until there is one. Bytes that come faster than
 * they are taken are lost. */
uint8_t console_get(void);

#endif /* CONSOLE_H */
