/* sqz_add.c - adding a map to what a convolution makes, as a bypass does.
 *
 * The sum is PyTorch's (qnnpack): both operands times a factor of up to 22 bits, shifted right and
 * rounded half away from zero.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_kernels.h"

/* Right shifts of negative numbers keep the sign. */
SQZ_STATIC_ASSERT((-1 >> 1) == -1);

/* What a pixel's sums need, out of the descriptor: for all that C knows, a sum that is stored might
 * change it. A sum is shifted by one bit less first: then one half is 1, and cannot overflow. */
typedef struct {
    uint32_t factor;
    uint32_t other_factor;
    uint32_t bias;
    int32_t shift;   /* less 1 */
    int32_t rounding; /* one half and the zero point, after that shift */
    int32_t low;
} sum_t;

#if defined(__ARM_FEATURE_MVE) && !defined(SQZ_PORTABLE)

#include <arm_mve.h>

/* Four channels at once. */
static void add_pixel(const sum_t *sum, const uint8_t *other, uint8_t *at, int32_t channels)
{
    const int32x4_t bias = vdupq_n_s32((int32_t)sum->bias);
    const int32x4_t shift = vdupq_n_s32(-sum->shift);

    for (int32_t c = 0; c < channels; c += 4) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(channels - c));
        const int32x4_t a = vreinterpretq_s32_u32(vldrbq_z_u32(at + c, lanes));
        const int32x4_t b = vreinterpretq_s32_u32(vldrbq_z_u32(other + c, lanes));
        int32x4_t t = vmlaq_n_s32(bias, a, (int32_t)sum->factor);

        t = vmlaq_n_s32(t, b, (int32_t)sum->other_factor);
        t = vaddq_s32(t, vshrq_n_s32(t, 31));
        t = vaddq_n_s32(vshlq_s32(t, shift), sum->rounding);
        t = vmaxq_s32(vshrq_n_s32(t, 1), vdupq_n_s32(sum->low));
        t = vminq_s32(t, vdupq_n_s32(255));
        vstrbq_p_u32(at + c, vreinterpretq_u32_s32(t), lanes);
    }
}

#else

static void add_pixel(const sum_t *sum, const uint8_t *other, uint8_t *at, int32_t channels)
{
    const sum_t by = *sum;

    for (int32_t c = 0; c < channels; c++) {
        const int32_t t = (int32_t)(at[c] * by.factor + other[c] * by.other_factor + by.bias);
        const int32_t y = (((t + (t >> 31)) >> by.shift) + by.rounding) >> 1;
        const int32_t least = y < by.low ? by.low : y;

        at[c] = (uint8_t)(least > 255 ? 255 : least);
    }
}

#endif

void sqz_add(sqz_work_t *work, const sqz_add_t *add, const uint8_t *other)
{
    work->add = add;
    work->addend = other;
}

void sqz_add_row(const sqz_add_t *add, const uint8_t *other, uint8_t *at, int32_t stride,
                 int32_t channels)
{
    const int32_t width = add->other.width;
    const int32_t other_stride = add->other.channels;
    const sum_t sum = {
        .factor = (uint32_t)add->factor,
        .other_factor = (uint32_t)add->other_factor,
        .bias = (uint32_t)add->bias,
        .shift = add->shift - 1,
        .rounding = 1 + 2 * add->zero_point,
        .low = add->low,
    };

    for (int32_t x = 0; x < width; x++, at += stride, other += other_stride) {
        add_pixel(&sum, other, at, channels);
    }
}
