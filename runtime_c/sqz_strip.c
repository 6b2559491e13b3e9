/* sqz_strip.c - the engine of every convolution: windows of two pixels times groups of filters.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_strip.h"

#include <string.h>

/* The windows of one output row, and the one of them whose columns begin at LEFT. */
typedef struct {
    const sqz_conv_t *layer;
    const uint8_t *in;
    uint8_t *window;
    uint8_t *room; /* one pixel's inputs on their way into the window; NULL: they go straight */
    int32_t left;
    int32_t above;    /* rows of the window that lie in the padding above, */
    int32_t below;    /* and where those in the padding below begin */
    int32_t held_top; /* place in the ring of the first row between */
    int32_t row_bytes;
    int32_t run; /* values of a row of the window */
} view_t;

static view_t view_of_row(const sqz_tile_t *tile, const uint8_t *in, int32_t row)
{
    const sqz_conv_t *const layer = tile->layer;
    const sqz_window_t *const window = &layer->window;
    const int32_t top = row * window->stride - window->padding;
    const int32_t above = sqz_min(window->height, sqz_max(0, -top));
    const int32_t is_whole = layer->in.channels % SQZ_LANES == 0;
    const view_t view = {
        .layer = layer,
        .in = in,
        .window = tile->work->window,
        .room = is_whole ? NULL : tile->work->window + 2 * sqz_lane_bytes(tile->filter_weights),
        .left = -(int32_t)window->padding,
        .above = above,
        .below = sqz_max(above, sqz_min(window->height, layer->in.height - top)),
        .held_top = sqz_max(0, top) % layer->in.held,
        .row_bytes = layer->in.width * layer->in.channels,
        .run = window->width * layer->in.channels,
    };

    return view;
}

/* Values [at, at + count) of pixel SLOT are those FROM on. */
static inline void put(const view_t *view, int32_t slot, int32_t at, const uint8_t *from,
                       int32_t count)
{
    if (view->room == NULL) {
        sqz_window_put(view->window, slot, at, from, count);
    } else {
        sqz_run_copy(view->room + at, from, count);
    }
}

/* Values [at, at + count) of pixel SLOT lie in the padding. */
static void pad(const view_t *view, int32_t slot, int32_t at, int32_t count)
{
    if (view->room == NULL) {
        sqz_window_fill(view->window, slot, at, view->layer->in_zero_point, count);
    } else {
        for (int32_t i = 0; i < count; i++) {
            view->room[at + i] = view->layer->in_zero_point;
        }
    }
}

/* Rows [above, below) of a window that reaches over an edge on the left or right. */
static void build_edge(const view_t *view, int32_t slot, const uint8_t *from)
{
    const sqz_map_t *const in = &view->layer->in;
    const int32_t width = view->layer->window.width;
    const int32_t begin = sqz_min(width, sqz_max(0, -view->left));
    const int32_t end = sqz_max(begin, sqz_min(width, in->width - view->left));
    const int32_t inside = (end - begin) * in->channels;
    int32_t held = view->held_top;
    int32_t at = view->above * view->run;

    for (int32_t i = view->above; i < view->below; i++) {
        pad(view, slot, at, begin * in->channels);
        at += begin * in->channels;
        put(view, slot, at, from + held * view->row_bytes, inside);
        at += inside;
        pad(view, slot, at, (width - end) * in->channels);
        at += (width - end) * in->channels;
        held = held + 1 == in->held ? 0 : held + 1;
    }
}

/* The window of the pixel whose columns begin at view->left. */
SQZ_KERNEL static void build(const view_t *view, int32_t slot)
{
    const sqz_map_t *const in = &view->layer->in;
    const int32_t height = view->layer->window.height;
    const int32_t run = view->run;
    const uint8_t *from = view->in + sqz_max(0, view->left) * in->channels;

    if (view->above > 0) {
        pad(view, slot, 0, view->above * run);
    }
    if (view->left < 0 || view->left + view->layer->window.width > in->width) {
        build_edge(view, slot, from);
    } else {
        int32_t held = view->held_top;
        int32_t at = view->above * run;

        from += held * view->row_bytes;
        for (int32_t i = view->above; i < view->below; i++, at += run) {
            put(view, slot, at, from, run);
            from += view->row_bytes;
            if (++held == in->held) {
                from -= held * view->row_bytes;
                held = 0;
            }
        }
    }
    if (view->below < height) {
        pad(view, slot, view->below * run, (height - view->below) * run);
    }
    if (view->room != NULL) {
        sqz_window_put(view->window, slot, 0, view->room, height * run);
    }
}

/* Rescale the sums of both pixels and four filters that share a scaler of form FIXED, to OUT and
 * SECOND behind it; those of the second pixel first, where both have one place. */
static inline void rescale8(sqz_four_t acc[2], const sqz_scaler_t *scaler,
                            const sqz_requantizer_t *requantizer, uint8_t *out, int32_t second)
{
    for (int32_t pixel = 1; pixel >= 0; pixel--) {
        int32_t sums[SQZ_GROUP];
        uint32_t four = 0; /* the first is the lowest byte */

        sqz_four_store(sums, acc[pixel]);
        for (int32_t i = 0; i < SQZ_GROUP; i++) {
            four |= (uint32_t)sqz_requantize(sums[i], scaler, requantizer) << (8 * i);
        }
        memcpy(out + pixel * second, &four, sizeof four);
    }
}

/* The first WHOLE filters of TILE, which share a scaler of form FIXED, on the two pixels of its
 * window; the second one's outputs are SECOND behind the first one's. SECOND is 0 where there is
 * none. */
SQZ_KERNEL static void apply_whole(const sqz_tile_t *tile, int32_t whole, uint8_t *out,
                                   int32_t second)
{
    const sqz_scaler_t scaler = tile->scaler;
    const sqz_requantizer_t requantizer = tile->layer->requantizer;
    const uint8_t *const window = tile->work->window;
    const int32_t k = tile->filter_weights;
    const uint8_t *group = tile->work->tile;
    const int32_t *bias = tile->layer->bias + tile->first;
    const uint8_t *const end = out + whole;

    for (; out != end; out += SQZ_GROUP, bias += SQZ_GROUP) {
        sqz_four_t acc[2];

        sqz_four_load(&acc[0], bias);
        sqz_four_load(&acc[1], bias);
        group = sqz_dot(window, group, k, acc);
        rescale8(acc, &scaler, &requantizer, out, second);
    }
}

/* The same without a second pixel. */
SQZ_KERNEL static void apply_last(const sqz_tile_t *tile, int32_t whole, uint8_t *out)
{
    const uint8_t *group = tile->work->tile;
    const int32_t *const bias = tile->layer->bias + tile->first;

    for (int32_t channel = 0; channel < whole; channel += SQZ_GROUP) {
        sqz_four_t acc[2];

        sqz_four_load(&acc[0], bias + channel);
        sqz_four_load(&acc[1], bias + channel);
        group = sqz_dot_last(tile->work->window, group, tile->filter_weights, acc);
        rescale8(acc, &tile->scaler, &tile->layer->requantizer, out + channel, 0);
    }
}

/* Outputs of one pixel at OUT, one by one. */
static void rescale_any(const sqz_tile_t *tile, int32_t channel,
                        const int32_t sums[SQZ_GROUP], uint8_t *out)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t count = sqz_min(SQZ_GROUP, tile->channels - channel);
    sqz_scaler_t scaler = tile->scaler;

    for (int32_t i = 0; i < count; i++) {
        if (layer->requantizer.per_filter) {
            sqz_scaler_init(&scaler, &layer->requantizer, tile->first + channel + i);
        }
        const uint8_t y = sqz_requantize(sums[i], &scaler, &layer->requantizer);
        out[i] = layer->remap ? layer->remap[y] : y;
    }
}

/* The filters of TILE from CHANNEL on, whatever they are scaled by. */
SQZ_KERNEL static void apply_any(const sqz_tile_t *tile, int32_t channel, uint8_t *out,
                                 int32_t second)
{
    const uint8_t *group = tile->work->tile + channel / SQZ_GROUP * tile->group_bytes;

    for (; channel < tile->channels; channel += SQZ_GROUP) {
        const int32_t count = sqz_min(SQZ_GROUP, tile->channels - channel);
        int32_t sums[2][SQZ_GROUP] = {{0}};
        sqz_four_t acc[2];

        for (int32_t i = 0; i < count; i++) {
            sums[0][i] = tile->layer->bias[tile->first + channel + i];
        }
        sqz_four_load(&acc[0], sums[0]);
        sqz_four_load(&acc[1], sums[0]);
        group = sqz_dot(tile->work->window, group, tile->filter_weights, acc);
        sqz_four_store(sums[0], acc[0]);
        sqz_four_store(sums[1], acc[1]);
        rescale_any(tile, channel, sums[1], out + second + channel);
        rescale_any(tile, channel, sums[0], out + channel);
    }
}

/* All filters of TILE on the two pixels of its window. */
static void apply(const sqz_tile_t *tile, uint8_t *out, int32_t second)
{
    const int32_t whole = tile->is_fixed ? tile->channels & ~(SQZ_GROUP - 1) : 0;

    if (SQZ_HAS_LAST && second == 0) {
        apply_last(tile, whole, out);
    } else if (whole > 0) {
        apply_whole(tile, whole, out, second);
    }
    if (whole < tile->channels) {
        apply_any(tile, whole, out, second);
    }
}

void sqz_strip_compute(const sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t stride = layer->window.stride;
    const int32_t width = layer->out.width;
    view_t view = view_of_row(tile, in, row);

    for (int32_t x = 0; x < width; x += 2) {
        uint8_t *const out = strip.at + x * strip.stride;

        build(&view, 0);
        view.left += stride;
        if (x + 1 < width) {
            build(&view, 1);
            view.left += stride;
        }
        /* An odd last pixel: the second one's outputs land on its place first. */
        apply(tile, out, x + 1 < width ? strip.stride : 0);
    }
    sqz_trace(layer->layer, row, 1, tile->first, tile->channels, strip.stride, strip.at);
}

void sqz_groups_read(uint8_t *tile, sqz_decoder_t *decoder, int32_t filters, int32_t k,
                     uint8_t *room, sqz_work_t *work)
{
    const int32_t group_bytes = sqz_group_bytes(k);

    for (int32_t filter = 0; filter < filters; filter++) {
        uint8_t *const group = tile + filter / SQZ_GROUP * group_bytes;

        if (filter % SQZ_GROUP == 0 && filters - filter < SQZ_GROUP) {
            memset(group, 0, (uint32_t)group_bytes);
        }
        sqz_note(work, sqz_decoder_read(decoder, (int8_t *)room, (uint32_t)k));
        sqz_group_pack(group, filter % SQZ_GROUP, (const int8_t *)room, k);
    }
}

void sqz_tile_read(sqz_tile_t *tile, const sqz_conv_t *layer, int32_t first,
                   sqz_decoder_t *decoder, sqz_work_t *work)
{
    const sqz_window_t *const window = &layer->window;
    const int32_t k = window->height * window->width * layer->in.channels;

    tile->layer = layer;
    tile->work = work;
    tile->filter_weights = k;
    tile->group_bytes = sqz_group_bytes(k);
    tile->first = first;
    tile->channels = sqz_min(work->tile_channels, layer->out_channels - first);
    tile->is_fixed = layer->requantizer.form == SQZ_REQUANTIZE_FIXED
                     && !layer->requantizer.per_filter && layer->remap == NULL;
    sqz_scaler_init(&tile->scaler, &layer->requantizer, first);
    sqz_groups_read(work->tile, decoder, tile->channels, k, work->window, work);
}

void sqz_tiles_open(sqz_decoder_t *decoder, const sqz_conv_t *layer, sqz_work_t *work)
{
    sqz_note(work, sqz_decoder_open(decoder, &layer->filters, work->tables));
}
