/* host_trace.c - keeps what sqz_trace hands out, for the comparison with PyTorch on the host.
 *
 * SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_types.h"

enum { MAX_LAYERS = 1024 };

/* Where the rows of a layer go; BYTES_SEEN counts per row what was handed out. */
typedef struct {
    uint8_t *map;
    int32_t *bytes_seen;
    int32_t height;
    int32_t width;
    int32_t channels;
} watch_t;

static watch_t watches[MAX_LAYERS];
static int32_t strays; /* calls about unknown layers, or outside of a map */
static int32_t changes; /* pixels that came a second time, with other values */
static void (*on_turn)(uint8_t *arena); /* told after each turn; NULL: nobody */

void host_watch(int32_t layer, uint8_t *map, int32_t *bytes_seen, int32_t height, int32_t width,
                int32_t channels);
int32_t host_strays(void);
int32_t host_changes(void);
void host_on_turn(void (*listener)(uint8_t *arena));

void host_watch(int32_t layer, uint8_t *map, int32_t *bytes_seen, int32_t height, int32_t width,
                int32_t channels)
{
    const watch_t watch = {map, bytes_seen, height, width, channels};

    watches[layer] = watch;
    strays = 0;
    changes = 0;
}

void host_on_turn(void (*listener)(uint8_t *arena))
{
    on_turn = listener;
}

void sqz_trace_turn(uint8_t *arena)
{
    if (on_turn != NULL) {
        on_turn(arena);
    }
}

int32_t host_strays(void)
{
    return strays;
}

int32_t host_changes(void)
{
    return changes;
}

void sqz_trace(int32_t layer, int32_t first_row, int32_t rows, int32_t first_channel,
               int32_t channels, int32_t stride, const uint8_t *data)
{
    const watch_t *const watch = &watches[layer < MAX_LAYERS ? layer : 0];

    if (layer < 0 || layer >= MAX_LAYERS || watch->map == NULL || first_row < 0
        || first_row + rows > watch->height || first_channel < 0
        || first_channel + channels > watch->channels) {
        strays++;
        return;
    }
    for (int32_t pixel = 0; pixel < rows * watch->width; pixel++) {
        const int32_t row = first_row + pixel / watch->width;
        const int32_t to = (first_row * watch->width + pixel) * watch->channels + first_channel;
        const uint8_t *const from = data + pixel * stride;

        if (watch->bytes_seen[row] >= watch->width * watch->channels
            && memcmp(watch->map + to, from, (size_t)channels) != 0) {
            changes++;
        }
        memcpy(watch->map + to, from, (size_t)channels);
    }
    for (int32_t row = first_row; row < first_row + rows; row++) {
        watch->bytes_seen[row] += watch->width * channels;
    }
}
