/* dot.c - instructions of the convolutions of SqueezeNet v1.1 at 224, without decoding.
 *
 * Each shape is computed with some rows and with half of them: the difference is what half takes,
 * and what is done once a call (tables, weights) cancels out. Prints a line a shape:
 * name, instructions, multiply-accumulates, rows of the network, rows that were counted.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <stdio.h>

#include "counter.h"
#include "sqz_kernels.h"

enum {
    STORED, /* what becomes of a row */
    POOLED,
    AVERAGED,
    MOST_WEIGHTS = 512 * 1000,
    MOST_TILE = 64, /* filters */
    MOST_K = 576,
    ROOM = 512 * 1024
};

typedef struct {
    const char *name;
    int32_t kind;
    uint8_t window; /* height and width; padding where it is not the stem */
    uint8_t stride;
    uint16_t width; /* of the input */
    uint16_t channels;
    uint16_t filters;
    uint16_t times; /* in the network */
    int32_t rows;
} shape_t;

static const shape_t shapes[] = {
    {"conv1 3x3 3 to 64, pooled", POOLED, 3, 2, 224, 3, 64, 1, 8},
    {"fire2 1x1 64 to 16", STORED, 1, 1, 55, 64, 16, 1, 8},
    {"fire3 1x1 128 to 16", STORED, 1, 1, 55, 128, 16, 1, 8},
    {"fire2-3 1x1 16 to 64", STORED, 1, 1, 55, 16, 64, 2, 8},
    {"fire2-3 3x3 16 to 64", STORED, 3, 1, 55, 16, 64, 2, 8},
    {"fire4 1x1 128 to 32", STORED, 1, 1, 27, 128, 32, 1, 8},
    {"fire5 1x1 256 to 32", STORED, 1, 1, 27, 256, 32, 1, 8},
    {"fire4-5 1x1 32 to 128", STORED, 1, 1, 27, 32, 128, 2, 8},
    {"fire4-5 3x3 32 to 128", STORED, 3, 1, 27, 32, 128, 2, 8},
    {"fire6 1x1 256 to 48", STORED, 1, 1, 13, 256, 48, 1, 6},
    {"fire7 1x1 384 to 48", STORED, 1, 1, 13, 384, 48, 1, 6},
    {"fire6-7 1x1 48 to 192", STORED, 1, 1, 13, 48, 192, 2, 6},
    {"fire6-7 3x3 48 to 192", STORED, 3, 1, 13, 48, 192, 2, 6},
    {"fire8 1x1 384 to 64", STORED, 1, 1, 13, 384, 64, 1, 6},
    {"fire9 1x1 512 to 64", STORED, 1, 1, 13, 512, 64, 1, 6},
    {"fire8-9 1x1 64 to 256", STORED, 1, 1, 13, 64, 256, 2, 6},
    {"fire8-9 3x3 64 to 256", STORED, 3, 1, 13, 64, 256, 2, 6},
    {"conv10 1x1 512 to 1000, averaged", AVERAGED, 1, 1, 13, 512, 1000, 1, 6},
};

static int8_t weights[MOST_WEIGHTS];
static uint8_t in[ROOM];
static uint8_t out[ROOM];
static int32_t sums[1000];
static int32_t bias[1000];
static uint32_t tile[MOST_TILE * MOST_K / 2];
static uint32_t window[MOST_K * 5 / 4];
static uint8_t strip[111 * MOST_TILE];
static sqz_tables_t tables;

static void fill_with_noise(void)
{
    uint32_t state = 1;

    for (int32_t i = 0; i < ROOM; i++) {
        state = state * 1664525u + 1013904223u;
        in[i] = (uint8_t)(state >> 24);
        if (i < MOST_WEIGHTS) {
            weights[i] = (int8_t)(state >> 16);
        }
    }
}

static sqz_conv_t conv_of(const shape_t *shape)
{
    static const int32_t factor = 1 << 30;
    const uint8_t padding = (uint8_t)(shape->window / 2 * (shape->stride == 1));
    const uint16_t width =
        (uint16_t)((shape->width + 2 * padding - shape->window) / shape->stride + 1);
    const sqz_conv_t conv = {
        .out_channels = shape->filters,
        .in = {shape->width, shape->width, shape->channels, 32},
        .out = {width, width, shape->filters, 16},
        .window = {shape->window, shape->window, shape->stride, padding},
        .bias = bias,
        .requantizer = {.form = SQZ_REQUANTIZE_FIXED, .factor = &factor},
        .filters = {.bits = (const uint8_t *)weights,
                    .bit_count = MOST_WEIGHTS * 8,
                    .coding = SQZ_CODING_RAW},
    };

    return conv;
}

/* Instructions of rows [2, 2 + ROWS). */
static uint64_t instructions_of(const shape_t *shape, int32_t rows)
{
    const sqz_conv_average_t layer = {.conv = conv_of(shape)};
    const sqz_maxpool_t pool = {
        .in = layer.conv.out,
        .out = {55, 55, shape->filters, 16},
        .window = {3, 3, 2, 0},
    };
    sqz_work_t work = {
        .tables = &tables,
        .tile = (uint8_t *)tile,
        .window = (uint8_t *)window,
        .strip = strip,
        .tile_channels = shape->filters < MOST_TILE ? shape->filters : MOST_TILE,
    };
    const uint64_t begun = counter_ticks();

    if (shape->kind == POOLED) {
        sqz_conv_maxpool(&layer.conv, &pool, in, out, 2, rows, &work);
    } else if (shape->kind == AVERAGED) {
        sqz_conv_average(&layer, in, sums, 1, rows, &work);
    } else {
        sqz_conv(&layer.conv, in, out, 1, rows, &work);
    }

    return counter_units(counter_ticks() - begun);
}

int main(void)
{
    counter_open();
    fill_with_noise();
    for (uint32_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const shape_t *const shape = shapes + i;
        const sqz_conv_t conv = conv_of(shape);
        const int32_t half = shape->rows / 2;
        const uint64_t count = instructions_of(shape, shape->rows) - instructions_of(shape, half);
        const int32_t macs = half * conv.out.width * shape->filters * shape->window
                             * shape->window * shape->channels;

        printf("%s;%lu;%ld;%ld;%ld\n", shape->name, (unsigned long)count, (long)macs,
               (long)shape->times * conv.out.height, (long)half);
    }
    return 0;
}
