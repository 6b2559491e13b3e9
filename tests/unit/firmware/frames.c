/* frames.c - the board's frame receiver on this machine, fed from stdin.
 *
 * Prints one line a frame: its bytes without the CRC in hexadecimal, or "damaged". The buffer is
 * allocated, so that AddressSanitizer sees its end.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "console.h"
#include "frame.h"

static jmp_buf at_the_end;

uint8_t console_get(void)
{
    const int byte = getchar();

    if (byte == EOF) {
        longjmp(at_the_end, 1);
    }

    return (uint8_t)byte;
}

static void print_frame(const uint8_t *buffer, uint32_t bytes)
{
    if (bytes == FRAME_DAMAGED) {
        printf("damaged");
    }
    for (uint32_t i = 0u; i < bytes; i++) {
        printf("%02x", buffer[i]);
    }
    printf("\n");
}

/* The argument is the size of the buffer. */
int main(int argc, char **argv)
{
    const uint32_t size = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0u;
    uint8_t *const buffer = malloc(size);

    if (buffer != NULL && setjmp(at_the_end) == 0) {
        for (;;) {
            print_frame(buffer, frame_receive(buffer, size));
        }
    }
    free(buffer);

    return 0;
}
