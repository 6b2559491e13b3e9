/* test_maxpool.c - the maximum of every window, cut at the edges, rings included.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "check.h"
#include "sqz_kernels.h"

/* Windows may hang over the lower edge (ceil mode), but each has a row inside. */
static int32_t random_out_size(int32_t in, int32_t kernel, int32_t stride, int32_t padding)
{
    const int32_t room = in + 2 * padding - kernel;
    const int32_t whole = room < 0 ? 1 : room / stride + 1;

    return random_from(0, 1) && whole * stride - padding < in ? whole + 1 : whole;
}

static sqz_maxpool_t random_layer(void)
{
    sqz_maxpool_t layer = {.layer = 0};
    const int32_t kernel = random_from(1, 3);
    const int32_t stride = random_from(1, 3);
    const int32_t padding = random_from(0, kernel / 2);

    layer.window = (sqz_window_t){(uint8_t)kernel, (uint8_t)kernel, (uint8_t)stride,
                                  (uint8_t)padding};
    layer.in.height = (uint16_t)random_from(kernel, 9);
    layer.in.width = (uint16_t)random_from(kernel, 9);
    layer.in.channels = (uint16_t)random_from(1, 9);
    layer.in.held = layer.in.height;
    layer.out.height = (uint16_t)random_out_size(layer.in.height, kernel, stride, padding);
    layer.out.width = (uint16_t)random_out_size(layer.in.width, kernel, stride, padding);
    layer.out.channels = layer.in.channels;
    layer.out.held = layer.out.height;
    return layer;
}

static int32_t bytes_of(const sqz_map_t *map, int32_t rows)
{
    return rows * map->width * map->channels;
}

/* Output [row, x, channel] of LAYER on the whole map IN. */
static uint8_t expected_at(const sqz_maxpool_t *layer, const uint8_t *in, int32_t row, int32_t x,
                           int32_t channel)
{
    const sqz_window_t *const window = &layer->window;
    uint8_t largest = 0;

    for (int32_t i = 0; i < window->height; i++) {
        for (int32_t k = 0; k < window->width; k++) {
            const int32_t y_in = row * window->stride - window->padding + i;
            const int32_t x_in = x * window->stride - window->padding + k;

            if (y_in < 0 || y_in >= layer->in.height || x_in < 0 || x_in >= layer->in.width) {
                continue;
            }
            const uint8_t value = in[(y_in * layer->in.width + x_in) * layer->in.channels + channel];
            largest = value > largest ? value : largest;
        }
    }
    return largest;
}

static void check_row(const sqz_maxpool_t *layer, const uint8_t *in, const uint8_t *out_row,
                      int32_t row, const char *claim)
{
    const int32_t channels = layer->out.channels;

    for (int32_t i = 0; i < layer->out.width * channels; i++) {
        check_equal(expected_at(layer, in, row, i / channels, i % channels), out_row[i], claim);
    }
}

static void test_whole_maps(void)
{
    const sqz_maxpool_t layer = random_layer();
    uint8_t *const in = random_block(bytes_of(&layer.in, layer.in.height));
    uint8_t *const out = random_block(bytes_of(&layer.out, layer.out.height));

    sqz_maxpool(&layer, in, out, 0, layer.out.height);
    for (int32_t row = 0; row < layer.out.height; row++) {
        check_row(&layer, in, out + bytes_of(&layer.out, row), row, "whole map");
    }
    free(out);
    free(in);
}

/* Input rows arrive in a ring just before they are needed; output rows go into another. */
static void test_rings(void)
{
    sqz_maxpool_t layer = random_layer();
    uint8_t *const in = random_block(bytes_of(&layer.in, layer.in.height));
    int32_t arrived = 0;

    layer.in.held = (uint16_t)random_from(layer.window.height, layer.in.height);
    layer.out.held = (uint16_t)random_from(1, layer.out.height);
    uint8_t *const ring = random_block(bytes_of(&layer.in, layer.in.held));
    uint8_t *const out = random_block(bytes_of(&layer.out, layer.out.held));

    for (int32_t row = 0; row < layer.out.height; row++) {
        for (; arrived < sqz_rows_end(&layer.window, layer.in.height, row); arrived++) {
            memcpy(ring + bytes_of(&layer.in, arrived % layer.in.held),
                   in + bytes_of(&layer.in, arrived), (size_t)bytes_of(&layer.in, 1));
        }
        sqz_maxpool(&layer, ring, out, row, 1);
        check_row(&layer, in, out + bytes_of(&layer.out, row % layer.out.held), row, "ring");
    }
    free(out);
    free(ring);
    free(in);
}

int main(void)
{
    for (int32_t round = 0; round < 1000; round++) {
        test_whole_maps();
        test_rings();
    }
    return check_result("test_maxpool");
}
