/* sqz_huffman.c - canonical Huffman decoder: a table for short codes, a search for long ones.
 *
 * Where a stream has bits enough, weights are decoded three (dense) or eight (block) at a time
 * from windows of 25 bits, without a look at the stream's end; near the end, one at a time.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_huffman.h"

#include <string.h>

/* What a constant parameter must reach; compilers would share one copy. */
#ifdef __GNUC__
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

#define MAX_SYMBOLS 256
#define BLOCK_WEIGHTS 8

/* What a load of 32 bits holds wherever it begins in its first byte. Where so many are left, the
 * load stays inside of the stream. */
#define WINDOW_BITS 25

/* An entry of at least this is of a longer or invalid code; a window may be shifted by its
 * length, and no three lengths with it are a window. */
#define LONG_ENTRY (31u << 8)

SQZ_STATIC_ASSERT(2 * SQZ_DENSE_BITS <= WINDOW_BITS && WINDOW_BITS < LONG_ENTRY >> 8);
SQZ_STATIC_ASSERT(3 * SQZ_BLOCK_BITS <= WINDOW_BITS && SQZ_BLOCK_BITS == 8);
SQZ_STATIC_ASSERT(SQZ_MAX_CODE_LENGTH <= WINDOW_BITS);
SQZ_STATIC_ASSERT(SQZ_MAX_CODE_LENGTH == SQZ_BLOCK_BITS + SQZ_LONG_LENGTHS);

/* Numbers of 0..127 with their 7 bits reversed. */
#define REVERSED_2(n) (n), (n) + 64
#define REVERSED_4(n) REVERSED_2(n), REVERSED_2((n) + 32)
#define REVERSED_8(n) REVERSED_4(n), REVERSED_4((n) + 16)
#define REVERSED_16(n) REVERSED_8(n), REVERSED_8((n) + 8)
#define REVERSED_32(n) REVERSED_16(n), REVERSED_16((n) + 4)
#define REVERSED_64(n) REVERSED_32(n), REVERSED_32((n) + 2)
static const uint8_t reversed[128] = {REVERSED_64(0), REVERSED_64(1)};

/* For each set of flags, 3 bits a weight that is not zero: its place, the last one lowest; and
 * how many there are in the highest 4 bits. */
#define FLAG(f, k) ((uint32_t)(f) >> (k) & 1u)
#define FLAGS_4(f, k) (FLAG(f, k) + FLAG(f, (k) + 1) + FLAG(f, (k) + 2) + FLAG(f, (k) + 3))
#define FLAGS_8(f) (FLAGS_4(f, 0) + FLAGS_4(f, 4))
#define FLAGS_ABOVE(f, k) FLAGS_8((uint32_t)(f) >> ((k) + 1))
#define PLACE(f, k) (FLAG(f, k) * (k##u << 3 * FLAGS_ABOVE(f, k)))
#define PLACES(f)                                                                              \
    (FLAGS_8(f) << 28 | PLACE(f, 1) | PLACE(f, 2) | PLACE(f, 3) | PLACE(f, 4) | PLACE(f, 5) |  \
     PLACE(f, 6) | PLACE(f, 7))
#define PLACES_4(f) PLACES(f), PLACES((f) + 1), PLACES((f) + 2), PLACES((f) + 3)
#define PLACES_16(f) PLACES_4(f), PLACES_4((f) + 4), PLACES_4((f) + 8), PLACES_4((f) + 12)
#define PLACES_64(f) PLACES_16(f), PLACES_16((f) + 16), PLACES_16((f) + 32), PLACES_16((f) + 48)
static const uint32_t places[256] = {PLACES_64(0), PLACES_64(64), PLACES_64(128), PLACES_64(192)};

/* Symbols may be indexed only after this: the counts fit a code, and add up to symbol_count. */
static int32_t is_possible(const sqz_code_t *code)
{
    int32_t free_words = 1; /* of the length so far */
    int32_t symbols = 0;

    if (code->symbol_count == 0) {
        return 1; /* an empty code has no counts */
    }
    for (int32_t length = 1; length <= SQZ_MAX_CODE_LENGTH; length++) {
        free_words = 2 * free_words - code->counts[length];
        symbols += code->counts[length];
        if (free_words < 0) {
            return 0;
        }
    }
    return code->counts[0] == 0 && symbols == code->symbol_count && symbols <= MAX_SYMBOLS;
}

/* The next number when bits are counted from the left, HIGHEST first: 0, 128, 64, 192, 32 ... */
static inline uint32_t next_reversed(uint32_t number, uint32_t highest)
{
    while ((number & highest) != 0) {
        number ^= highest;
        highest >>= 1;
    }
    return number | highest;
}

/* A table of LENGTH bits becomes one of LENGTH + 1 by repetition. Code words of one length are
 * consecutive; the stream's first bit is a code word's highest, so code word n is found at n with
 * its bits reversed, which is the same number when zeros follow n. */
static void build_table(uint16_t *table, uint32_t bits, const sqz_code_t *code)
{
    const uint8_t *symbol = code->symbols;
    uint32_t word = 0;
    uint32_t at = 0;

    for (uint32_t length = 1; length <= bits; length++) {
        const uint32_t half = 1u << (length - 1);
        word *= 2;
        memcpy(table + half, table, half * sizeof *table);
        for (uint32_t n = code->symbol_count != 0 ? code->counts[length] : 0; n > 0; n--) {
            table[at] = (uint16_t)(length << 8 | *symbol++);
            at = next_reversed(at, half);
            word++;
        }
    }
    for (; word < 1u << bits; word++) {
        table[at] = (uint16_t)(LONG_ENTRY | word >> (bits - 8));
        at = next_reversed(at, 1u << (bits - 1));
    }
}

static void note_long_codes(sqz_long_codes_t *long_codes, const sqz_code_t *code)
{
    uint32_t first = 0;
    uint32_t index = 0;

    long_codes->symbols = code->symbols;
    for (uint32_t length = 1; length <= SQZ_MAX_CODE_LENGTH; length++) {
        const uint32_t count = code->symbol_count != 0 ? code->counts[length] : 0;
        first *= 2;
        if (length > SQZ_BLOCK_BITS) {
            const uint32_t k = length - SQZ_BLOCK_BITS - 1;
            long_codes->limits[k] = (uint16_t)((first + count) << (SQZ_MAX_CODE_LENGTH - length));
            long_codes->places[k] = (int16_t)((int32_t)index - (int32_t)first);
        }
        first += count;
        index += count;
    }
}

/* The entry that a larger table would hold for WINDOW, where the table holds ENTRY; 0 if no code
 * word begins so. */
INLINED uint32_t find_long_code(const sqz_long_codes_t *codes, uint32_t entry, uint32_t window)
{
    const uint32_t bits = (entry & 0xff) << SQZ_LONG_LENGTHS |
                          reversed[window >> SQZ_BLOCK_BITS & 127];

    for (uint32_t k = 0; k < SQZ_LONG_LENGTHS; k++) {
        if (bits < codes->limits[k]) {
            const int32_t word = (int32_t)(bits >> (SQZ_LONG_LENGTHS - 1 - k));
            return (SQZ_BLOCK_BITS + 1 + k) << 8 | codes->symbols[word + codes->places[k]];
        }
    }
    return 0;
}

/* Compilers make one instruction of it where a core can load from any address. */
static inline uint32_t load(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

/* At least WINDOW_BITS bits, where WINDOW_BITS are left. */
static inline uint32_t window_at(const uint8_t *bits, uint32_t position)
{
    return load(bits + (position >> 3)) >> (position & 7);
}

/* The same anywhere; zeros after the stream's last byte. */
static uint32_t last_window_at(const sqz_filters_t *filters, uint32_t position)
{
    const uint32_t bytes = (filters->bit_count - position + (position & 7) + 7) >> 3;
    const uint8_t *const from = filters->bits + (position >> 3);
    uint32_t window = 0;

    for (uint32_t k = 0; k < bytes && k < 4; k++) {
        window |= (uint32_t)from[k] << 8 * k;
    }
    return window >> (position & 7);
}

static inline uint32_t bits_left(const sqz_decoder_t *decoder)
{
    return decoder->filters->bit_count - decoder->position;
}

/* The next symbol, as the entry of a table that holds all lengths, by one of BITS bits; 0 for a
 * code word that is invalid or not wholly there. */
static uint32_t read_symbol(sqz_decoder_t *decoder, const uint16_t *table, uint32_t bits,
                            const sqz_long_codes_t *long_codes)
{
    const sqz_filters_t *const filters = decoder->filters;
    const uint32_t window = bits_left(decoder) >= WINDOW_BITS
                                ? window_at(filters->bits, decoder->position)
                                : last_window_at(filters, decoder->position);
    uint32_t entry = table[window & ((1u << bits) - 1)];

    if (entry >= LONG_ENTRY) {
        entry = find_long_code(long_codes, entry, window);
    }
    if (entry >> 8 > bits_left(decoder)) {
        return 0;
    }
    decoder->position += entry >> 8;
    return entry;
}

/* Where weights go: int8 values as bytes, or int16. */
typedef struct {
    void *out;
    uint32_t is_wide;
    uint32_t shift; /* of wide ones */
} sink_t;

/* ENTRY's lower byte is the weight. */
INLINED void put(const sink_t *sink, uint32_t index, uint32_t entry)
{
    if (sink->is_wide) {
        const uint32_t value = (uint32_t)(int32_t)(int8_t)entry;
        ((uint16_t *)sink->out)[index] = (uint16_t)(value << sink->shift);
    } else {
        ((uint8_t *)sink->out)[index] = (uint8_t)entry;
    }
}

INLINED uint8_t *place_of(const sink_t *sink, uint32_t index)
{
    return (uint8_t *)sink->out + (sink->is_wide ? 2 * index : index);
}

/* How many weights lie between the beginnings of FROM and TO. */
INLINED uint32_t weights_between(const sink_t *from, const sink_t *to)
{
    const uint32_t bytes = (uint32_t)((uint8_t *)to->out - (uint8_t *)from->out);
    return from->is_wide ? bytes / 2 : bytes;
}

static inline uint32_t dense_place(uint32_t window)
{
    return window & ((1 << SQZ_DENSE_BITS) - 1);
}

static inline uint32_t block_place(uint32_t window)
{
    return window & ((1 << SQZ_BLOCK_BITS) - 1);
}

static inline uint32_t min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The readers return how many weights they decoded: fewer than COUNT means a damaged stream. */
INLINED uint32_t read_raw(sqz_decoder_t *decoder, const sink_t *sink, uint32_t count)
{
    const uint8_t *const from = decoder->filters->bits + (decoder->position >> 3);
    const uint32_t bytes = min(count, bits_left(decoder) / 8);

    if (sink->is_wide) {
        for (uint32_t k = 0; k < bytes; k++) {
            put(sink, k, from[k]);
        }
    } else if (bytes > 0) {
        memcpy(sink->out, from, bytes);
    }
    decoder->position += 8 * bytes;
    return bytes;
}

/* The next code words are those of E0 and E1, and they are long, or one more is, or all three are
 * longer than a window: the first long one or the third, or 0 for an error, with (how many come
 * before it) << 16. The position is then behind it. */
static uint32_t read_one_of_3(sqz_decoder_t *decoder, uint32_t e0, uint32_t e1)
{
    uint32_t before = 0;

    if (e0 < LONG_ENTRY) {
        decoder->position += e0 >> 8;
        before = 1;
        if (e1 < LONG_ENTRY) {
            decoder->position += e1 >> 8;
            before = 2;
        }
    }
    const uint32_t window = window_at(decoder->filters->bits, decoder->position);
    uint32_t entry = decoder->tables->dense[dense_place(window)];
    if (entry >= LONG_ENTRY) {
        entry = find_long_code(&decoder->long_values, entry, window);
    }
    decoder->position += entry >> 8;
    return before << 16 | entry;
}

enum { DENSE_MARGIN = 2 * SQZ_DENSE_BITS + WINDOW_BITS };

/* Three weights at a time, while DENSE_MARGIN are left: two short code words and a window. Where the
 * three hold a long one, it is the last to count. A weight never takes more than 16 bits. */
INLINED uint32_t read_dense_fast(sqz_decoder_t *decoder, const sink_t *sink, uint32_t count)
{
    const uint8_t *const bits = decoder->filters->bits;
    const uint16_t *const table = decoder->tables->dense;
    uint32_t position = decoder->position;
    uint32_t left = bits_left(decoder);
    sink_t to = *sink;

    while (count >= 3 && left >= DENSE_MARGIN) {
        const sink_t from = to;
        const uint8_t *const last = place_of(&to, min(count - 3, (left - DENSE_MARGIN) / 16));
        do {
            uint32_t window = window_at(bits, position);
            const uint32_t e0 = table[dense_place(window)];
            window >>= e0 >> 8;
            const uint32_t e1 = table[dense_place(window)];
            window >>= e1 >> 8;
            const uint32_t e2 = table[dense_place(window)];
            const uint32_t sum = (e0 >> 8) + (e1 >> 8) + (e2 >> 8);

            put(&to, 0, e0);
            put(&to, 1, e1);
            put(&to, 2, e2);
            if (sum <= WINDOW_BITS) {
                to.out = place_of(&to, 3);
                position += sum;
                continue;
            }
            decoder->position = position;
            const uint32_t entry = read_one_of_3(decoder, e0, e1);
            position = decoder->position;
            to.out = place_of(&to, entry >> 16);
            if ((entry & 0xffff) == 0) {
                return weights_between(sink, &to);
            }
            put(&to, 0, entry);
            to.out = place_of(&to, 1);
        } while ((const uint8_t *)to.out <= last);
        left = decoder->filters->bit_count - position;
        count -= weights_between(&from, &to);
    }
    decoder->position = position;
    return weights_between(sink, &to);
}

static uint32_t read_dense(sqz_decoder_t *decoder, const sink_t *sink, uint32_t done,
                           uint32_t count)
{
    for (; done < count; done++) {
        const uint32_t entry = read_symbol(decoder, decoder->tables->dense, SQZ_DENSE_BITS,
                                           &decoder->long_values);
        if (entry == 0) {
            break;
        }
        put(sink, done, entry);
    }
    return done;
}

/* A place in a block. */
typedef struct {
    const uint8_t *bits;
    const uint16_t *table;
    uint32_t position;
    uint32_t window;
} cursor_t;

INLINED void refill(cursor_t *at)
{
    at->window = window_at(at->bits, at->position);
}

/* Put the value that is RANK-th from the block's last; the window holds a short code word. A long
 * one is left where it is: returns 0. */
INLINED uint32_t put_value(cursor_t *at, const sink_t *sink, uint32_t list, uint32_t rank)
{
    const uint32_t entry = at->table[block_place(at->window)];

    if (entry >= LONG_ENTRY) {
        return 0;
    }
    at->window >>= entry >> 8;
    at->position += entry >> 8;
    put(sink, list >> 3 * (rank - 1) & 7, entry);
    return 1;
}

/* Put the last RANK values of a block, whatever their lengths. Returns 0 for an error. */
INLINED uint32_t put_any_values(cursor_t *at, const sqz_long_codes_t *long_codes,
                                const sink_t *sink, uint32_t list, uint32_t rank)
{
    for (; rank > 0; rank--) {
        refill(at);
        uint32_t entry = at->table[block_place(at->window)];
        if (entry >= LONG_ENTRY) {
            entry = find_long_code(long_codes, entry, at->window);
            if (entry == 0) {
                return 0;
            }
        }
        at->position += entry >> 8;
        put(sink, list >> 3 * (rank - 1) & 7, entry);
    }
    return 1;
}

#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
/* The table of jumps would need a function of the compiler's library. */
INLINED uint32_t put_values(cursor_t *at, const sink_t *sink, uint32_t list)
{
    (void)at;
    (void)sink;
    return list >> 28;
}
#else
/* Put short values until there is none left or a long one. Returns how many are left. */
INLINED uint32_t put_values(cursor_t *at, const sink_t *sink, uint32_t list)
{
    switch (list >> 28) {
    case 8:
        if (!put_value(at, sink, list, 8)) { return 8; }
        /* fall through */
    case 7:
        if (!put_value(at, sink, list, 7)) { return 7; }
        /* fall through */
    case 6:
        refill(at);
        if (!put_value(at, sink, list, 6)) { return 6; }
        /* fall through */
    case 5:
        if (!put_value(at, sink, list, 5)) { return 5; }
        /* fall through */
    case 4:
        if (!put_value(at, sink, list, 4)) { return 4; }
        /* fall through */
    case 3:
        refill(at);
        if (!put_value(at, sink, list, 3)) { return 3; }
        /* fall through */
    case 2:
        if (!put_value(at, sink, list, 2)) { return 2; }
        /* fall through */
    case 1:
        if (!put_value(at, sink, list, 1)) { return 1; }
        /* fall through */
    default:
        return 0;
    }
}
#endif

enum { BLOCK_MARGIN = BLOCK_WEIGHTS * SQZ_MAX_CODE_LENGTH + WINDOW_BITS };

/* Blocks, as long as a whole one fits and BLOCK_MARGIN are left; no weight takes 32 bits. An error
 * is found again by those who read a weight at a time. */
INLINED uint32_t read_blocks_fast(sqz_decoder_t *decoder, const sink_t *sink, uint32_t count)
{
    const uint16_t *const flags = decoder->tables->block.flags;
    cursor_t at = {decoder->filters->bits, decoder->tables->block.values, decoder->position, 0};
    sink_t to = *sink;
    uint32_t left = bits_left(decoder);

    while (count >= BLOCK_WEIGHTS && left >= BLOCK_MARGIN) {
        const sink_t from = to;
        const uint8_t *const last =
            place_of(&to, min(count - BLOCK_WEIGHTS, (left - BLOCK_MARGIN) / 32));
        do {
            refill(&at);
            uint32_t entry = flags[block_place(at.window)];
            if (entry < LONG_ENTRY) {
                at.position += entry >> 8;
                at.window >>= entry >> 8;
            } else {
                entry = find_long_code(&decoder->long_flags, entry, at.window);
                at.position += entry >> 8;
                refill(&at);
            }
            memset(to.out, 0, to.is_wide ? 2 * BLOCK_WEIGHTS : BLOCK_WEIGHTS);
            const uint32_t list = places[entry & 0xff];
            const uint32_t rest = put_values(&at, &to, list);
            if (entry == 0 ||
                (rest != 0 && !put_any_values(&at, &decoder->long_values, &to, list, rest))) {
                return 0;
            }
            to.out = place_of(&to, BLOCK_WEIGHTS);
        } while ((const uint8_t *)to.out <= last);
        left = decoder->filters->bit_count - at.position;
        count -= weights_between(&from, &to);
    }
    decoder->position = at.position;
    return weights_between(sink, &to);
}

/* One weight at a time, from any place in a block. */
static uint32_t read_blocks(sqz_decoder_t *decoder, const sink_t *sink, uint32_t done,
                            uint32_t count)
{
    for (; done < count; done++) {
        uint32_t entry = 0;
        if (decoder->block_left == 0) {
            entry = read_symbol(decoder, decoder->tables->block.flags, SQZ_BLOCK_BITS,
                                &decoder->long_flags);
            if (entry == 0) {
                break;
            }
            decoder->block_flags = entry & 0xff;
            decoder->block_left = BLOCK_WEIGHTS;
            entry = 0;
        }
        if ((decoder->block_flags & 1) != 0) {
            entry = read_symbol(decoder, decoder->tables->block.values, SQZ_BLOCK_BITS,
                                &decoder->long_values);
            if (entry == 0) {
                break;
            }
        }
        decoder->block_flags >>= 1;
        decoder->block_left--;
        put(sink, done, entry);
    }
    return done;
}

/* Returns whether the codes that the layer's coding uses are possible. */
static int32_t build_tables(sqz_decoder_t *decoder, sqz_tables_t *tables)
{
    const sqz_filters_t *const filters = decoder->filters;

    if (!is_possible(&filters->values)) {
        return 0;
    }
    note_long_codes(&decoder->long_values, &filters->values);
    if (filters->coding == SQZ_CODING_DENSE) {
        build_table(tables->dense, SQZ_DENSE_BITS, &filters->values);
        return 1;
    }
    if (!is_possible(&filters->flags)) {
        return 0;
    }
    note_long_codes(&decoder->long_flags, &filters->flags);
    build_table(tables->block.values, SQZ_BLOCK_BITS, &filters->values);
    build_table(tables->block.flags, SQZ_BLOCK_BITS, &filters->flags);
    return 1;
}

sqz_status_t sqz_decoder_open(sqz_decoder_t *decoder, const sqz_filters_t *filters,
                              sqz_tables_t *tables)
{
    memset(decoder, 0, sizeof *decoder);
    decoder->filters = filters;
    decoder->tables = tables;
    decoder->status = SQZ_OK;

    if (filters->coding > SQZ_CODING_RAW ||
        (filters->coding < SQZ_CODING_RAW && !build_tables(decoder, tables))) {
        decoder->status = SQZ_ERR_BITSTREAM;
    }
    return decoder->status;
}

/* Returns how many weights were decoded: fewer than COUNT means a damaged stream. */
INLINED uint32_t read_some(sqz_decoder_t *decoder, const sink_t *sink, uint32_t count)
{
    uint32_t done = 0;
    sink_t rest = *sink;

    switch (decoder->filters->coding) {
    case SQZ_CODING_DENSE:
        done = read_dense_fast(decoder, sink, count);
        return read_dense(decoder, sink, done, count);
    case SQZ_CODING_BLOCK:
        done = read_blocks(decoder, sink, 0, min(count, decoder->block_left));
        if (decoder->block_left == 0) {
            rest.out = place_of(sink, done);
            done += read_blocks_fast(decoder, &rest, count - done);
        }
        return read_blocks(decoder, sink, done, count);
    default: return read_raw(decoder, sink, count);
    }
}

sqz_status_t sqz_decoder_read(sqz_decoder_t *decoder, int8_t *out, uint32_t count)
{
    const sink_t sink = {out, 0, 0};
    const uint32_t done = decoder->status == SQZ_OK ? read_some(decoder, &sink, count) : 0;

    if (done < count) {
        memset(out + done, 0, count - done);
        decoder->status = SQZ_ERR_BITSTREAM;
    }
    return decoder->status;
}

sqz_status_t sqz_decoder_read16(sqz_decoder_t *decoder, int16_t *out, uint32_t count,
                                uint32_t shift)
{
    const sink_t sink = {out, 1, shift};
    const uint32_t done = decoder->status == SQZ_OK ? read_some(decoder, &sink, count) : 0;

    if (done < count) {
        memset(out + done, 0, (count - done) * sizeof *out);
        decoder->status = SQZ_ERR_BITSTREAM;
    }
    return decoder->status;
}
