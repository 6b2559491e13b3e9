/* sqz_scratch.c - where a step finds what it needs beside its tensors.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include <stddef.h>

#include "sqz_kernels.h"

/* The part that begins OFFSET bytes after AT; tables lie at 0, so no other part does. */
static void *part(uint8_t *at, uint32_t offset)
{
    return offset != 0 ? at + offset : NULL;
}

void sqz_scratch(sqz_work_t *work, uint8_t *at, const sqz_scratch_t *layout)
{
    work->tables = (sqz_tables_t *)(void *)at;
    work->tile = part(at, layout->tile);
    work->window = part(at, layout->window);
    work->strip = part(at, layout->strip);
    work->run = part(at, layout->run);
    work->run_window = part(at, layout->run_window);
    work->open_rows = part(at, layout->open_rows);
    work->runs = part(at, layout->runs);
    work->add = NULL;
    work->tile_bytes = (int32_t)layout->tile_bytes;
    work->tile_channels = layout->tile_channels;
    work->most_runs = layout->most_runs;
}
