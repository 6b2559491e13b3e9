/* decode_main.c - instructions that the decoder takes to open a layer and to read it.
 *
 * Decodes the layers of decode_layers.h a tile at a time, a line of the console for each.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "board_exit.h"
#include "console.h"
#include "counter.h"
#include "decode_layers.h"
#include "print.h"
#include "sqz_crc32.h"
#include "sqz_huffman.h"

static sqz_tables_t tables;
static sqz_decoder_t decoder;
static int16_t tile[MAX_TILE];

static uint32_t ticks_of(uint64_t begin)
{
    return (uint32_t)counter_units(counter_ticks() - begin);
}

/* Instructions of a whole layer, tile by tile; CRC becomes that of the weights. */
static uint32_t read_layer(const layer_t *layer, uint32_t is_wide, uint32_t *crc)
{
    uint32_t instructions = 0;

    *crc = 0;
    for (uint32_t done = 0; done < layer->weights; done += layer->tile) {
        const uint32_t left = layer->weights - done;
        const uint32_t count = layer->tile < left ? layer->tile : left;
        const uint64_t begin = counter_ticks();
#ifdef HAS_READ16
        if (is_wide != 0u) {
            sqz_decoder_read16(&decoder, tile, count, 0);
        } else
#endif
        {
            sqz_decoder_read(&decoder, (int8_t *)tile, count);
        }
        instructions += ticks_of(begin);
        *crc = sqz_crc32(*crc, (const uint8_t *)tile, is_wide != 0u ? 2 * count : count);
    }
    return instructions;
}

int main(void)
{
    console_open();
    counter_open();
    for (uint32_t i = 0; i < LAYERS; i++) {
        const layer_t *const layer = &layers[i];
        for (uint32_t is_wide = 0; is_wide < READS; is_wide++) {
            uint32_t crc;
            const uint64_t begin = counter_ticks();
            sqz_decoder_open(&decoder, &layer->filters, &tables);
            const uint32_t opening = ticks_of(begin);
            const uint32_t reading = read_layer(layer, is_wide, &crc);
            print_text("layer");
            print_field("number", i);
            print_field("wide", is_wide);
            print_field("open", opening);
            print_field("read", reading);
            print_field("crc", crc);
            print_text("\n");
        }
    }
    console_flush();
    board_exit(0);
}
