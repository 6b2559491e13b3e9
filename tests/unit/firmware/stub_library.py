"""
A library with the interface of a generated one, small enough to see through.

Logit k of a picture is (k - 1) times the sum of its pixels, after a loop of a known number of
instructions: two for each of 70,000 + 1,001 * (first pixel) rounds.
"""

import json
from pathlib import Path

import numpy as np

from sqz2c import assets

INPUT = {"height": 4, "width": 4, "channels": 3, "order": "RGB"}
CLASSES = 7
INSTRUCTIONS_A_PIXEL = 2 * 1_001
MANIFEST = {
    "name": "stub",
    "input": INPUT,
    "classes": CLASSES,
    "checkpoint_sha256": "c0ffee" * 10,
}

HEADER = """\
#ifndef STUB_H
#define STUB_H

#include "sqz_types.h"

#define STUB_INPUT_HEIGHT 4
#define STUB_INPUT_WIDTH 4
#define STUB_INPUT_CHANNELS 3
#define STUB_INPUT_BYTES 48
#define STUB_CLASSES 7
#define STUB_RAM_BYTES %(ram)d

typedef struct {
    uint32_t arena[%(ram)d / 4];
} stub_t;

sqz_status_t stub_run(stub_t *net, const uint8_t *image, int32_t *logits);
void stub_begin(stub_t *net);
sqz_status_t stub_push_rows(stub_t *net, const uint8_t *rows, int32_t count);
sqz_status_t stub_finish(stub_t *net, int32_t *logits);
sqz_status_t stub_check_weights(void);
void stub_top(const int32_t *logits, int32_t *classes, int32_t count);

#endif
"""

SOURCE = """\
#include "stub.h"
#include <string.h>
#include "sqz_stub.h"

extern const uint8_t stub_weights[];

sqz_status_t stub_run(stub_t *net, const uint8_t *image, int32_t *logits)
{
    uint32_t rounds = 70000u + 1001u * image[0];
    %(extra)s

    memcpy(net->arena, image, STUB_INPUT_BYTES);
    __asm__ volatile(".syntax unified\\n1: subs %%0, %%0, #1\\n bne 1b"
                     : "+l"(rounds) : : "cc");
    for (int32_t k = 0; k < STUB_CLASSES; k++) {
        logits[k] = (k - 1) * stub_sum((const uint8_t *)net->arena, STUB_INPUT_BYTES);
    }

    return %(status)s;
}

/* Behind the image, the arena counts rows. */
void stub_begin(stub_t *net)
{
    net->arena[STUB_INPUT_BYTES / 4] = 0u;
}

sqz_status_t stub_push_rows(stub_t *net, const uint8_t *rows, int32_t count)
{
    uint32_t *const taken = &net->arena[STUB_INPUT_BYTES / 4];

    for (int32_t i = 0; i < count * 12; i++) {
        ((uint8_t *)net->arena)[*taken * 12u + (uint32_t)i] = rows[i];
    }
    *taken += (uint32_t)count;

    return SQZ_OK;
}

sqz_status_t stub_finish(stub_t *net, int32_t *logits)
{
    return stub_run(net, (const uint8_t *)net->arena, logits);
}

sqz_status_t stub_check_weights(void)
{
    return stub_weights[0] == 42 ? SQZ_OK : SQZ_ERR_CRC;
}

/* The logits grow with their class. */
void stub_top(const int32_t *logits, int32_t *classes, int32_t count)
{
    (void)logits;
    for (int32_t i = 0; i < count; i++) {
        classes[i] = STUB_CLASSES - 1 - i;
    }
}
"""

RUNTIME_HEADER = """\
#ifndef SQZ_STUB_H
#define SQZ_STUB_H
#include <stdint.h>
int32_t stub_sum(const uint8_t *values, int32_t count);
#endif
"""

RUNTIME_SOURCE = """\
#include "sqz_stub.h"

int32_t stub_sum(const uint8_t *values, int32_t count)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return sum;
}
"""


def runtime_file(name: str) -> str:
    return (assets.root() / "runtime_c" / name).read_text()


def write_stub(
    folder: Path,
    *,
    extra: str = "",
    status: str = "SQZ_OK",
    weights_bytes: int = 64,
    first_weight: int = 42,
    ram_bytes: int = 256,
    input_mode: str = "image",
) -> Path:
    """
    Write the library into FOLDER. EXTRA is C that runs first in stub_run().
    """
    runtime = folder / "runtime"
    runtime.mkdir(parents=True)
    values = {"extra": extra, "status": status, "ram": ram_bytes}
    weights = f"const uint8_t stub_weights[{weights_bytes}] = {{{first_weight}}};\n"
    files = {
        "stub.h": HEADER % values,
        "stub.c": SOURCE % values,
        "stub_weights.h": '#include "stub.h"\nextern const uint8_t stub_weights[];\n',
        "stub_weights.c": '#include "stub_weights.h"\n' + weights,
        "runtime/sqz_stub.h": RUNTIME_HEADER,
        "runtime/sqz_stub.c": RUNTIME_SOURCE,
        "runtime/sqz_types.h": runtime_file("sqz_types.h"),
        **{f"runtime/{name}": runtime_file(name) for name in ("sqz_crc32.h", "sqz_crc32.c")},
        "manifest.json": json.dumps(MANIFEST | {"input_mode": input_mode}),
    }
    for name, text in files.items():
        (folder / name).write_text(text)

    return folder


def stub_pictures(count: int) -> list[np.ndarray]:
    """
    Seeded noise, [4, 4, 3].
    """
    generator = np.random.default_rng(7)

    return [generator.integers(0, 256, (4, 4, 3), np.uint8) for _ in range(count)]


def stub_logits(picture: np.ndarray) -> np.ndarray:
    """
    What stub_run() gives for PICTURE.
    """
    return (np.arange(CLASSES) - 1).astype(np.int32) * np.int32(picture.sum())
