/* values_main.c - instructions of convolutions product by product and by distinct weight values.
 *
 * Reads the filters of each layer of values_layers.h as one tile, computes its rows, and prints a
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
#include "values_layers.h"

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
        const result_t dense = measure(layers[i], NULL);
        const result_t values = measure(layers[i], &sqz_by_values);
        print_text("layer");
        print_field("number", i);
        print_field("same", work.status == SQZ_OK && dense.crc == values.crc);
        print_field("dense_read", dense.reading);
        print_field("dense_sweep", dense.sweeping);
        print_field("values_read", values.reading);
        print_field("values_sweep", values.sweeping);
        print_text("\n");
    }
    console_flush();
    board_exit(0);
}
