/* sqz_strip.h - private: one row of a tile of filters, computed and folded.
 *
 * A tile is some filters, decoded, four to a group. A strip is what a tile makes of one output
 * row. Kernels differ in what they do with strips: store, pool, average or sum them.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_STRIP_H
#define SQZ_STRIP_H

#include "sqz_dot.h"
#include "sqz_kernels.h"

/* A tile of filters, ready to be applied. */
typedef struct {
    const sqz_conv_t *layer;
    const sqz_work_t *work;
    int32_t filter_weights; /* of one filter */
    int32_t group_bytes;    /* from one group in work->tile to the next */
    int32_t first;          /* channel of the layer */
    int32_t channels;       /* filters that exist; the others of the last group are zeros */
    int32_t form;           /* SQZ_REQUANTIZE_..., EXACT where something follows it */
    int32_t row_held;       /* by lists: output row whose inputs lie in work->window; -1: none */
} sqz_tile_t;

/* Where a strip's outputs go: channel c of pixel x is at[x * stride + c]. */
typedef struct {
    uint8_t *at;
    int32_t stride;
} sqz_strip_t;

/* Another way to do what sqz_tile_read and sqz_strip_compute do. */
struct sqz_engine {
    void (*read)(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work);
    void (*strip)(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip);
};

/* The usual way. */
void sqz_products_read(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work);
void sqz_products_strip(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip);

static inline int32_t sqz_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static inline int32_t sqz_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Keep the first error of a run. */
static inline void sqz_note(sqz_work_t *work, sqz_status_t status)
{
    if (work->status == SQZ_OK) {
        work->status = status;
    }
}

/* Lists of weights that are not 0 pay where a product costs about an instruction. Where sixteen take
 * one, the engines that have lists compute product by product: by tiles of as many filters as there
 * is room for where a tile of lists would lie, one group at least, and in sqz_fire all. */
#if defined(__ARM_FEATURE_MVE) && !defined(SQZ_PORTABLE)
#define SQZ_HAS_LISTS 0
static inline void sqz_products_read_within(sqz_tile_t *tile, sqz_decoder_t *decoder,
                                            sqz_work_t *work)
{
    const int32_t room = work->tile_bytes / tile->group_bytes * SQZ_GROUP;

    tile->channels = sqz_min(tile->channels, room);
    sqz_products_read(tile, decoder, work);
}
#else
#define SQZ_HAS_LISTS 1
#endif

/* Bytes of one group of filters with K weights each. */
static inline int32_t sqz_group_bytes(int32_t k)
{
    return SQZ_GROUP * sqz_lane_bytes(k);
}

/* Begin LAYER's weight stream. */
void sqz_tiles_open(sqz_decoder_t *decoder, const sqz_conv_t *layer, sqz_work_t *work);

/* Filters, decoded, in groups of four. */
typedef struct {
    uint8_t *at;
    int32_t filters; /* those missing in the last group are zeros */
    int32_t k;       /* weights of each */
    int32_t lift;
} sqz_groups_t;

/* Decode GROUPS; ROOM, of two filters, holds one meanwhile. */
void sqz_groups_read(const sqz_groups_t *groups, sqz_decoder_t *decoder, void *room,
                     sqz_work_t *work);

/* Decode the tile of LAYER that begins with filter FIRST into WORK; tiles come in order. */
void sqz_tile_read(sqz_tile_t *tile, const sqz_conv_t *layer, int32_t first,
                   sqz_decoder_t *decoder, sqz_work_t *work);

/* Compute row ROW of TILE's filters into STRIP. */
void sqz_strip_compute(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip);

/* Add row ROW of the bypassed map to STRIP, the same row of TILE's filters. */
static inline void sqz_strip_add(const sqz_tile_t *tile, int32_t row, sqz_strip_t strip)
{
    const sqz_add_t *const add = tile->work->add;
    const sqz_map_t *const other = &add->other;
    const int32_t first = tile->layer->first_channel + tile->first;
    const int32_t row_bytes = other->width * other->channels;
    const uint8_t *const from = tile->work->addend + row % other->held * row_bytes + first;

    sqz_profile(add->layer, SQZ_PHASE_OTHER);
    add->row(add, from, strip.at, strip.stride, tile->channels);
    sqz_trace(add->layer, row, 1, first, tile->channels, strip.stride, strip.at);
}

/* Fold a strip, CHANNELS of row ROW of POOL's input, into the output rows it belongs to; rows and
 * pixels of OUT are ROW_BYTES and STRIDE apart, HELD rows are a ring. */
typedef struct {
    uint8_t *at;
    int32_t row_bytes;
    int32_t stride;
    int32_t held;
} sqz_pooled_t;
void sqz_strip_pool(const sqz_maxpool_t *pool, sqz_strip_t strip, int32_t channels, int32_t row,
                    const sqz_pooled_t *out);

#endif /* SQZ_STRIP_H */
