/* sqz_nonzeros.c - convolutions that skip weights of 0: the engine for pruned filters.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_nonzeros.h"

#include "sqz_block.h"

#if SQZ_HAS_LISTS

/* A list's entries go from TO on, in front of END. */
typedef struct {
    sqz_word_t *to;
    const sqz_word_t *end;
    uint32_t shift; /* of weights */
} room_t;

/* Write the list of K WEIGHTS, whole fours, to ROOM. Returns whether it fits; if not, it is empty. */
static int32_t list(const sqz_weight_t *weights, int32_t k, room_t *room)
{
    sqz_word_t *const head = room->to++;
    sqz_word_t *to = room->to;

/* Entry AT of WEIGHT, which is in the upper half, unless it is 0. */
#define LIST(weight, at)                \
    do {                                \
        const uint32_t upper = (weight); \
                                        \
        if (upper != 0) {               \
            if (to == room->end) {      \
                *head = 0;              \
                return 0;               \
            }                           \
            *to++ = upper | (at);       \
        }                               \
    } while (0)

/* Weights I and I + 1 of four; most are 0. */
#if SQZ_HAS_PAIRS
#define LIST_2(i)                                                 \
    do {                                                          \
        const uint32_t two = sqz_load4(weights + (i));            \
                                                                  \
        if (two != 0) {                                           \
            LIST(two << 16, at + SQZ_ROW_BYTES * (i));            \
            LIST(two & 0xffff0000u, at + SQZ_ROW_BYTES * ((i) + 1)); \
        }                                                         \
    } while (0)
#else
#define LIST_2(i)                                                                         \
    do {                                                                                  \
        LIST((uint32_t)weights[i] << room->shift, at + SQZ_ROW_BYTES * (i));              \
        LIST((uint32_t)weights[(i) + 1] << room->shift, at + SQZ_ROW_BYTES * ((i) + 1u)); \
    } while (0)
#endif

    for (uint32_t at = SQZ_ROW_BYTES; k > 0; k -= 4, weights += 4, at += 4 * SQZ_ROW_BYTES) {
        LIST_2(0u);
        LIST_2(2u);
    }
    *head = (uint32_t)(to - room->to);
    room->to = to;
    return 1;
}

static void read(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work)
{
    const int32_t k = tile->filter_weights;
    const int32_t lift = tile->layer->requantizer.lift;
    sqz_weight_t *const weights = work->window;
    sqz_word_t *const begin = work->tile;
    room_t room = {
        .to = begin,
        .end = begin + work->tile_bytes / (int32_t)sizeof(*begin) - (tile->channels - 1),
        .shift = 16 + (uint32_t)sqz_lift_left(lift),
    };

    memset(weights + k, 0, (uint32_t)(-k & 3) * sizeof(*weights));
    for (int32_t left = tile->channels; left > 0; left--) {
        sqz_note(work, sqz_read_weights(decoder, weights, k, lift));
        if (!list(weights, k, &room)) {
            sqz_note(work, SQZ_ERR_BITSTREAM);
        }
        room.end++; /* the place that was kept for the next head */
    }
}

/* All filters of the tile on BLOCK, whose first pixel's outputs begin at STRIP. */
static void apply(const sqz_block_t *block, sqz_strip_t strip)
{
    const uint8_t *const before = block->rows - 2 * SQZ_ROW_BYTES;
    const sqz_word_t *next = block->tile->work->tile;
    sqz_nonzeros_add_t *const add = sqz_nonzeros_adder(block->count);
    sqz_outputs_t out = sqz_outputs_first(block->tile, strip);

    out.count = block->count;
    for (int32_t left = block->tile->channels; left > 0; left--, sqz_outputs_next(&out)) {
        next = add(next, before, &out);
    }
}

static void strip_of(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    sqz_block_t block = sqz_block_first(tile, in, row);

    for (; block.count > 0; sqz_block_next(&block)) {
        const sqz_strip_t out = {
            .at = strip.at + block.first * strip.stride,
            .stride = strip.stride,
        };

        sqz_block_put(&block);
        apply(&block, out);
    }
}

const sqz_engine_t sqz_by_nonzeros = {.read = read, .strip = strip_of};

#else

const sqz_engine_t sqz_by_nonzeros = {
    .read = sqz_products_read_within, .strip = sqz_products_strip
};

#endif
