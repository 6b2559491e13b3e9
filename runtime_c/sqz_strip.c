/* sqz_strip.c - the engine of every convolution: windows of two pixels times groups of filters.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_strip.h"

#include <string.h>

/* The window of one output pixel: rows [top, top + height) of the input, columns from LEFT on. */
typedef struct {
    const sqz_conv_t *layer;
    const uint8_t *in;
    int32_t top;
    int32_t left;
    int32_t held_top; /* place of row TOP in the ring, or of row 0 where TOP is above it */
} view_t;

static view_t view_of_row(const sqz_conv_t *layer, const uint8_t *in, int32_t row)
{
    const int32_t top = row * layer->window.stride - layer->window.padding;
    const view_t view = {
        .layer = layer,
        .in = in,
        .top = top,
        .left = -(int32_t)layer->window.padding,
        .held_top = sqz_max(0, top) % layer->in.held,
    };

    return view;
}

/* Copy COUNT bytes; runs are short, and a call of memcpy costs more than they do. */
static inline void copy_run(uint8_t *to, const uint8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        memcpy(to, from, 4);
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

static void fill_run(uint8_t *to, uint8_t value, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        to[i] = value;
    }
}

/* The part of a window that lies inside of the map. */
typedef struct {
    int32_t rows_begin; /* of the window */
    int32_t rows_end;
    int32_t before; /* values of a window row in the padding on the left, */
    int32_t inside; /* inside, */
    int32_t after;  /* and on the right */
} cut_t;

static cut_t cut_of(const view_t *view)
{
    const sqz_conv_t *const layer = view->layer;
    const int32_t channels = layer->in.channels;
    const int32_t width = layer->window.width;
    const int32_t begin = sqz_min(width, sqz_max(0, -view->left));
    const int32_t end = sqz_max(begin, sqz_min(width, layer->in.width - view->left));
    const int32_t height = layer->window.height;
    const int32_t rows_begin = sqz_min(height, sqz_max(0, -view->top));
    const cut_t cut = {
        .rows_begin = rows_begin,
        .rows_end = sqz_max(rows_begin, sqz_min(height, layer->in.height - view->top)),
        .before = begin * channels,
        .inside = (end - begin) * channels,
        .after = (width - end) * channels,
    };

    return cut;
}

/* Runs that are not whole lanes go through ROOM, byte by byte, and into the window at once. */
static void gather(const view_t *view, uint8_t *room)
{
    const sqz_conv_t *const layer = view->layer;
    const cut_t cut = cut_of(view);
    const int32_t row_bytes = layer->in.width * layer->in.channels;
    const uint8_t *const from = view->in + sqz_max(0, view->left) * layer->in.channels;
    int32_t held = view->held_top;

    for (int32_t i = 0; i < layer->window.height; i++) {
        const int32_t is_inside = i >= cut.rows_begin && i < cut.rows_end;
        const int32_t inside = is_inside ? cut.inside : 0;
        const int32_t before = is_inside ? cut.before : cut.before + cut.inside;

        fill_run(room, layer->in_zero_point, before);
        if (is_inside) {
            copy_run(room + before, from + held * row_bytes, inside);
            held = held + 1 == layer->in.held ? 0 : held + 1;
        }
        fill_run(room + before + inside, layer->in_zero_point, cut.after);
        room += before + inside + cut.after;
    }
}

/* Runs of whole lanes go straight into SLOT of WINDOW. */
static void put(const view_t *view, uint8_t *window, int32_t slot)
{
    const sqz_conv_t *const layer = view->layer;
    const cut_t cut = cut_of(view);
    const int32_t row_bytes = layer->in.width * layer->in.channels;
    const uint8_t *const from = view->in + sqz_max(0, view->left) * layer->in.channels;
    int32_t held = view->held_top;
    int32_t at = 0;

    for (int32_t i = 0; i < layer->window.height; i++) {
        const int32_t is_inside = i >= cut.rows_begin && i < cut.rows_end;
        const int32_t inside = is_inside ? cut.inside : 0;
        const int32_t before = is_inside ? cut.before : cut.before + cut.inside;

        sqz_window_fill(window, slot, at, layer->in_zero_point, before);
        if (is_inside) {
            sqz_window_put(window, slot, at + before, from + held * row_bytes, inside);
            held = held + 1 == layer->in.held ? 0 : held + 1;
        }
        sqz_window_fill(window, slot, at + before + inside, layer->in_zero_point, cut.after);
        at += before + inside + cut.after;
    }
}

static void build(const sqz_tile_t *tile, const view_t *view, int32_t slot)
{
    uint8_t *const window = tile->work->window;

    if (view->layer->in.channels % SQZ_LANES == 0) {
        put(view, window, slot);
    } else {
        uint8_t *const room = window + 2 * sqz_lane_bytes(tile->filter_weights);

        gather(view, room);
        sqz_window_put(window, slot, 0, room, tile->filter_weights);
    }
}

/* Rescale four sums of one pixel whose filters share a scaler; FOUR outputs, the first lowest. */
static inline uint32_t rescale4(const int32_t acc[SQZ_GROUP], const sqz_scaler_t *scaler,
                                const sqz_requantizer_t *requantizer)
{
    uint32_t four = 0;

    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        four |= (uint32_t)sqz_requantize(acc[i], scaler, requantizer) << (8 * i);
    }
    return four;
}

/* Outputs of one group at OUT, by the general way. */
static void rescale_any(const sqz_tile_t *tile, int32_t channel, const int32_t acc[SQZ_GROUP],
                        uint8_t *out)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t count = sqz_min(SQZ_GROUP, tile->channels - channel);

    for (int32_t i = 0; i < count; i++) {
        sqz_scaler_t scaler;

        sqz_scaler_init(&scaler, &layer->requantizer, tile->first + channel + i);
        const uint8_t y = sqz_requantize(acc[i], &scaler, &layer->requantizer);
        out[i] = layer->remap ? layer->remap[y] : y;
    }
}

/* All filters of TILE on the two pixels of its window. */
static void apply(const sqz_tile_t *tile, uint8_t *out0, uint8_t *out1)
{
    const sqz_conv_t *const layer = tile->layer;
    const uint8_t *group = tile->work->tile;
    const int32_t *bias = layer->bias + tile->first;
    const int32_t plain = tile->shares_scaler ? tile->channels & ~(SQZ_GROUP - 1) : 0;

    for (int32_t channel = 0; channel < tile->channels; channel += SQZ_GROUP) {
        int32_t acc[2][SQZ_GROUP];

        if (channel < plain) {
            for (int32_t i = 0; i < SQZ_GROUP; i++) {
                acc[0][i] = acc[1][i] = bias[channel + i];
            }
            sqz_dot(tile->work->window, group, tile->filter_weights, acc);
            const uint32_t second = rescale4(acc[1], &tile->scaler, &layer->requantizer);
            const uint32_t first = rescale4(acc[0], &tile->scaler, &layer->requantizer);
            memcpy(out1 + channel, &second, sizeof second);
            memcpy(out0 + channel, &first, sizeof first);
        } else {
            for (int32_t i = 0; i < SQZ_GROUP; i++) {
                acc[0][i] = acc[1][i] = channel + i < tile->channels ? bias[channel + i] : 0;
            }
            sqz_dot(tile->work->window, group, tile->filter_weights, acc);
            rescale_any(tile, channel, acc[1], out1 + channel);
            rescale_any(tile, channel, acc[0], out0 + channel);
        }
        group += tile->group_bytes;
    }
}

static void compute(const sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t stride = layer->window.stride;
    const int32_t width = layer->out.width;
    view_t view = view_of_row(layer, in, row);

    for (int32_t x = 0; x < width; x += 2) {
        uint8_t *const out = strip.at + x * strip.stride;

        build(tile, &view, 0);
        view.left += stride;
        if (x + 1 < width) {
            build(tile, &view, 1);
            view.left += stride;
        }
        /* An odd last pixel: the second one's outputs land on its place first. */
        apply(tile, out, x + 1 < width ? out + strip.stride : out);
    }
}

void sqz_strip_compute(const sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    const sqz_conv_t *const layer = tile->layer;

    if (layer->engine != NULL) {
        layer->engine->strip(tile, in, row, strip);
    } else {
        compute(tile, in, row, strip);
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
    tile->shares_scaler = !layer->requantizer.per_filter && layer->remap == NULL;
    sqz_scaler_init(&tile->scaler, &layer->requantizer, first);
    if (layer->engine != NULL) {
        layer->engine->read(tile, decoder, work);
    } else {
        sqz_groups_read(work->tile, decoder, tile->channels, k, work->window, work);
    }
}

void sqz_tiles_open(sqz_decoder_t *decoder, const sqz_conv_t *layer, sqz_work_t *work)
{
    sqz_note(work, sqz_decoder_open(decoder, &layer->filters, work->tables));
}
