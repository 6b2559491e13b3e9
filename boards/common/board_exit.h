/* board_exit.h - the end of a program. One driver a way to end: exit_<driver>.c. */
#ifndef BOARD_EXIT_H
#define BOARD_EXIT_H

#include <stdint.h>

/* End with CODE (0: pass), where there is somebody to tell; otherwise sleep for ever. */
void board_exit(int32_t code) __attribute__((noreturn));

#endif /* BOARD_EXIT_H */
