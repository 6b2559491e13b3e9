/* sqz_huffman.c - canonical Huffman decoder: a table for short codes, a search for long ones.
 *
 * Where a stream has bits enough, weights are decoded three (dense) or eight (block) at a time
 * from windows of 25 bits, without a look at the stream's end; near the end, one at a time.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_huffman.h"

#include <string.h>

#include "sqz_huffman_window.h"

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

/* A decoder's place while it is in registers. */
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

typedef struct {
    uint32_t e0;
    uint32_t e1;
    uint32_t bits; /* of all three; more than WINDOW_BITS: not all of them are right */
} three_t;

INLINED three_t put_3(cursor_t *at, const sink_t *to)
{
    refill(at);
    const uint32_t e0 = at->table[dense_place(at->window)];
    at->window >>= e0 >> 8;
    const uint32_t e1 = at->table[dense_place(at->window)];
    at->window >>= e1 >> 8;
    const uint32_t e2 = at->table[dense_place(at->window)];
    const three_t three = {e0, e1, (e0 >> 8) + (e1 >> 8) + (e2 >> 8)};

    put(to, 0, e0);
    put(to, 1, e1);
    put(to, 2, e2);
    return three;
}

enum { DENSE_MARGIN = 2 * SQZ_DENSE_BITS + WINDOW_BITS };

/* Three weights at a time, while DENSE_MARGIN are left: two code words and a window. A weight
 * never takes 16 bits. */
INLINED uint32_t read_dense_fast(sqz_decoder_t *decoder, const sink_t *sink, uint32_t count)
{
    cursor_t at = {decoder->filters->bits, decoder->tables->dense, decoder->position, 0};
    uint32_t left = bits_left(decoder);
    sink_t to = *sink;

    while (count >= 3 && left >= DENSE_MARGIN) {
        const sink_t from = to;
        const uint8_t *const last = place_of(&to, min(count - 3, (left - DENSE_MARGIN) / 16));
        do {
            const three_t three = put_3(&at, &to);
            if (three.bits <= WINDOW_BITS) {
                at.position += three.bits;
                to.out = place_of(&to, 3);
                continue;
            }
            decoder->position = at.position;
            const uint32_t entry = read_one_of_3(decoder, three.e0, three.e1);
            at.position = decoder->position;
            to.out = place_of(&to, entry >> 16);
            if ((entry & 0xffff) == 0) {
                return weights_between(sink, &to);
            }
            put(&to, 0, entry);
            to.out = place_of(&to, 1);
        } while ((const uint8_t *)to.out <= last);
        left = decoder->filters->bit_count - at.position;
        count -= weights_between(&from, &to);
    }
    for (; count > 0 && count < 3 && left >= DENSE_MARGIN; count--) { /* with short code words */
        refill(&at);
        const uint32_t entry = at.table[dense_place(at.window)];
        if (entry >= LONG_ENTRY) {
            break;
        }
        put(&to, 0, entry);
        to.out = place_of(&to, 1);
        at.position += entry >> 8;
        left -= entry >> 8;
    }
    decoder->position = at.position;
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
