/* sqz_kernels.h - one kernel a layer kind; each computes some rows of its output.
 *
 * All kernels take LAYER, IN, OUT, FIRST_ROW, ROWS, WORK: they compute output rows
 * [FIRST_ROW, FIRST_ROW + ROWS), reading and writing rings as the layer's descriptor says, and
 * expect the input rows which these windows need to be there. ROWS may be 0.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef SQZ_KERNELS_H
#define SQZ_KERNELS_H

#include "sqz_huffman.h"
#include "sqz_requantize.h"
#include "sqz_types.h"

/* Filters that are computed at once; a tile is a few such groups. */
#define SQZ_GROUP 4

/* Room for one filter of WEIGHTS weights in a tile, or for one pixel's inputs in a window. Layouts
 * are the kernels' own: int16 in fours or, if there are more than 16, in sixteens; or int8 in
 * sixteens and an int32. */
#define SQZ_UP_TO(count, size) (((count) + (size) - 1) / (size) * (size))
#define SQZ_PAIRS_BYTES(weights) (2 * SQZ_UP_TO(weights, (weights) > 16 ? 16 : 4))
#define SQZ_BYTES_BYTES(weights) (SQZ_UP_TO(weights, 16) + 4)
#define SQZ_FILTER_BYTES(weights)                               \
    (SQZ_PAIRS_BYTES(weights) > SQZ_BYTES_BYTES(weights)        \
         ? SQZ_PAIRS_BYTES(weights) : SQZ_BYTES_BYTES(weights))

/* The same for a 3x3 filter of CHANNELS inputs that sqz_by_winograd computes, and for one of two
 * pairs of pixels. */
#define SQZ_WINOGRAD_FILTER_BYTES(channels) (4 * SQZ_FILTER_BYTES(3 * (channels)))

/* What a step needs in the arena beside its tensors while it takes a turn: the lookup tables
 * (sqz_fire: two) and, behind them, these parts. Offsets in bytes, multiples of 4; 0: none.
 *
 * tile        [tile_channels] filters of the largest layer, each SQZ_FILTER_BYTES; or their lists
 * window      [2] pixels, each SQZ_FILTER_BYTES, and a window as it is gathered, rounded up to 16
 * strip       [width of a row, tile_channels], where outputs are not stored
 * run         sqz_fire: [filters of the squeeze, in whole groups] of tile_channels weights, each
 *             SQZ_FILTER_BYTES
 * run_window  sqz_fire: [2] pixels of tile_channels, each SQZ_FILTER_BYTES
 * open_rows   sqz_fire with a pool: [open rows, width of the pool's output, tile_channels]
 * runs        sqz_by_values: sums of MOST_RUNS runs
 *
 * By lists TILE and WINDOW are as sqz_values.h says, and no less than products of int8 in vectors
 * need, in tiles of SQZ_GROUP filters; of sqz_fire, in tiles of tile_channels. */
typedef struct {
    uint32_t tile;
    uint32_t window;
    uint32_t strip;
    uint32_t run;
    uint32_t run_window;
    uint32_t open_rows;
    uint32_t runs;
    uint32_t tile_bytes;    /* of TILE, where a layer goes by lists */
    uint16_t tile_channels; /* filters that are decoded and used at once, whole groups */
    uint16_t most_runs;     /* sqz_by_values: of equal weights in a filter */
} sqz_scratch_t;

/* An activation as a kernel sees it. */
typedef struct {
    uint16_t height;
    uint16_t width;
    uint16_t channels;
    uint16_t held; /* rows in the buffer; height for a whole map */
} sqz_map_t;

/* A map that is added to the outputs of convolutions, as a bypass does: a * FACTOR +
 * b * OTHER_FACTOR + BIAS, modulo 2^32, is shifted right by SHIFT, 14..31, half away from zero. ROW
 * is sqz_add_row, so that it is linked only where something is added. */
typedef struct sqz_add sqz_add_t;
struct sqz_add {
    uint16_t layer;
    uint8_t shift;
    uint8_t zero_point;
    uint8_t low; /* zero_point where a ReLU follows, else 0 */
    sqz_map_t other;
    int32_t factor;
    int32_t other_factor;
    int32_t bias;
    void (*row)(const sqz_add_t *add, const uint8_t *other, uint8_t *at, int32_t stride,
                int32_t channels);
};

/* Add CHANNELS of a row of the map, OTHER on, to those at AT, whose pixels are STRIDE apart. */
void sqz_add_row(const sqz_add_t *add, const uint8_t *other, uint8_t *at, int32_t stride,
                 int32_t channels);

/* The scratch of the step that is running, and the first error of a run. */
typedef struct {
    sqz_tables_t *tables;
    void *tile;
    void *window;
    uint8_t *strip;
    void *run;
    void *run_window;
    uint8_t *open_rows;
    void *runs;
    const sqz_add_t *add;  /* follows the outputs of the step's convolutions; NULL: nothing does */
    const uint8_t *addend; /* the map that it adds */
    int32_t tile_bytes;
    int32_t tile_channels;
    int32_t most_runs;
    sqz_status_t status;
} sqz_work_t;

/* Let WORK's scratch lie at AT, word aligned, as LAYOUT says; its status stays, nothing is added. */
void sqz_scratch(sqz_work_t *work, uint8_t *at, const sqz_scratch_t *layout);

/* Let the step's convolutions be followed by ADD, which adds the map OTHER. */
void sqz_add(sqz_work_t *work, const sqz_add_t *add, const uint8_t *other);

/* A window that slides over an activation; padding is on all four sides. */
typedef struct {
    uint8_t height;
    uint8_t width;
    uint8_t stride;
    uint8_t padding;
} sqz_window_t;

/* How a convolution is computed: product by product; without those of zeros; by distinct
 * weight values; 3x3 with fewer products. Only what a descriptor names is linked. */
typedef struct sqz_engine sqz_engine_t;
extern const sqz_engine_t sqz_by_nonzeros;
extern const sqz_engine_t sqz_by_values;
extern const sqz_engine_t sqz_by_winograd;

typedef struct {
    uint16_t layer;         /* index handed to sqz_trace */
    uint16_t out_channels;  /* filters of this layer */
    uint16_t first_channel; /* where they lie in the output map */
    uint8_t in_zero_point;
    sqz_map_t in;
    sqz_map_t out;
    sqz_window_t window;
    const int32_t *bias;   /* [out_channels] */
    const uint8_t *remap;  /* [256], applied to every output; NULL: none */
    const sqz_engine_t *engine; /* NULL: product by product */
    sqz_requantizer_t requantizer;
    sqz_filters_t filters;
} sqz_conv_t;

typedef struct {
    uint16_t layer;
    sqz_map_t in;
    sqz_map_t out;
    sqz_window_t window;
} sqz_maxpool_t;

typedef struct {
    uint16_t layer;
    sqz_map_t in; /* the output has the same height, width and channels */
    uint16_t out_held;
    const uint8_t *table; /* [channels][256] */
} sqz_lookup_t;

/* The head: a convolution whose output is only averaged, never stored. */
typedef struct {
    sqz_conv_t conv;   /* conv.out is its unstored output */
    int32_t zero_sum;  /* QUANTIZED: pixels * zero_point, subtracted from each sum */
    uint32_t m;        /* QUANTIZED: bits of the float32 multiplier; 0: logits are the sums */
} sqz_conv_average_t;

/* First input row that window row ROW reads, and the end of those it reads. */
int32_t sqz_rows_begin(const sqz_window_t *window, int32_t row);
int32_t sqz_rows_end(const sqz_window_t *window, int32_t in_height, int32_t row);

/* Rows of a pool's input that its first POOL_ROWS output rows read. */
int32_t sqz_rows_under(const sqz_maxpool_t *pool, int32_t pool_rows);

/* Where a turn that begins at row DONE ends: ROWS further, at most at LIMIT. */
static inline int32_t sqz_turn_end(int32_t done, int32_t rows, int32_t limit)
{
    return rows < limit - done ? done + rows : limit;
}

/* Move COUNT bytes; the two places may overlap. */
void sqz_move(uint8_t *to, const uint8_t *from, uint32_t count);

/* Convolution, requantization and ReLU. IN and OUT must not overlap. */
void sqz_conv(const sqz_conv_t *layer, const uint8_t *in, uint8_t *out, int32_t first_row,
              int32_t rows, sqz_work_t *work);

/* Convolution with the pool that follows it: computes rows [FIRST_ROW, FIRST_ROW + ROWS) of the
 * convolution, which are never stored, and folds them into POOL's output, a ring that also holds
 * the rows whose windows are still open. Rows must come in order. */
void sqz_conv_maxpool(const sqz_conv_t *layer, const sqz_maxpool_t *pool, const uint8_t *in,
                      uint8_t *out, int32_t first_row, int32_t rows, sqz_work_t *work);

/* Convolution with global average: LOGITS [out_channels] are int32 sums over all pixels (or
 * PyTorch's quantized average). Rows must come in order; the first starts the sums. */
void sqz_conv_average(const sqz_conv_average_t *layer, const uint8_t *in, int32_t *logits,
                      int32_t first_row, int32_t rows, sqz_work_t *work);

/* Convolutions whose outputs are summed into the next squeeze at once and never stored. */
typedef struct {
    const sqz_conv_t *convs[2];  /* in the order of their channels; the second may be NULL */
    const sqz_maxpool_t *pool;   /* folded in between; NULL: none */
    uint16_t open_rows;          /* rows of the pool that are open at once: height / stride */
    const sqz_conv_t *squeeze;   /* 1x1; its filters are in order 2 (SPEC.md section 3) */
} sqz_fire_t;

/* Rows [FIRST_ROW, FIRST_ROW + ROWS) of the squeeze, through int32 SUMS [ROWS, width, filters of
 * the squeeze]. Rows of a pool's input that two calls need are computed by both. OUT is written
 * when all reads of IN are done. */
void sqz_fire(const sqz_fire_t *fire, const uint8_t *in, int32_t *sums, uint8_t *out,
              int32_t first_row, int32_t rows, sqz_work_t *work);

/* Maximum over windows. IN and OUT must not overlap. */
void sqz_maxpool(const sqz_maxpool_t *layer, const uint8_t *in, uint8_t *out,
                 int32_t first_row, int32_t rows);

/* Pixels to quantized values, a table a channel. */
void sqz_lookup(const sqz_lookup_t *layer, const uint8_t *in, uint8_t *out, int32_t first_row,
                int32_t rows);

/* The COUNT largest of LOGITS [logit_count], best first, the lower index first on a tie.
 * COUNT <= logit_count. */
void sqz_top(const int32_t *logits, int32_t logit_count, int32_t *best, int32_t count);

#endif /* SQZ_KERNELS_H */
