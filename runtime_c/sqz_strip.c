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

/* The filters of TILE from CHANNEL on, on the two pixels of its window, whatever they need. */
static void apply_any(const sqz_tile_t *tile, int32_t channel, uint8_t *out0, uint8_t *out1)
{
    const sqz_conv_t *const layer = tile->layer;
    const uint8_t *const groups = tile->work->tile;

    for (; channel < tile->channels; channel += SQZ_GROUP) {
        int32_t bias[SQZ_GROUP] = {0, 0, 0, 0};
        int32_t acc[2][SQZ_GROUP];

        memcpy(bias, layer->bias + tile->first + channel,
               (uint32_t)sqz_min(SQZ_GROUP, tile->channels - channel) * sizeof *bias);
        for (int32_t i = 0; i < SQZ_GROUP; i++) {
            acc[0][i] = acc[1][i] = sqz_first_sum(bias[i]);
        }
        sqz_dot(tile->work->window, groups + channel / SQZ_GROUP * tile->group_bytes,
                tile->filter_weights, acc);
        for (int32_t i = 0; i < SQZ_GROUP; i++) {
            acc[0][i] = sqz_accumulated(acc[0][i], bias[i], layer->requantizer.lift);
            acc[1][i] = sqz_accumulated(acc[1][i], bias[i], layer->requantizer.lift);
        }
        rescale_any(tile, channel, acc[1], out1 + channel);
        rescale_any(tile, channel, acc[0], out0 + channel);
    }
}

/* The same for whole groups in form FIXED; returns how many filters those are. Everything is
 * copied out of TILE first: for all that C knows, each output that is stored might change it. */
static int32_t apply_fixed(const sqz_tile_t *tile, uint8_t *out0, uint8_t *out1)
{
    const sqz_requantizer_t *const requantizer = &tile->layer->requantizer;
    const uint8_t *const window = tile->work->window;
    const uint8_t *group = tile->work->tile;
    const int32_t group_bytes = tile->group_bytes;
    const int32_t k = tile->filter_weights;
    const int32_t channels = tile->channels & ~(SQZ_GROUP - 1);
    const int32_t *bias = tile->layer->bias + tile->first;
    const int32_t *const end = bias + channels;
    const int32_t all = requantizer->factor[0];
    const int32_t shared[SQZ_GROUP] = {all, all, all, all};
    const int32_t step = requantizer->per_filter ? SQZ_GROUP : 0;
    const int32_t *factor = step ? requantizer->factor + tile->first : shared;
    const uint8_t low = requantizer->low;

    for (; bias != end; bias += SQZ_GROUP) {
        const uint64_t bytes =
            sqz_dot_fixed(window, group, k, bias, factor, requantizer->lift);
        const uint32_t second = sqz_raise4((uint32_t)(bytes >> 32), low);
        const uint32_t first = sqz_raise4((uint32_t)bytes, low);

        memcpy(out1, &second, sizeof second);
        memcpy(out0, &first, sizeof first);
        out0 += SQZ_GROUP;
        out1 += SQZ_GROUP;
        factor += step;
        group += group_bytes;
    }
    return channels;
}

/* All filters of TILE on the two pixels of its window. */
static void apply(const sqz_tile_t *tile, uint8_t *out0, uint8_t *out1)
{
    const int32_t done = tile->is_fixed ? apply_fixed(tile, out0, out1) : 0;

    if (done < tile->channels) {
        apply_any(tile, done, out0, out1);
    }
}

void sqz_products_strip(const sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
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

    sqz_profile(layer->layer, SQZ_PHASE_CONVOLVE);
    if (layer->engine != NULL) {
        layer->engine->strip(tile, in, row, strip);
    } else {
        sqz_products_strip(tile, in, row, strip);
    }
    sqz_trace(layer->layer, row, 1, tile->first, tile->channels, strip.stride, strip.at);
}

void sqz_groups_read(const sqz_groups_t *groups, sqz_decoder_t *decoder, void *room,
                     sqz_work_t *work)
{
    const int32_t group_bytes = sqz_group_bytes(groups->k);

    for (int32_t filter = 0; filter < groups->filters; filter++) {
        uint8_t *const group = groups->at + filter / SQZ_GROUP * group_bytes;

        if (filter % SQZ_GROUP == 0 && groups->filters - filter < SQZ_GROUP) {
            memset(group, 0, (uint32_t)group_bytes);
        }
        sqz_note(work, sqz_read_weights(decoder, room, groups->k, groups->lift));
        sqz_group_pack(group, filter % SQZ_GROUP, room, groups->k);
    }
}

void sqz_products_read(sqz_tile_t *tile, sqz_decoder_t *decoder, sqz_work_t *work)
{
    const sqz_groups_t groups = {
        .at = work->tile,
        .filters = tile->channels,
        .k = tile->filter_weights,
        .lift = tile->layer->requantizer.lift,
    };

    sqz_groups_read(&groups, decoder, work->window, work);
}

void sqz_tile_read(sqz_tile_t *tile, const sqz_conv_t *layer, int32_t first,
                   sqz_decoder_t *decoder, sqz_work_t *work)
{
    const sqz_window_t *const window = &layer->window;

    sqz_profile(layer->layer, SQZ_PHASE_DECODE);
    tile->layer = layer;
    tile->work = work;
    tile->filter_weights = window->height * window->width * layer->in.channels;
    tile->group_bytes = sqz_group_bytes(tile->filter_weights);
    tile->first = first;
    tile->channels = sqz_min(work->tile_channels, layer->out_channels - first);
    tile->is_fixed = layer->requantizer.form == SQZ_REQUANTIZE_FIXED && layer->remap == NULL;
    if (layer->engine != NULL) {
        layer->engine->read(tile, decoder, work);
    } else {
        sqz_products_read(tile, decoder, work);
    }
}

void sqz_tiles_open(sqz_decoder_t *decoder, const sqz_conv_t *layer, sqz_work_t *work)
{
    sqz_profile(layer->layer, SQZ_PHASE_DECODE);
    sqz_profile_requantizer(layer->layer, &layer->requantizer);
    sqz_note(work, sqz_decoder_open(decoder, &layer->filters, work->tables));
}
