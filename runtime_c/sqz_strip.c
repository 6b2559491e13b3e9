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
    int32_t last_left; /* of a window inside of the map; negative where some row is not */
    int32_t above;    /* rows of the window that lie in the padding above, */
    int32_t below;    /* and where those in the padding below begin */
    int32_t held_top; /* place in the ring of the first row between */
    int32_t row_bytes;
    int32_t run; /* values of a row of the window */
    const uint8_t *pixel; /* NULL, or inputs that are a whole window: the one at LEFT */
} view_t;

static view_t view_of_row(const sqz_tile_t *tile, const uint8_t *in, int32_t row)
{
    const sqz_conv_t *const layer = tile->layer;
    const sqz_window_t *const window = &layer->window;
    const int32_t top = row * window->stride - window->padding;
    const int32_t above = sqz_min(window->height, sqz_max(0, -top));
    const int32_t below = sqz_max(above, sqz_min(window->height, layer->in.height - top));
    const int32_t is_inside = above == 0 && below == window->height;
    const int32_t is_whole = layer->in.channels % SQZ_LANES == 0;
    uint8_t *const pixels = tile->work->window;
    view_t view = {
        .layer = layer,
        .in = in,
        .window = pixels,
        .room = is_whole ? NULL : pixels + 2 * sqz_lane_bytes(tile->filter_weights),
        .left = -(int32_t)window->padding,
        .last_left = is_inside ? layer->in.width - window->width : -1,
        .above = above,
        .below = below,
        .held_top = sqz_max(0, top) % layer->in.held,
        .row_bytes = layer->in.width * layer->in.channels,
        .run = window->width * layer->in.channels,
        .pixel = NULL,
    };

    if (is_whole && window->padding == 0 && window->height * window->width == 1) {
        view.pixel = in + view.held_top * view.row_bytes;
    }
    return view;
}

/* Values [at, at + count) of pixel SLOT are those FROM on. What follows is for the map's edges. */
SQZ_APART void put_apart(const view_t *view, int32_t slot, int32_t at, const uint8_t *from,
                         int32_t count)
{
    sqz_window_put(view->window, slot, at, from, count);
}

static void put_some(const view_t *view, int32_t slot, int32_t at, const uint8_t *from,
                     int32_t count)
{
    if (view->room == NULL) {
        put_apart(view, slot, at, from, count);
    } else {
        memcpy(view->room + at, from, (uint32_t)count);
    }
}

/* Values [at, at + count) of pixel SLOT lie in the padding. */
SQZ_APART void pad(const view_t *view, int32_t slot, int32_t at, int32_t count)
{
    if (view->room == NULL) {
        sqz_window_fill(view->window, slot, at, view->layer->in_zero_point, count);
    } else {
        for (int32_t i = 0; i < count; i++) {
            view->room[at + i] = view->layer->in_zero_point;
        }
    }
}

/* Rows [above, below) of a window, which may reach over an edge on the left or right. */
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
        put_some(view, slot, at, from + held * view->row_bytes, inside);
        at += inside;
        pad(view, slot, at, (width - end) * in->channels);
        at += (width - end) * in->channels;
        held = held + 1 == in->held ? 0 : held + 1;
    }
}

/* Rows [above, below) of a window whose columns lie inside of the map; FROM is the first one. Into
 * the window or the room, as IS_WHOLE says, a constant. */
SQZ_INLINE void put_rows(const view_t *view, int32_t slot, const uint8_t *from, int32_t is_whole)
{
    const int32_t run = view->run;
    int32_t left = view->layer->in.held - view->held_top; /* before the ring begins again */
    int32_t at = view->above * run;

    from += view->held_top * view->row_bytes;
    for (int32_t rows = view->below - view->above; rows > 0; rows--, at += run) {
        if (is_whole) {
            sqz_window_put(view->window, slot, at, from, run);
        } else {
            sqz_run_copy(view->room + at, from, run);
        }
        from += view->row_bytes;
        if (--left == 0) {
            from -= view->layer->in.held * view->row_bytes;
        }
    }
}

SQZ_APART void build_rows(const view_t *view, int32_t slot, const uint8_t *from)
{
    if (view->room == NULL) {
        put_rows(view, slot, from, 1);
    } else {
        put_rows(view, slot, from, 0);
    }
}

/* A window that reaches over an edge of the map. */
SQZ_APART void build_any(const view_t *view, int32_t slot)
{
    const sqz_map_t *const in = &view->layer->in;
    const int32_t height = view->layer->window.height;
    const int32_t run = view->run;
    const uint8_t *const from = view->in + sqz_max(0, view->left) * in->channels;

    pad(view, slot, 0, view->above * run);
    build_edge(view, slot, from);
    pad(view, slot, view->below * run, (height - view->below) * run);
}

/* The window of the pixel whose columns begin at view->left; then move on to the next one. */
static void build(view_t *view, int32_t slot)
{
    const sqz_conv_t *const layer = view->layer;
    const uint8_t *whole = view->room; /* inputs that are not in the window yet */

    if (view->pixel != NULL) {
        whole = view->pixel;
        view->pixel += layer->window.stride * view->run;
    } else {
        if (view->left >= 0 && view->left <= view->last_left) {
            build_rows(view, slot, view->in + view->left * layer->in.channels);
        } else {
            build_any(view, slot);
        }
        view->left += layer->window.stride;
    }
    if (whole != NULL) {
        sqz_window_put(view->window, slot, 0, whole, layer->window.height * view->run);
    }
}

/* Outputs of one group at OUT, by the general way. */
SQZ_SELDOM void rescale_any(const sqz_tile_t *tile, int32_t channel,
                            const int32_t acc[SQZ_GROUP], uint8_t *out)
{
    const sqz_conv_t *const layer = tile->layer;
    const int32_t count = sqz_min(SQZ_GROUP, tile->channels - channel);

    for (int32_t i = 0; i < count; i++) {
        sqz_scaler_t scaler;

        sqz_scaler_init(&scaler, &layer->requantizer, tile->first + channel + i);
        const uint8_t y = sqz_requantize_apart(acc[i], &scaler, &layer->requantizer);
        out[i] = layer->remap ? layer->remap[y] : y;
    }
}

/* The filters of TILE from CHANNEL on, on the two pixels of its window, whatever they need; the
 * second one's outputs are SECOND behind the first one's. */
static void apply_any(const sqz_tile_t *tile, int32_t channel, uint8_t *out, int32_t second)
{
    const sqz_conv_t *const layer = tile->layer;
    const uint8_t *group = tile->work->tile;

    group += channel / SQZ_GROUP * tile->group_bytes;
    for (; channel < tile->channels; channel += SQZ_GROUP) {
        const int32_t count = sqz_min(SQZ_GROUP, tile->channels - channel);
        const int32_t *const bias = layer->bias + tile->first + channel;
        int32_t sums[2][SQZ_GROUP] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
        sqz_four_t acc[2];

        for (int32_t i = 0; i < count; i++) {
            sums[0][i] = sqz_first_sum(bias[i]);
        }
        sqz_four_load(&acc[0], sums[0]);
        sqz_four_load(&acc[1], sums[0]);
        group = sqz_dot(tile->work->window, group, tile->filter_weights, acc);
        sqz_four_store(sums[0], acc[0]);
        sqz_four_store(sums[1], acc[1]);
        for (int32_t i = 0; i < count; i++) {
            sums[0][i] = sqz_accumulated(sums[0][i], bias[i], layer->requantizer.lift);
            sums[1][i] = sqz_accumulated(sums[1][i], bias[i], layer->requantizer.lift);
        }
        rescale_any(tile, channel, sums[1], out + channel + second);
        rescale_any(tile, channel, sums[0], out + channel);
    }
}

/* What form FIXED needs for TILE; SHARED is room for factors that are all the same. */
static sqz_fixed_t fixed_of(const sqz_tile_t *tile, int32_t shared[SQZ_GROUP])
{
    const sqz_requantizer_t *const requantizer = &tile->layer->requantizer;
    const sqz_fixed_t fixed = {
        .k = tile->filter_weights,
        .bias = tile->layer->bias + tile->first,
        .factor = requantizer->per_filter ? requantizer->factor + tile->first : shared,
        .step = requantizer->per_filter ? SQZ_GROUP : 0,
        .lift = requantizer->lift,
        .low = requantizer->low,
    };

    for (int32_t i = 0; i < SQZ_GROUP; i++) {
        shared[i] = requantizer->factor[0];
    }
    return fixed;
}

static int32_t in_whole_groups(const sqz_tile_t *tile)
{
    return tile->channels & ~(SQZ_GROUP - 1);
}

/* The same for whole groups in form FIXED; returns how many filters those are. Everything is
 * copied out of TILE first: for all that C knows, each output that is stored might change it. */
static int32_t apply_fixed(const sqz_tile_t *tile, uint8_t *out, int32_t second)
{
    const int32_t channels = in_whole_groups(tile);
    int32_t shared[SQZ_GROUP];
    const sqz_fixed_t fixed = fixed_of(tile, shared);

    sqz_dots_fixed(tile->work->window, tile->work->tile, fixed, channels, out, second);
    return channels;
}

/* The same in form CHECKED, which lifts nothing, and whose sums begin with what is ahead. */
static int32_t apply_checked(const sqz_tile_t *tile, uint8_t *out, int32_t second)
{
    const sqz_requantizer_t requantizer = tile->layer->requantizer;
    const int32_t channels = in_whole_groups(tile);
    const int32_t *bias = tile->layer->bias + tile->first;
    const uint8_t *group = tile->work->tile;
    const int32_t per_filter = requantizer.per_filter;
    const uint8_t low = requantizer.low;
    sqz_scaler_t scalers[SQZ_GROUP];

    sqz_scaler_init(scalers, &requantizer, 0);
    const sqz_scaler_t alike = scalers[0];

    for (int32_t channel = 0; channel < channels; channel += SQZ_GROUP, bias += SQZ_GROUP) {
        int32_t sums[2][SQZ_GROUP];

        for (int32_t i = 0; i < SQZ_GROUP; i++) {
            if (per_filter) {
                sqz_scaler_init(&scalers[i], &requantizer, tile->first + channel + i);
            }
            sums[0][i] = sums[1][i] = sqz_ahead(bias[i], &scalers[i * per_filter]);
        }
        group = sqz_dot_add(tile->work->window, group, tile->filter_weights, sums[0], sums[1]);
        for (int32_t pixel = 1; pixel >= 0; pixel--) {
            const uint32_t four =
                per_filter ? sqz_checked4(sums[pixel], scalers, low, &requantizer)
                           : sqz_checked4_alike(sums[pixel], alike, low, scalers, &requantizer);

            memcpy(out + channel + pixel * second, &four, sizeof four);
        }
    }
    return channels;
}

/* All filters of TILE on the two pixels of its window. */
static void apply(const sqz_tile_t *tile, uint8_t *out, int32_t second)
{
    int32_t done = 0;

    if (tile->form == SQZ_REQUANTIZE_FIXED) {
        done = apply_fixed(tile, out, second);
    } else if (tile->form == SQZ_REQUANTIZE_CHECKED) {
        done = apply_checked(tile, out, second);
    }
    if (done < tile->channels) {
        apply_any(tile, done, out, second);
    }
}

void sqz_products_strip(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    const int32_t width = tile->layer->out.width;
    view_t view = view_of_row(tile, in, row);

    for (int32_t x = 0; x < width; x += 2) {
        uint8_t *const out = strip.at + x * strip.stride;

        build(&view, 0);
        if (x + 1 < width) {
            build(&view, 1);
        }
        /* An odd last pixel: the second one's outputs land on its place first. */
        apply(tile, out, x + 1 < width ? strip.stride : 0);
    }
}

void sqz_strip_compute(sqz_tile_t *tile, const uint8_t *in, int32_t row, sqz_strip_t strip)
{
    const sqz_conv_t *const layer = tile->layer;

    sqz_profile(layer->layer, SQZ_PHASE_CONVOLVE);
    if (layer->engine != NULL) {
        layer->engine->strip(tile, in, row, strip);
    } else {
        sqz_products_strip(tile, in, row, strip);
    }
    sqz_trace(layer->layer, row, 1, tile->first, tile->channels, strip.stride, strip.at);
    if (tile->work->add != NULL) {
        sqz_strip_add(tile, row, strip);
    }
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
    if (tile->form == SQZ_REQUANTIZE_FIXED) {
        int32_t shared[SQZ_GROUP];
        const sqz_fixed_t fixed = fixed_of(tile, shared);

        sqz_groups_fix(work->tile, in_whole_groups(tile), &fixed);
    }
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
    tile->row_held = -1;
    tile->form = layer->remap == NULL ? layer->requantizer.form : SQZ_REQUANTIZE_EXACT;
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
