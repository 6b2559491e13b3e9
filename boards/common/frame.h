/* frame.h - what the host sends over the serial line, one frame a request (SPEC.md section 6). */
#ifndef FRAME_H
#define FRAME_H

#include <stdint.h>

#define FRAME_VERSION 1u

/* version, kind, number (uint16), payload, CRC-32 of them all; little endian. */
#define FRAME_HEADER_BYTES 4u
#define FRAME_CRC_BYTES 4u
#define FRAME_BYTES(payload) (FRAME_HEADER_BYTES + (payload) + FRAME_CRC_BYTES)

#define FRAME_DAMAGED 0u

/* Wait for the next frame and put it into BUFFER of SIZE bytes.
 * Returns its bytes without the CRC, or FRAME_DAMAGED. */
uint32_t frame_receive(uint8_t *buffer, uint32_t size);

#endif /* FRAME_H */
