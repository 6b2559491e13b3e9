/* sqz_check.c - one CRC over all constant arrays, in the order of SPEC.md section 4.3.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "sqz_check.h"

#include "sqz_crc32.h"

/* The CRC is taken over little-endian bytes, as memory holds them on every Cortex-M. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "sqz_check.c: the weights' CRC needs a little-endian processor"
#endif

static uint32_t crc_of_code(uint32_t crc, const sqz_code_t *code)
{
    if (code->symbol_count == 0) {
        return crc;
    }
    crc = sqz_crc32(crc, code->counts, (SQZ_MAX_CODE_LENGTH + 1) * sizeof(*code->counts));
    return sqz_crc32(crc, code->symbols, code->symbol_count);
}

static uint32_t crc_of_filters(uint32_t crc, const sqz_filters_t *filters)
{
    crc = sqz_crc32(crc, filters->bits, (filters->bit_count + 7) / 8);
    crc = crc_of_code(crc, &filters->values);
    return crc_of_code(crc, &filters->flags);
}

static uint32_t crc_of_requantizer(uint32_t crc, const sqz_requantizer_t *requantizer,
                                   uint32_t filters)
{
    const uint32_t count = requantizer->per_filter ? filters : 1;

    if (requantizer->form == SQZ_REQUANTIZE_FIXED) {
        return sqz_crc32(crc, requantizer->factor, count * (uint32_t)sizeof(int32_t));
    }
    return sqz_crc32(crc, requantizer->m, count * (uint32_t)sizeof(uint32_t));
}

uint32_t sqz_crc_conv(uint32_t crc, const sqz_conv_t *layer)
{
    const uint32_t filters = layer->out_channels;

    crc = crc_of_filters(crc, &layer->filters);
    crc = sqz_crc32(crc, layer->bias, filters * (uint32_t)sizeof(*layer->bias));
    crc = crc_of_requantizer(crc, &layer->requantizer, filters);
    return layer->remap ? sqz_crc32(crc, layer->remap, 256) : crc;
}

uint32_t sqz_crc_lookup(uint32_t crc, const sqz_lookup_t *layer)
{
    return sqz_crc32(crc, layer->table, (uint32_t)layer->in.channels * 256);
}
