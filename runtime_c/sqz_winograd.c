/* sqz_winograd.c - 3x3 convolutions of stride 1 with a third fewer products.
 *
 * Winograd's F(2, 3) along the row: two neighbouring outputs y of one row, three weights g and
 * four inputs d take four products instead of six (A. Lavin, S. Gray: Fast Algorithms for
 * Convolutional Neural Networks, 2015, section 4.1). Exactly, in integers,
 *
 *     2 y0 = M0 + M1 + M2      M0 = 2 g0 (d0 - d2)            M1 = (g0 + g1 + g2) (d1 + d2)
 *     2 y1 = M1 - M2 + M3      M2 = (g0 - g1 + g2) (d2 - d1)  M3 = -2 g2 (d1 - d3)
 *
 * and the factor 2 is one bit of the requantizer's lift. The rows of the window and its channels
 * add into the same sums, so each M is an inner product of 3 * channels values, for two pairs of
 * pixels and four filters at once. With lift - 1 <= 6 a transformed weight stays below
 * 3 * 128 * 2^6 < 2^15; inputs stay within +-510.
 *
 * It pays where a core multiplies two pairs of 16 bits an instruction. Elsewhere the layer is
 * computed product by product, with the same bits.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_strip.h"

#if SQZ_HAS_PAIRS

enum { SIDE = 3, PARTS = 4 }; /* of the window; products M */

/* A group of four filters is PARTS groups of SIDE * channels values, M0 to M3. */
static int32_t part_values(const sqz_conv_t *layer)
{
    return SIDE * layer->in.channels;
}

/* Four neighbouring weights, int16: 0 and 1, 2 and 3. */
typedef struct {
    uint32_t w01;
    uint32_t w23;
} quad_t;

static inline quad_t load_quad(const int16_t *from)
{
    const quad_t quad = {sqz_load4(from), sqz_load4(from + 2)};

    return quad;
}

static inline quad_t add_quads(quad_t a, quad_t b)
{
    const quad_t sum = {sqz_add16(a.w01, b.w01), sqz_add16(a.w23, b.w23)};

    return sum;
}

static inline quad_t subtract_quads(quad_t a, quad_t b)
{
    const quad_t difference = {sqz_sub16(a.w01, b.w01), sqz_sub16(a.w23, b.w23)};

    return difference;
}

static inline void store_quad(uint32_t *to, quad_t quad)
{
    to[0] = (quad.w01 & 0xffffu) | quad.w23 << 16;
    to[SQZ_GROUP] = quad.w01 >> 16 | (quad.w23 & 0xffff0000u);
}

/* Transform the WEIGHTS [3][3][channels] of one filter into its place in the first part of GROUP;
 * parts are PART_WORDS apart. */
static void transform_filter(const int16_t *weights, int32_t channels, uint32_t *to,
                             int32_t part_words)
{
    const quad_t none = {0, 0};

    for (int32_t row = 0; row < SIDE; row++, weights += SIDE * channels) {
        for (int32_t c = 0; c < channels; c += 4, to += 2 * SQZ_GROUP) {
            const quad_t g0 = load_quad(weights + c);
            const quad_t g1 = load_quad(weights + channels + c);
            const quad_t g2 = load_quad(weights + 2 * channels + c);
            const quad_t ends = add_quads(g0, g2);

            store_quad(to, add_quads(g0, g0));
            store_quad(to + part_words, add_quads(ends, g1));
            store_quad(to + 2 * part_words, subtract_quads(ends, g1));
            store_quad(to + 3 * part_words, subtract_quads(none, add_quads(g2, g2)));
        }
    }
}

static void read(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t part_words = sqz_group_bytes(part_values(layer)) / 4;
    int16_t *const room = work->window;
    uint32_t *const groups = work->tile;

    for (int32_t filter = 0; filter < tile->channels; filter++) {
        uint32_t *const group = groups + filter / SQZ_GROUP * PARTS * part_words;

        if (filter % SQZ_GROUP == 0) { /* values that round a part up stay zeros */
            memset(group, 0, (uint32_t)(PARTS * part_words) * sizeof *group);
        }
        sqz_note(work, sqz_decoder_read16(decoder, room, (uint32_t)tile->filter_weights,
                                          (uint32_t)layer->requantizer.lift - 1));
        transform_filter(room, layer->in.channels, group + filter % SQZ_GROUP, part_words);
    }
}

/* One row of a pair's window: four columns of CHANNELS inputs at FROM, into the four parts of the
 * window at TO. */
static inline void transform_row(const uint8_t *from, int32_t channels, uint32_t *to,
                                 int32_t part_words)
{
    const uint32_t even = sqz_even_bytes;

    for (int32_t c = 0; c < channels; c += 4, to += 4) {
        const uint32_t d0 = sqz_load4(from + c);
        const uint32_t d1 = sqz_load4(from + channels + c);
        const uint32_t d2 = sqz_load4(from + 2 * channels + c);
        const uint32_t d3 = sqz_load4(from + 3 * channels + c);
        uint32_t a = d1 & even;
        uint32_t b = d2 & even;

        to[0] = sqz_sub16(d0 & even, b);
        to[part_words] = sqz_add16(a, b);
        to[2 * part_words] = sqz_sub16(b, a);
        to[3 * part_words] = sqz_sub16(a, d3 & even);
        a = (d1 >> 8) & even;
        b = (d2 >> 8) & even;
        to[2] = sqz_sub16((d0 >> 8) & even, b);
        to[part_words + 2] = sqz_add16(a, b);
        to[2 * part_words + 2] = sqz_sub16(b, a);
        to[3 * part_words + 2] = sqz_sub16(a, (d3 >> 8) & even);
    }
}

/* The window of the pair of pixels that begins at [row, x], in SLOT (0, 1) of all parts. */
static void build(const sqz_tile_t *tile, const uint8_t *in, int32_t row, int32_t x, int32_t slot)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t channels = layer->in.channels;
    const int32_t row_bytes = layer->in.width * channels;
    const int32_t part_words = 2 * sqz_lane_bytes(part_values(layer)) / 4;
    const int32_t left = x - layer->window.padding;
    const int32_t begin = sqz_max(0, -left);
    const int32_t end = sqz_max(begin, sqz_min(PARTS, layer->in.width - left));
    uint32_t *to = (uint32_t *)tile->work->window + slot;
    uint8_t *const room = (uint8_t *)tile->work->window + PARTS * part_words * 4;

    for (int32_t i = 0; i < SIDE; i++, to += channels) {
        const int32_t y = row - layer->window.padding + i;
        const int32_t is_inside = y >= 0 && y < layer->in.height;
        const uint8_t *from = in;

        if (is_inside) {
            from += (y % layer->in.held) * row_bytes + left * channels;
        }
        if (!is_inside || begin > 0 || end < PARTS) {
            memset(room, layer->in_zero_point, (uint32_t)(PARTS * channels));
            if (is_inside && end > begin) {
                memcpy(room + begin * channels, from + begin * channels,
                       (uint32_t)((end - begin) * channels));
            }
            from = room;
        }
        transform_row(from, channels, to, part_words);
    }
}

/* The four products of a group, one after the other: M1 from the biases on; M2, which leaves M1 + M2
 * and M1 - M2 behind; and on top of these M0 and M3, rescaled. Each is a function of its own like
 * those of sqz_dot_dsp.h, for the same reason. */
SQZ_APART void dot_m1(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                      const int32_t bias[SQZ_GROUP], int32_t sum[2 * SQZ_GROUP])
{
    int32_t a0 = bias[0];
    int32_t a1 = bias[1];
    int32_t a2 = bias[2];
    int32_t a3 = bias[3];
    int32_t b0 = a0;
    int32_t b1 = a1;
    int32_t b2 = a2;
    int32_t b3 = a3;

    SQZ_DOT_LOOP(SQZ_DOT_PAIR, x, w, end);
    sum[0] = a0;
    sum[1] = a1;
    sum[2] = a2;
    sum[3] = a3;
    sum[4] = b0;
    sum[5] = b1;
    sum[6] = b2;
    sum[7] = b3;
}

SQZ_INLINE void cross(int32_t *sum, int32_t *difference, int32_t m2)
{
    const uint32_t m1 = (uint32_t)*sum;

    *sum = (int32_t)(m1 + (uint32_t)m2);
    *difference = (int32_t)(m1 - (uint32_t)m2);
}

SQZ_APART void dot_m2(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                      int32_t sum[2 * SQZ_GROUP], int32_t difference[2 * SQZ_GROUP])
{
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;
    int32_t b0 = 0;
    int32_t b1 = 0;
    int32_t b2 = 0;
    int32_t b3 = 0;

    SQZ_DOT_LOOP(SQZ_DOT_PAIR, x, w, end);
    cross(sum, difference, a0);
    cross(sum + 1, difference + 1, a1);
    cross(sum + 2, difference + 2, a2);
    cross(sum + 3, difference + 3, a3);
    cross(sum + 4, difference + 4, b0);
    cross(sum + 5, difference + 5, b1);
    cross(sum + 6, difference + 6, b2);
    cross(sum + 7, difference + 7, b3);
}

SQZ_APART uint64_t dot_rest(const sqz_pairs_t *x, const sqz_pairs_t *w, const sqz_pairs_t *end,
                            const int32_t acc[2 * SQZ_GROUP], const int32_t *factor)
{
    int32_t a0 = acc[0];
    int32_t a1 = acc[1];
    int32_t a2 = acc[2];
    int32_t a3 = acc[3];
    int32_t b0 = acc[4];
    int32_t b1 = acc[5];
    int32_t b2 = acc[6];
    int32_t b3 = acc[7];

    SQZ_DOT_LOOP(SQZ_DOT_PAIR, x, w, end);
    const int32_t a[SQZ_GROUP] = {a0, a1, a2, a3};
    const int32_t b[SQZ_GROUP] = {b0, b1, b2, b3};

    return sqz_rescale8(a, b, factor);
}

/* What a tile's groups have in common: pairs of int16 of a part of the window and of a group. */
typedef struct {
    const sqz_pairs_t *window;
    int32_t window_step;
    int32_t group_step;
    int32_t count; /* pixels of the two pairs that exist */
    uint8_t low;
} parts_t;

/* One group on two pairs of pixels; outputs of a pixel that does not exist land on the first one's
 * place before its own do. */
static inline void apply_pairs(const parts_t *parts, const sqz_pairs_t *group,
                               const int32_t *bias, const int32_t *factor, sqz_strip_t out)
{
    const sqz_pairs_t *const x = parts->window;
    const int32_t step = parts->window_step;
    const int32_t next = parts->group_step;
    int32_t sum[2 * SQZ_GROUP];
    int32_t difference[2 * SQZ_GROUP];

    dot_m1(x + step, group + next, x + 2 * step, bias, sum);
    dot_m2(x + 2 * step, group + 2 * next, x + 3 * step, sum, difference);
    const uint64_t first = dot_rest(x, group, x + step, sum, factor);
    const uint64_t second =
        dot_rest(x + 3 * step, group + 3 * next, x + 4 * step, difference, factor);

    sqz_store4(parts->count > 3 ? out.at + 3 * out.stride : out.at, (uint32_t)(second >> 32),
               parts->low);
    sqz_store4(out.at + 2 * out.stride, (uint32_t)(first >> 32), parts->low);
    sqz_store4(out.at + out.stride, (uint32_t)second, parts->low);
    sqz_store4(out.at, (uint32_t)first, parts->low);
}

/* The same on the first pair alone. */
static inline void apply_last(const parts_t *parts, const sqz_pairs_t *group,
                              const int32_t *bias, const int32_t *factor, sqz_strip_t out)
{
    const sqz_pairs_t *const x = parts->window;
    const int32_t step = parts->window_step;
    const int32_t next = parts->group_step;
    int32_t sum[SQZ_GROUP] = {bias[0], bias[1], bias[2], bias[3]};
    int32_t m2[SQZ_GROUP] = {0, 0, 0, 0};
    int32_t difference[SQZ_GROUP];

    sqz_dot_last(x + step, group + next, x + 2 * step, sum);
    sqz_dot_last(x + 2 * step, group + 2 * next, x + 3 * step, m2);
    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        cross(sum + i, difference + i, m2[i]);
    }
    sqz_dot_last(x, group, x + step, sum);
    sqz_dot_last(x + 3 * step, group + 3 * next, x + 4 * step, difference);
    const uint32_t second = sqz_rescale4(difference, factor, parts->low);
    const uint32_t first = sqz_rescale4(sum, factor, parts->low);

    memcpy(parts->count > 1 ? out.at + out.stride : out.at, &second, sizeof second);
    memcpy(out.at, &first, sizeof first);
}

/* All filters of TILE on the two pairs of pixels in its window, of which COUNT (1..4) exist. */
static void apply(const sqz_tile_t *tile, sqz_strip_t out, int32_t count)
{
    const sqz_requantizer_t *const requantizer = &tile->layer->requantizer;
    const int32_t values = part_values(tile->layer);
    const int32_t each = (int32_t)sizeof(sqz_pairs_t);
    const parts_t parts = {
        .window = sqz_pairs(tile->work->window),
        .window_step = 2 * sqz_lane_bytes(values) / each,
        .group_step = sqz_group_bytes(values) / each,
        .count = count,
        .low = requantizer->low,
    };
    const int32_t all = requantizer->factor[0];
    const int32_t shared[SQZ_GROUP] = {all, all, all, all};
    const int32_t step = requantizer->per_filter ? SQZ_GROUP : 0;
    const int32_t *factor = step ? requantizer->factor + tile->first : shared;
    const int32_t *bias = tile->layer->bias + tile->first;
    const sqz_pairs_t *group = sqz_pairs(tile->work->tile);
    const uint8_t *const end = out.at + tile->channels;

    for (; out.at != end; out.at += SQZ_GROUP, bias += SQZ_GROUP, factor += step) {
        if (count > 2) {
            apply_pairs(&parts, group, bias, factor, out);
        } else {
            apply_last(&parts, group, bias, factor, out);
        }
        group += PARTS * parts.group_step;
    }
}

static void strip(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t out)
{
    const int32_t width = tile->layer->out.width;

    for (int32_t x = 0; x < width; x += 4) {
        const sqz_strip_t here = {.at = out.at + x * out.stride, .stride = out.stride};

        build(tile, in, row, x, 0);
        if (x + 2 < width) {
            build(tile, in, row, x + 2, 1);
        }
        apply(tile, here, sqz_min(4, width - x));
    }
}

const sqz_engine_t sqz_by_winograd = {.read = read, .strip = strip};

#else

const sqz_engine_t sqz_by_winograd = {.read = sqz_products_read, .strip = sqz_products_strip};

#endif
