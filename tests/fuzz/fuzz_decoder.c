/* fuzz_decoder.c - damaged weight streams end in a status, never in an access out of bounds.
 *
 * Alone: fuzz_decoder ROUNDS SEED damages the vectors of tests/vectors. With SQZ_LIBFUZZER and
 * clang's -fsanitize=fuzzer, libFuzzer invents whole layers. Build with the address sanitizer:
 * every buffer is allocated at its exact size.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../c/huffman_vectors.h"

enum { MAX_SYMBOLS = 300, MAX_BYTES = 1024, COUNTS = SQZ_MAX_CODE_LENGTH + 1 };

typedef struct {
    uint16_t counts[COUNTS];
    uint8_t symbols[MAX_SYMBOLS];
    uint16_t symbol_count;
} code_t;

typedef struct {
    uint8_t bits[MAX_BYTES];
    uint32_t bit_count;
    uint8_t coding;
    uint32_t weights;
    code_t values;
    code_t flags;
} layer_t;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t random_state;

/* xorshift32: the same numbers everywhere. */
static uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % bound;
}

static void require(int holds, const char *claim)
{
    if (!holds) {
        fprintf(stderr, "fuzz_decoder: %s\n", claim);
        abort();
    }
}

static void *exact_copy(const void *from, size_t bytes)
{
    void *const copy = malloc(bytes);
    require(copy != NULL || bytes == 0, "out of memory");
    if (bytes > 0) {
        memcpy(copy, from, bytes);
    }
    return copy;
}

/* An empty code has neither counts nor symbols. */
static sqz_code_t open_code(const code_t *code)
{
    sqz_code_t open = {NULL, NULL, code->symbol_count};
    if (code->symbol_count > 0) {
        open.counts = exact_copy(code->counts, sizeof code->counts);
        open.symbols = exact_copy(code->symbols, code->symbol_count);
    }
    return open;
}

static void close_code(const sqz_code_t *code)
{
    free((void *)(uintptr_t)code->counts);
    free((void *)(uintptr_t)code->symbols);
}

/* COUNT weights by way of int16, in memory of the exact size. */
static sqz_status_t read_wide(sqz_decoder_t *decoder, int8_t *out, uint32_t count)
{
    int16_t *const wide = malloc(count * sizeof *wide);
    const uint32_t shift = random_below(9);

    require(wide != NULL || count == 0, "out of memory");
    const sqz_status_t status = sqz_decoder_read16(decoder, wide, count, shift);
    for (uint32_t i = 0; i < count; i++) {
        out[i] = (int8_t)(wide[i] / (1 << shift));
        require(wide[i] == out[i] * (1 << shift), "a weight is not shifted");
    }
    free(wide);
    return status;
}

/* Read all of LAYER into OUT, which held FILL before, a random number of weights at a time. The
 * stream begins OFFSET bytes into its memory. */
static sqz_status_t decode(const layer_t *layer, int8_t *out, int fill, uint32_t offset)
{
    const int is_wide = fill < 0;
    const uint32_t bytes = (layer->bit_count + 7) / 8;
    uint8_t *const memory = malloc(offset + bytes);
    sqz_tables_t *const tables = malloc(sizeof *tables);
    const sqz_code_t values = open_code(&layer->values);
    const sqz_code_t flags = open_code(&layer->flags);
    const sqz_filters_t filters = {memory + offset, layer->bit_count, layer->coding, values,
                                   flags};
    sqz_decoder_t decoder;

    require(memory != NULL || offset + bytes == 0, "out of memory");
    if (bytes > 0) {
        memcpy(memory + offset, layer->bits, bytes);
    }
    require(tables != NULL, "out of memory");
    memset(tables, fill, sizeof *tables);
    memset(&decoder, fill, sizeof decoder);
    memset(out, fill, layer->weights);
    sqz_status_t status = sqz_decoder_open(&decoder, &filters, tables);
    for (uint32_t done = 0; done < layer->weights;) {
        const uint32_t left = layer->weights - done;
        const uint32_t wanted = random_below(40);
        const uint32_t count = wanted < left ? wanted : left;
        const sqz_status_t before = status;

        status = is_wide ? read_wide(&decoder, out + done, count)
                         : sqz_decoder_read(&decoder, out + done, count);
        require(status == SQZ_OK || status == SQZ_ERR_BITSTREAM, "unknown status");
        require(before == SQZ_OK || status == before, "the error did not stick");
        for (uint32_t i = 0; before != SQZ_OK && i < count; i++) {
            require(out[done + i] == 0, "a weight after the error is not zero");
        }
        done += count;
    }
    free(memory);
    free(tables);
    close_code(&values);
    close_code(&flags);
    return status;
}

/* Twice, so that a weight that was not written, or that depends on the reads or on where the
 * stream lies, shows. */
static sqz_status_t check_layer(const layer_t *layer)
{
    int8_t *const once = malloc(layer->weights);
    int8_t *const again = malloc(layer->weights);

    require((once != NULL && again != NULL) || layer->weights == 0, "out of memory");
    const sqz_status_t status = decode(layer, once, 0x55, random_below(4));
    require(decode(layer, again, -0x55, 0) == status, "the status depends on the reads");
    if (layer->weights > 0) {
        require(memcmp(once, again, layer->weights) == 0, "the weights depend on the reads");
    }
    free(once);
    free(again);
    return status;
}

/* DATA: coding, symbol counts too many, 15 counts a code, symbols, then bits. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static layer_t layer;
    size_t at = 2;
    code_t *const codes[2] = {&layer.values, &layer.flags};

    if (size < 2 + 2 * SQZ_MAX_CODE_LENGTH) {
        return 0;
    }
    memset(&layer, 0, sizeof layer);
    random_state = 1;
    layer.coding = data[0] & 3;
    for (int k = 0; k < 2; k++) {
        uint32_t symbols = data[1] & (1U << k);
        for (int length = 1; length <= SQZ_MAX_CODE_LENGTH; length++) {
            codes[k]->counts[length] = data[at++];
            symbols += codes[k]->counts[length];
        }
        codes[k]->symbol_count = (uint16_t)(symbols < MAX_SYMBOLS ? symbols : MAX_SYMBOLS);
        for (uint32_t i = 0; i < codes[k]->symbol_count; i++) {
            codes[k]->symbols[i] = (uint8_t)(i * 37 + 1);
        }
    }
    const size_t left = size - at < MAX_BYTES ? size - at : MAX_BYTES;
    memcpy(layer.bits, data + at, left);
    layer.bit_count = (uint32_t)(8 * left) - (left > 0 ? data[1] >> 5 : 0);
    layer.weights = layer.bit_count + 9;
    check_layer(&layer);
    return 0;
}

#ifndef SQZ_LIBFUZZER

static void load_code(code_t *to, const sqz_code_t *from)
{
    if (from->symbol_count > 0) {
        memcpy(to->counts, from->counts, sizeof to->counts);
        memcpy(to->symbols, from->symbols, from->symbol_count);
    }
    to->symbol_count = from->symbol_count;
}

static void load_layer(layer_t *layer, const huffman_case_t *vector)
{
    memset(layer, 0, sizeof *layer);
    memcpy(layer->bits, vector->filters.bits, (vector->filters.bit_count + 7) / 8);
    layer->bit_count = vector->filters.bit_count;
    layer->coding = vector->filters.coding;
    layer->weights = vector->count;
    load_code(&layer->values, &vector->filters.values);
    load_code(&layer->flags, &vector->filters.flags);
}

static void damage_bits(layer_t *layer)
{
    const uint32_t bytes = (layer->bit_count + 7) / 8;

    switch (random_below(7)) {
    case 0: layer->bit_count = random_below(layer->bit_count + 1); break;
    case 1: memset(layer->bits, 0xff, bytes); break;
    case 2: memset(layer->bits, 0, bytes); break;
    case 3: layer->bit_count += random_below(8 * MAX_BYTES - layer->bit_count); break;
    case 4: layer->weights += random_below(64); break;
    default:
        for (uint32_t flips = random_below(8); bytes > 0 && flips > 0; flips--) {
            layer->bits[random_below(bytes)] ^= (uint8_t)(1U << random_below(8));
        }
    }
}

/* Half of the damaged counts still add up, so that the other checks are reached. */
static void damage_code(code_t *code)
{
    uint32_t symbols = 0;

    switch (random_below(5)) {
    case 0: code->counts[random_below(COUNTS)] = (uint16_t)random_below(65536); break;
    case 1: code->counts[random_below(COUNTS)]++; break;
    case 2: code->counts[random_below(COUNTS)] = 0; break;
    case 3: code->symbol_count = (uint16_t)random_below(MAX_SYMBOLS + 1); break;
    default: code->symbols[random_below(MAX_SYMBOLS)] ^= (uint8_t)random_below(256); break;
    }
    if (random_below(2) != 0) {
        for (uint32_t length = 0; length < COUNTS; length++) {
            symbols += code->counts[length];
        }
        code->symbol_count = (uint16_t)(symbols < MAX_SYMBOLS ? symbols : MAX_SYMBOLS);
    }
}

int main(int argc, char **argv)
{
    static layer_t layer;
    const uint32_t cases = sizeof huffman_cases / sizeof huffman_cases[0];
    uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    uint32_t errors = 0;

    random_state = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) | 1 : 1;
    for (uint32_t round = 0; round < rounds; round++) {
        load_layer(&layer, &huffman_cases[random_below(cases)]);
        for (uint32_t damages = random_below(3); damages > 0; damages--) {
            damage_bits(&layer);
        }
        if (random_below(2) != 0) {
            damage_code(random_below(2) != 0 ? &layer.values : &layer.flags);
        }
        if (random_below(50) == 0) {
            layer.coding = (uint8_t)random_below(256);
        }
        errors += check_layer(&layer) != SQZ_OK;
    }
    printf("%u rounds, %u errors\n", (unsigned)rounds, (unsigned)errors);
    return 0;
}

#endif /* SQZ_LIBFUZZER */
