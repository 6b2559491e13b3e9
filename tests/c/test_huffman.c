/* test_huffman.c - the decoder gives out every vector's weights, however many are read at once.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <stdio.h>
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
    static const uint32_t chunks[] = {1, 3, 7, 8, 9, MAX_WEIGHTS};
    const size_t cases = sizeof huffman_cases / sizeof huffman_cases[0];

    for (size_t i = 0; i < cases; i++) {
        for (size_t k = 0; k < sizeof chunks / sizeof chunks[0]; k++) {
            test_case(&huffman_cases[i], chunks[k]);
        }
        test_reading_on_after_the_end_is_an_error(&huffman_cases[i]);
    }
    test_unknown_coding_is_refused();
    printf("test_huffman: %u cases, %d failures\n", (unsigned)cases, failures);
    return failures != 0;
}
