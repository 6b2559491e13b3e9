/* sqz_values_read.c - the weights of a tile, sorted by value.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_values.h"

enum { VALUES = 256 }; /* an int8 weight, taken as a byte */

/* Positions of equal weights of one filter, chained; counted from 1, so that 0 ends a chain. */
typedef struct {
    sqz_half_t *last; /* [VALUES] position of a value; 0: it does not occur */
    sqz_half_t *next; /* [k + 1] from a position to the one before it */
    uint8_t *values;  /* [VALUES] those that occur */
    sqz_weight_t *weights; /* [k, rounded up to 4], zeros behind the last */
} chains_t;

/* Where lists go. END is behind the last place that is free for the filter. */
typedef struct {
    sqz_half_t *to;
    const sqz_half_t *end;
    int32_t most_runs;
    uint32_t lift;
} room_t;

static chains_t chains_in(uint8_t *room, int32_t k)
{
    chains_t chains = {.last = (sqz_half_t *)(void *)room};

    chains.next = chains.last + VALUES;
    chains.values = (uint8_t *)(chains.next + k + 1);
    chains.weights = (sqz_weight_t *)(void *)(chains.values + VALUES);
    memset(chains.last, 0, VALUES * sizeof(*chains.last));
    memset(chains.weights + k, 0, (uint32_t)(-k & 3) * sizeof(*chains.weights));
    return chains;
}

/* Chain all weights that are not 0; returns how many values occur. */
static int32_t chain(const chains_t *chains, int32_t k)
{
    const sqz_weight_t *weights = chains->weights;
    sqz_half_t *const last = chains->last;
    sqz_half_t *next = chains->next;
    uint8_t *value = chains->values;

/* Weight I of four; most are 0. */
#define CHAIN(i)                                     \
    do {                                             \
        const uint32_t weight = (uint8_t)weights[i]; \
                                                     \
        if (weight != 0) {                           \
            const uint32_t before = last[weight];    \
                                                     \
            next[(i) + 1] = (uint16_t)before;        \
            last[weight] = (uint16_t)(at + (i));     \
            if (before == 0) {                       \
                *value++ = (uint8_t)weight;          \
            }                                        \
        }                                            \
    } while (0)

    for (int32_t at = 1; at <= k; at += 4, weights += 4, next += 4) {
        CHAIN(0);
        CHAIN(1);
        CHAIN(2);
        CHAIN(3);
    }
    return (int32_t)(value - chains->values);
}

/* Write the list of DISTINCT chains, and empty them; returns what did not fit. */
static int32_t list(const chains_t *chains, int32_t distinct, room_t *room)
{
    const sqz_half_t *const next = chains->next;
    sqz_half_t *to = room->to;
    int32_t runs = room->most_runs;
    int32_t lost = 0;

    for (int32_t i = 0; i < distinct; i++) {
        const uint32_t value = chains->values[i];
        const int32_t weight = (int8_t)(uint8_t)value;
        const uint32_t lifted = (uint32_t)weight << room->lift;
        uint32_t at = chains->last[value];

        chains->last[value] = 0;
        for (; at != 0 && runs > 0 && room->end - to > 2; runs--) {
            sqz_half_t *const head = to;
            to += 2;
            const sqz_half_t *const most
                = room->end - to > SQZ_LANE_RUN ? to + SQZ_LANE_RUN : room->end;

            do {
                *to++ = (uint16_t)(SQZ_ROW_BYTES * at);
                at = next[at];
            } while (at != 0 && to != most);
            head[0] = (uint16_t)(to - head - 2);
            head[1] = (uint16_t)lifted;
        }
        lost |= (int32_t)at;
    }
    *to++ = 0;
    room->to = to;
    return lost;
}

void sqz_values_read(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work)
{
    const int32_t k = tile->filter_weights;
    const chains_t chains = chains_in(work->window, k);
    sqz_half_t *const begin = work->tile;
    room_t room = {
        .to = begin,
        .end = begin + work->tile_bytes / (int32_t)sizeof(*begin) - tile->channels,
        .most_runs = work->most_runs,
        .lift = tile->layer->requantizer.lift,
    };

    for (int32_t left = tile->channels; left > 0; left--) {
        sqz_note(work, sqz_read_weights(decoder, chains.weights, k, 0));
        const int32_t distinct = chain(&chains, k);

        if (list(&chains, distinct, &room) != 0) {
            sqz_note(work, SQZ_ERR_BITSTREAM);
        }
        room.end++; /* the place that was kept for this list's end */
    }
}
