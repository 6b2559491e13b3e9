/* test_huffman.c - the decoder gives out every vector's weights, however many are read at once.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huffman_vectors.h"

#define MAX_WEIGHTS 512
#define UNTOUCHED 99

static int failures = 0;

static void check(int holds, const char *name, uint32_t chunk, const char *claim)
{
    if (!holds) {
        printf("%s, %u weights a read: %s\n", name, (unsigned)chunk, claim);
        failures++;
    }
}

/* Whether WIDE is what SHIFT makes of the COUNT weights in NARROW. */
static int are_shifted(const int16_t *wide, const int8_t *narrow, uint32_t count, uint32_t shift)
{
    for (uint32_t i = 0; i < count; i++) {
        if (wide[i] != narrow[i] * (1 << shift)) {
            return 0;
        }
    }
    return 1;
}

/* At which read an error shows depends on CHUNK; that it is there at the end does not. */
static void test_case(const huffman_case_t *vector, uint32_t chunk)
{
    static int8_t out[MAX_WEIGHTS + 1];
    sqz_tables_t tables;
    sqz_decoder_t decoder;
    sqz_status_t status = sqz_decoder_open(&decoder, &vector->filters, &tables);

    memset(out, UNTOUCHED, sizeof out);
    for (uint32_t done = 0; done < vector->count; done += chunk) {
        const uint32_t left = vector->count - done;
        const sqz_status_t before = status;
        status = sqz_decoder_read(&decoder, out + done, chunk < left ? chunk : left);
        check(before == SQZ_OK || status == before, vector->name, chunk, "error did not stick");
    }
    check(status == vector->status, vector->name, chunk, "wrong status");
    check(memcmp(out, vector->weights, vector->count) == 0, vector->name, chunk, "wrong weights");
    check(out[vector->count] == UNTOUCHED, vector->name, chunk, "wrote too far");
}

static void test_wide_case(const huffman_case_t *vector, uint32_t chunk, uint32_t shift)
{
    static int16_t out[MAX_WEIGHTS + 1];
    sqz_tables_t tables;
    sqz_decoder_t decoder;
    sqz_status_t status = sqz_decoder_open(&decoder, &vector->filters, &tables);

    memset(out, UNTOUCHED, sizeof out);
    const int16_t untouched = out[vector->count];
    for (uint32_t done = 0; done < vector->count; done += chunk) {
        const uint32_t left = vector->count - done;
        status = sqz_decoder_read16(&decoder, out + done, chunk < left ? chunk : left, shift);
    }
    check(status == vector->status, vector->name, chunk, "wrong status of int16");
    check(are_shifted(out, vector->weights, vector->count, shift), vector->name, chunk,
          "wrong int16");
    check(out[vector->count] == untouched, vector->name, chunk, "wrote int16 too far");
}

/* Cut after BIT_COUNT bits, OFFSET bytes into memory that ends where the stream ends: whatever
 * comes out is the beginning of the weights, then zeros. Returns how many weights came. */
static uint32_t test_cut(const huffman_case_t *vector, uint32_t bit_count, uint32_t offset)
{
    static int8_t out[MAX_WEIGHTS];
    static int16_t wide[MAX_WEIGHTS];
    sqz_filters_t filters = vector->filters;
    sqz_tables_t tables;
    sqz_decoder_t decoder;
    const uint32_t bytes = (bit_count + 7) / 8;
    uint8_t *const memory = malloc(offset + bytes + (offset + bytes == 0));
    uint32_t same = 0;

    memcpy(memory + offset, vector->filters.bits, bytes);
    filters.bits = memory + offset;
    filters.bit_count = bit_count;
    sqz_decoder_open(&decoder, &filters, &tables);
    const sqz_status_t status = sqz_decoder_read(&decoder, out, vector->count);
    sqz_decoder_open(&decoder, &filters, &tables);
    const sqz_status_t again = sqz_decoder_read16(&decoder, wide, vector->count, 8);
    free(memory);

    while (same < vector->count && out[same] == vector->weights[same]) {
        same++;
    }
    for (uint32_t i = same; i < vector->count; i++) {
        check(out[i] == 0, vector->name, bit_count, "not zero after a cut");
    }
    check(status == again && are_shifted(wide, out, vector->count, 8), vector->name, bit_count,
          "int16 ends elsewhere");
    check((same == vector->count || status == SQZ_ERR_BITSTREAM), vector->name, bit_count,
          "no error at a cut");
    return same;
}

static void test_cut_anywhere(const huffman_case_t *vector)
{
    const uint32_t bits = vector->filters.bit_count;
    uint32_t most = 0;

    for (uint32_t bit_count = 0; bit_count <= bits; bit_count++) {
        const uint32_t same = test_cut(vector, bit_count, bit_count % 7 % 4);
        check(same >= most, vector->name, bit_count, "more bits, fewer weights");
        most = same;
    }
    check(most == vector->count, vector->name, bits, "weights are missing");
    for (uint32_t offset = 0; offset < 8; offset++) {
        check(test_cut(vector, bits, offset) == vector->count, vector->name, offset,
              "wrong weights at an offset");
    }
}

static void test_reading_on_after_the_end_is_an_error(const huffman_case_t *vector)
{
    static int8_t out[MAX_WEIGHTS + 8];
    sqz_tables_t tables;
    sqz_decoder_t decoder;

    sqz_decoder_open(&decoder, &vector->filters, &tables);
    memset(out, UNTOUCHED, sizeof out);
    const sqz_status_t status = sqz_decoder_read(&decoder, out, vector->count + 8);
    check(status == SQZ_ERR_BITSTREAM, vector->name, vector->count + 8, "no error at the end");
    for (uint32_t i = vector->count; i < vector->count + 8; i++) {
        check(out[i] == 0, vector->name, vector->count + 8, "not zero after the end");
    }
}

static void test_unknown_coding_is_refused(void)
{
    sqz_filters_t filters = huffman_cases[0].filters;
    sqz_tables_t tables;
    sqz_decoder_t decoder;
    int8_t out[1] = {UNTOUCHED};

    filters.coding = 3;
    check(sqz_decoder_open(&decoder, &filters, &tables) == SQZ_ERR_BITSTREAM, "coding 3", 0,
          "not refused");
    check(sqz_decoder_read(&decoder, out, 1) == SQZ_ERR_BITSTREAM && out[0] == 0, "coding 3", 1,
          "not zero");
}

int main(void)
{
    static const uint32_t chunks[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, MAX_WEIGHTS};
    const size_t cases = sizeof huffman_cases / sizeof huffman_cases[0];

    for (size_t i = 0; i < cases; i++) {
        for (size_t k = 0; k < sizeof chunks / sizeof chunks[0]; k++) {
            test_case(&huffman_cases[i], chunks[k]);
            test_wide_case(&huffman_cases[i], chunks[k], (uint32_t)(i + k) % 9);
        }
        if (huffman_cases[i].status == SQZ_OK) {
            test_cut_anywhere(&huffman_cases[i]);
        }
        test_reading_on_after_the_end_is_an_error(&huffman_cases[i]);
    }
    test_unknown_coding_is_refused();
    printf("test_huffman: %u cases, %d failures\n", (unsigned)cases, failures);
    return failures != 0;
}
