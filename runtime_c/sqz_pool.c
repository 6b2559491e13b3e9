/* sqz_pool.c - folding strips into the rows of a maximum pool, several channels at a time.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <string.h>

#include "sqz_max.h"
#include "sqz_strip.h"

/* The strip's maximum over columns [begin, end) of one channel, at least LEAST. */
static uint8_t max_of(const uint8_t *strip, int32_t stride, int32_t count, uint8_t least)
{
    for (int32_t i = 0; i < count; i++) {
        least = strip[i * stride] > least ? strip[i * stride] : least;
    }
    return least;
}

/* Raise CHANNELS outputs at OUT, a multiple of sqz_bytes_t, to the maximum of three pixels of STRIP;
 * BEFORE is what they were, or the first pixel, where they begin. */
static inline void raise_by_three(sqz_strip_t strip, const uint8_t *before, uint8_t *out,
                                  int32_t channels)
{
    const uint8_t *const first = strip.at;
    const uint8_t *const second = first + strip.stride;
    const uint8_t *const third = second + strip.stride;

    for (int32_t c = 0; c < channels; c += (int32_t)sizeof(sqz_bytes_t)) {
        const sqz_bytes_t ends = sqz_bytes_max(sqz_bytes_load(first + c),
                                               sqz_bytes_load(third + c));
        const sqz_bytes_t others = sqz_bytes_max(sqz_bytes_load(second + c),
                                                 sqz_bytes_load(before + c));

        sqz_bytes_store(out + c, sqz_bytes_max(ends, others));
    }
}

/* The same for COUNT pixels, one byte after the other where they fill no sqz_bytes_t. */
static inline void raise_pixel(sqz_strip_t strip, int32_t count, const uint8_t *before,
                               uint8_t *out, int32_t channels)
{
    const int32_t at_once = (int32_t)sizeof(sqz_bytes_t);
    int32_t c = 0;

    if (count == 3) {
        c = channels - channels % at_once;
        raise_by_three(strip, before, out, c);
    }
    for (; c + at_once <= channels; c += at_once) {
        const uint8_t *from = strip.at + c;
        sqz_bytes_t largest = sqz_bytes_load(before + c);

        for (int32_t i = 0; i < count; i++, from += strip.stride) {
            largest = sqz_bytes_max(largest, sqz_bytes_load(from));
        }
        sqz_bytes_store(out + c, largest);
    }
    for (; c < channels; c++) {
        out[c] = max_of(strip.at + c, strip.stride, count, before[c]);
    }
}

static void raise_row(const sqz_maxpool_t *pool, sqz_strip_t strip, int32_t channels,
                      const sqz_strip_t *out, int32_t is_start)
{
    const sqz_window_t *const window = &pool->window;
    int32_t left = -(int32_t)window->padding;

    for (int32_t x = 0; x < pool->out.width; x++, left += window->stride) {
        const int32_t begin = sqz_max(0, left);
        const int32_t end = sqz_min(pool->in.width, left + window->width);
        const sqz_strip_t from = {.at = strip.at + begin * strip.stride, .stride = strip.stride};

        uint8_t *const to = out->at + x * out->stride;

        raise_pixel(from, end - begin, is_start ? from.at : to, to, channels);
    }
}

/* The first strip of a window starts its maximum, the others raise it. */
void sqz_strip_pool(const sqz_maxpool_t *pool, sqz_strip_t strip, int32_t channels, int32_t row,
                    const sqz_pooled_t *out)
{
    const sqz_window_t *const window = &pool->window;
    const int32_t reach = row + window->padding;
    const int32_t above = reach - window->height + 1;
    const int32_t begin = above > 0 ? (above + window->stride - 1) / window->stride : 0;
    const int32_t end = sqz_min(pool->out.height, reach / window->stride + 1);

    sqz_profile(pool->layer, SQZ_PHASE_POOL);
    for (int32_t pooled = begin; pooled < end; pooled++) {
        const sqz_strip_t out_row = {
            .at = out->at + (pooled % out->held) * out->row_bytes,
            .stride = out->stride,
        };

        raise_row(pool, strip, channels, &out_row, row == sqz_rows_begin(window, pooled));
    }
}
