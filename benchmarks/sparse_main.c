/* sparse_main.c - instructions of convolutions by all products, and by lists of weights.
 *
 * Reads the filters of each layer of sparse_layers.h as one tile, computes its rows, and prints a
 * line of the console for each.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "board_exit.h"
#include "console.h"
#include "counter.h"
#include "print.h"
#include "sqz_crc32.h"
#include "sqz_strip.h"
#include "sparse_layers.h"

typedef struct {
    uint32_t reading;
    uint32_t sweeping;
    uint32_t crc;
} result_t;

static sqz_tables_t tables;
static uint32_t tile[TILE_BYTES / 4];
static uint32_t window[WINDOW_BYTES / 4];
static uint32_t runs[RUNS_BYTES / 4];
static uint8_t in[INPUT_BYTES];
static uint8_t out[OUTPUT_BYTES];
static sqz_work_t work = {
    .tables = &tables,
    .tile = tile,
    .window = window,
    .runs = runs,
    .tile_bytes = TILE_BYTES,
    .most_runs = MOST_RUNS,
};

static const sqz_engine_t *const engines[] = {NULL, &sqz_by_nonzeros, &sqz_by_values};

enum { KERNELS = sizeof engines / sizeof *engines };

static uint32_t ticks_of(uint64_t begin)
{
    return (uint32_t)counter_units(counter_ticks() - begin);
}

static result_t measure(sqz_conv_t layer, const sqz_engine_t *engine)
{
    sqz_decoder_t decoder;
    sqz_tile_t filters;
    result_t result;

    layer.engine = engine;
    work.tile_channels = layer.out_channels;
    sqz_tiles_open(&decoder, &layer, &work);
    const uint64_t begin = counter_ticks();
    sqz_tile_read(&filters, &layer, 0, &decoder, &work);
    result.reading = ticks_of(begin);
    const uint64_t swept = counter_ticks();
    for (int32_t row = 0; row < layer.out.height; row++) {
        const sqz_strip_t strip = {
            .at = out + row * layer.out.width * layer.out.channels,
            .stride = layer.out.channels,
        };
        sqz_strip_compute(&filters, in, row, strip);
    }
    result.sweeping = ticks_of(swept);
    result.crc = sqz_crc32(0, out, (uint32_t)(layer.out.height * layer.out.width
                                              * layer.out.channels));
    return result;
}

int main(void)
{
    console_open();
    counter_open();
    for (uint32_t i = 0; i < INPUT_BYTES; i++) {
        in[i] = (uint8_t)(i * 2654435761u >> 24);
    }
    for (uint32_t i = 0; i < LAYERS; i++) {
        uint32_t crc = 0;

        for (uint32_t kernel = 0; kernel < KERNELS; kernel++) {
            const result_t result = measure(layers[i], engines[kernel]);

            crc = kernel == 0 ? result.crc : crc;
            print_text("layer");
            print_field("number", i);
            print_field("kernel", kernel);
            print_field("same", work.status == SQZ_OK && result.crc == crc);
            print_field("read", result.reading);
            print_field("sweep", result.sweeping);
            print_text("\n");
        }
    }
    console_flush();
    board_exit(0);
}
