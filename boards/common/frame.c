/* frame.c - frames out of a stream of bytes that may hold anything.
 *
 * A frame is COBS coded: no byte of it is 0, and a 0 ends it, so that after any damage the next 0
 * is a fresh start. A code byte n stands before n - 1 bytes and a zero that was left out; there
 * is none after n = 255, nor after the last code.
 */
#include "frame.h"

#include "console.h"
#include "sqz_crc32.h"

#define CODE_WITHOUT_ZERO 0xffu

typedef struct {
    uint8_t *buffer;
    uint32_t size;
    uint32_t count; /* bytes so far, also those that found no place */
} frame_t;

static void store(frame_t *frame, uint8_t byte)
{
    if (frame->count < frame->size) {
        frame->buffer[frame->count] = byte;
    }
    frame->count++;
}

static uint32_t crc_at(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
        | (uint32_t)bytes[3] << 24;
}

/* Bytes without the CRC, or FRAME_DAMAGED. */
static uint32_t checked(const frame_t *frame)
{
    uint32_t bytes;

    if (frame->count < FRAME_BYTES(0u) || frame->count > frame->size) {
        return FRAME_DAMAGED;
    }
    bytes = frame->count - FRAME_CRC_BYTES;
    if (sqz_crc32(0u, frame->buffer, bytes) != crc_at(frame->buffer + bytes)) {
        return FRAME_DAMAGED;
    }

    return bytes;
}

static uint8_t first_byte(void)
{
    uint8_t byte;

    do {
        byte = console_get();
    } while (byte == 0u);

    return byte;
}

uint32_t frame_receive(uint8_t *buffer, uint32_t size)
{
    frame_t frame = {buffer, size, 0u};
    uint8_t code = first_byte();

    for (;;) {
        uint8_t byte = 0u;

        for (uint32_t left = code; left > 1u; left--) {
            byte = console_get();
            if (byte == 0u) {
                return FRAME_DAMAGED;
            }
            store(&frame, byte);
        }
        byte = console_get();
        if (byte == 0u) {
            return checked(&frame);
        }
        if (code != CODE_WITHOUT_ZERO) {
            store(&frame, 0u);
        }
        code = byte;
    }
}
