/* conv_case.h - a convolution of random shape, with everything that belongs to it.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#ifndef CONV_CASE_H
#define CONV_CASE_H

#include <string.h>

#include "check.h"
#include "sqz_kernels.h"
#include "sqz_requantize.h"

enum { MOST_FILTERS = 19 };

/* One random layer with everything that belongs to it, each block exactly as large as it may be. */
typedef struct {
    sqz_conv_t layer;
    uint8_t *in;     /* [in.height, in.width, in.channels], whole */
    int8_t *weights; /* [out_channels][window.height][window.width][in.channels] */
    int32_t *bias;
    uint32_t m[MOST_FILTERS];
    int32_t factor[MOST_FILTERS];
    int32_t *folded; /* bias - zero point * sum of weights: what the compiler stores */
    sqz_work_t work;
    sqz_tables_t tables;
} case_t;

static inline int32_t row_bytes(const sqz_map_t *map)
{
    return map->width * map->channels;
}

static inline int32_t filter_weights(const sqz_conv_t *layer)
{
    return layer->window.height * layer->window.width * layer->in.channels;
}

/* Often whole vectors, which go straight into windows. */
static inline uint16_t random_channels(void)
{
    return (uint16_t)(random_from(0, 2) == 0 ? 16 * random_from(1, 5) : random_from(1, 21));
}

static inline void choose_shape(sqz_conv_t *layer)
{
    const int32_t kernel_height = random_from(1, 3);
    const int32_t kernel_width = random_from(1, 3);
    const int32_t stride = random_from(1, 3);
    const int32_t padding = random_from(0, 2);

    layer->window = (sqz_window_t){(uint8_t)kernel_height, (uint8_t)kernel_width, (uint8_t)stride,
                                   (uint8_t)padding};
    layer->in = (sqz_map_t){.height = (uint16_t)random_from(kernel_height, 9),
                            .width = (uint16_t)random_from(kernel_width, 9),
                            .channels = random_channels()};
    layer->in.held = layer->in.height;
    layer->out_channels = (uint16_t)random_from(1, MOST_FILTERS);
    layer->first_channel = (uint16_t)random_from(0, 3);
    layer->out = (sqz_map_t){
        .height = (uint16_t)((layer->in.height + 2 * padding - kernel_height) / stride + 1),
        .width = (uint16_t)((layer->in.width + 2 * padding - kernel_width) / stride + 1),
        .channels = (uint16_t)(layer->first_channel + layer->out_channels + random_from(0, 3)),
    };
    layer->out.held = layer->out.height;
}

/* A bias near the ends of int32 lets the accumulator wrap, as PyTorch's does; not in form CHECKED,
 * of which the compiler proves that it does not. */
static inline int32_t random_bias(uint8_t form)
{
    const int32_t kind = random_from(form == SQZ_REQUANTIZE_CHECKED ? 2 : 0, 9);

    if (kind == 0) {
        return INT32_MAX - random_from(0, 1000);
    }
    return kind == 1 ? INT32_MIN + random_from(0, 1000) : random_from(-20000, 20000);
}

static inline void open_scratch(sqz_work_t *work, const sqz_conv_t *layer)
{
    const int32_t k = filter_weights(layer);

    work->tile_channels = 4 * random_from(1, 6);
    work->tile = random_block(work->tile_channels * SQZ_FILTER_BYTES(k));
    work->window = random_block(2 * SQZ_FILTER_BYTES(k) + (k + 15) / 16 * 16);
    work->strip = random_block(work->tile_channels * layer->out.width);
}

static inline void close_scratch(sqz_work_t *work)
{
    free(work->strip);
    free(work->window);
    free(work->tile);
}

static inline int32_t sum_of_filter(const case_t *test, int32_t filter)
{
    const int32_t count = filter_weights(&test->layer);
    int32_t sum = 0;

    for (int32_t i = 0; i < count; i++) {
        sum += test->weights[filter * count + i];
    }
    return sum;
}

static inline void fold_biases(case_t *test)
{
    for (int32_t i = 0; i < test->layer.out_channels; i++) {
        const uint32_t product = (uint32_t)(test->layer.in_zero_point * sum_of_filter(test, i));
        test->folded[i] = (int32_t)((uint32_t)test->bias[i]
                                    - (product << test->layer.requantizer.lift));
    }
}

/* Everything else of a case whose layer has its shape. */
static inline void fill_case(case_t *test)
{
    sqz_conv_t *const layer = &test->layer;
    const int32_t weights = filter_weights(layer);
    const int32_t all_weights = layer->out_channels * weights;

    test->in = random_block(layer->in.height * row_bytes(&layer->in));
    test->weights = random_block(all_weights);
    layer->requantizer.form = (uint8_t)(random_from(0, 1) ? SQZ_REQUANTIZE_FIXED
                                        : random_from(0, 1) ? SQZ_REQUANTIZE_CHECKED
                                                            : SQZ_REQUANTIZE_EXACT);
    test->bias = random_block(layer->out_channels * (int32_t)sizeof(int32_t));
    for (int32_t i = 0; i < layer->out_channels; i++) {
        test->bias[i] = random_bias(layer->requantizer.form);
    }
    for (int32_t i = 0; i < MOST_FILTERS; i++) { /* a layer that follows may have more filters */
        test->m[i] = (uint32_t)random_from(110, 120) << 23 | (random_bits() & 0x7fffff);
        test->factor[i] = random_from(1 << 8, 1 << 22);
    }
    layer->in_zero_point = (uint8_t)(random_from(0, 1) ? random_from(0, 255) : 0);
    test->folded = random_block(layer->out_channels * (int32_t)sizeof(int32_t));
    layer->bias = test->folded;
    layer->remap = random_from(0, 1) ? random_block(256) : NULL;
    layer->requantizer.factor = test->factor;
    layer->requantizer.lift = (uint8_t)(layer->requantizer.form == SQZ_REQUANTIZE_FIXED
                                            ? random_from(0, 8) : 0);
    layer->requantizer.per_filter = (uint8_t)random_from(0, 1);
    layer->requantizer.zero_point = (uint8_t)random_from(0, 80);
    layer->requantizer.low = random_from(0, 1) ? layer->requantizer.zero_point : 0;
    layer->requantizer.m = test->m;
    fold_biases(test);
    layer->filters.coding = SQZ_CODING_RAW;
    layer->filters.bits = (const uint8_t *)test->weights;
    layer->filters.bit_count = (uint32_t)all_weights * 8;

    test->work.tables = &test->tables;
    open_scratch(&test->work, layer);
}

static inline void open_case(case_t *test)
{
    memset(test, 0, sizeof *test);
    choose_shape(&test->layer);
    fill_case(test);
}

static inline void close_case(case_t *test)
{
    close_scratch(&test->work);
    free(test->folded);
    free((void *)(uintptr_t)test->layer.remap);
    free(test->bias);
    free(test->weights);
    free(test->in);
}

/* Output of filter FILTER at [row, x], by the definition. */
static inline uint8_t expected_at(const case_t *test, int32_t row, int32_t x, int32_t filter)
{
    const sqz_conv_t *const layer = &test->layer;
    const sqz_window_t *const window = &layer->window;
    const int8_t *weight = test->weights + filter * filter_weights(layer);
    uint32_t acc = 0;

    for (int32_t i = 0; i < window->height; i++) {
        for (int32_t k = 0; k < window->width; k++) {
            const int32_t y_in = row * window->stride - window->padding + i;
            const int32_t x_in = x * window->stride - window->padding + k;

            for (int32_t c = 0; c < layer->in.channels; c++, weight++) {
                if (y_in >= 0 && y_in < layer->in.height && x_in >= 0 && x_in < layer->in.width) {
                    const int32_t at = (y_in * layer->in.width + x_in) * layer->in.channels + c;
                    acc += (uint32_t)(*weight * (test->in[at] - layer->in_zero_point));
                }
            }
        }
    }
    acc = (acc << layer->requantizer.lift) + (uint32_t)test->bias[filter];
    sqz_scaler_t scaler;

    sqz_scaler_init(&scaler, &layer->requantizer, filter);
    const uint8_t y = sqz_requantize((int32_t)acc, &scaler, &layer->requantizer);
    return layer->remap ? layer->remap[y] : y;
}

#endif /* CONV_CASE_H */
