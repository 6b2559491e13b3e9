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
    int8_t *weights;  /* [k] */
    int32_t distinct;
    int32_t nonzero;
} chains_t;

static void open_chains(chains_t *chains, uint8_t *room, int32_t k)
{
    chains->last = (sqz_half_t *)(void *)room;
    chains->next = chains->last + VALUES;
    chains->values = (uint8_t *)(chains->next + k + 1);
    chains->weights = (int8_t *)chains->values + VALUES;
    memset(chains->last, 0, VALUES * sizeof(*chains->last));
}

SQZ_KERNEL static void chain(chains_t *chains, int32_t k)
{
    const uint8_t *const weights = (const uint8_t *)chains->weights;
    sqz_half_t *const last = chains->last;
    sqz_half_t *const next = chains->next;
    uint8_t *value = chains->values;
    int32_t nonzero = 0;

    for (int32_t i = 0; i < k; i++) {
        const uint32_t weight = weights[i];

        if (weight != 0) {
            const uint32_t before = last[weight];

            if (before == 0) {
                *value++ = (uint8_t)weight;
            }
            next[i + 1] = (uint16_t)before;
            last[weight] = (uint16_t)(i + 1);
            nonzero++;
        }
    }
    chains->distinct = (int32_t)(value - chains->values);
    chains->nonzero = nonzero;
}

/* Write the list of CHAINS from TO on, and empty them; returns its end. */
SQZ_KERNEL static sqz_half_t *list(const chains_t *chains, sqz_half_t *to)
{
    for (int32_t i = 0; i < chains->distinct; i++) {
        const uint32_t value = chains->values[i];
        uint32_t at = chains->last[value];

        chains->last[value] = 0;
        while (at != 0) {
            sqz_half_t *const head = to++;
            const sqz_half_t *const most = to + SQZ_LANE_RUN;

            while (at != 0 && to != most) {
                *to++ = (uint16_t)(SQZ_ROW_BYTES * (at - 1));
                at = chains->next[at];
            }
            *head = (uint16_t)(value | (uint32_t)(to - head - 1) << 8);
        }
    }
    *to++ = 0;
    return to;
}

void sqz_values_read(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work)
{
    const int32_t k = tile->filter_weights;
    sqz_half_t *to = (sqz_half_t *)(void *)work->tile;
    const sqz_half_t *const end = to + work->tile_bytes / (int32_t)sizeof(*to);
    chains_t chains;

    open_chains(&chains, work->window, k);
    for (int32_t left = tile->channels; left > 0; left--) {
        sqz_note(work, sqz_decoder_read(decoder, chains.weights, (uint32_t)k));
        chain(&chains, k);
        const int32_t runs = chains.distinct + chains.nonzero / SQZ_LANE_RUN;

        if (runs > work->most_runs || runs + chains.nonzero + left > end - to) {
            sqz_note(work, SQZ_ERR_BITSTREAM);
            memset(chains.last, 0, VALUES * sizeof(*chains.last));
            chains.distinct = 0;
        }
        to = list(&chains, to);
    }
}
