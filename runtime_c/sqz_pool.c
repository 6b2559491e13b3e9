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

/* Raise CHANNELS outputs at OUT to the maximum of COUNT pixels of STRIP; IS_START: they begin. */
static inline void raise_pixel(sqz_strip_t strip, int32_t count, uint8_t *out, int32_t channels,
                               int32_t is_start)
{
    const int32_t at_once = (int32_t)sizeof(sqz_bytes_t);
    int32_t c = 0;

    for (; c + at_once <= channels; c += at_once) {
        const uint8_t *from = strip.at + c;
        sqz_bytes_t largest = sqz_bytes_load(is_start ? from : out + c);

        for (int32_t i = 0; i < count; i++, from += strip.stride) {
            largest = sqz_bytes_max(largest, sqz_bytes_load(from));
        }
        sqz_bytes_store(out + c, largest);
    }
    for (; c < channels; c++) {
        out[c] = max_of(strip.at + c, strip.stride, count, is_start ? 0 : out[c]);
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

        raise_pixel(from, end - begin, out->at + x * out->stride, channels, is_start);
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
