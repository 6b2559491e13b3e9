"""
Rows fed by the caller: calls out of order, too many rows, aborted images. Each gets its status,
harms nothing, and the next image is right.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from cffi import FFI

from sqz2c.ir.program import Program
from sqz2c.verify import HostLibrary, Reference, noise_images
from sqz2c.verify.host import OK
from tests.chain import NAME, compiled, emitted, host_library, written
from tests.exact.generated import Generated
from tests.networks import Member, build
from tests.tools import call, need

ORDER, ROWS = -3, -4
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
MEMBER = Member(height=22, width=19, classes=6, stem=(6, 3, 2, 0), pool_after=(0,), seed=3)
HEIGHT = MEMBER.height
GUARD = 64
FFI_OF_ARRAYS = FFI()


class Fed:
    """
    The C of a network that is fed rows, its context struct between guard bytes.
    """

    def __init__(self, program: Program, library: HostLibrary) -> None:
        self.library = library
        graph = program.graph
        self.image = noise_images(graph)[-1][1]
        self.expected = Reference(graph)(self.image)[graph.head.name]
        self.ram = program.ram_bytes
        self.memory = np.full(GUARD + self.ram + GUARD, 0x3C, np.uint8)
        self.logits = np.full(GUARD + graph.classes + GUARD, -7, np.int32)
        self.net = FFI_OF_ARRAYS.from_buffer("uint8_t[]", self.memory)[GUARD : GUARD + self.ram]

    def begin(self) -> None:
        self.library.call("begin", self.net)

    def push(self, first: int, count: int) -> int:
        """Push COUNT rows of the image from row FIRST on, from memory that is spoilt afterwards."""
        rows = self.image[first : first + max(count, 0)].copy()
        data = rows if rows.size else np.zeros(1, np.uint8)
        status = self.library.call(
            "push_rows", self.net, FFI_OF_ARRAYS.from_buffer("uint8_t[]", data), count
        )
        data[:] = 0xA5
        return status

    def finish(self) -> int:
        own = self.logits[GUARD:-GUARD]
        return self.library.call(
            "finish", self.net, FFI_OF_ARRAYS.from_buffer("int32_t[]", own)
        )

    def run(self) -> int:
        image = FFI_OF_ARRAYS.from_buffer("uint8_t[]", np.ascontiguousarray(self.image))
        own = FFI_OF_ARRAYS.from_buffer("int32_t[]", self.logits[GUARD:-GUARD])
        return self.library.call("run", self.net, image, own)

    def assert_unharmed(self) -> None:
        """Nothing outside of the struct and the logits was written."""
        for guard in (self.memory[:GUARD], self.memory[-GUARD:]):
            assert {0x3C} == set(guard.tolist())
        for guard in (self.logits[:GUARD], self.logits[-GUARD:]):
            assert {-7} == set(guard.tolist())

    def assert_next_image_is_right(self) -> None:
        self.logits[GUARD:-GUARD] = -7
        self.begin()
        assert OK == self.push(0, HEIGHT)
        assert OK == self.finish()
        assert self.expected.tolist() == self.logits[GUARD:-GUARD].tolist()
        self.assert_unharmed()


@pytest.fixture(scope="module")
def program() -> Program:
    return compiled(build(MEMBER), "rows")


@pytest.fixture(scope="module")
def library(program: Program) -> Iterator[HostLibrary]:
    with host_library(program) as library:
        yield library


@pytest.fixture
def fed(program: Program, library: HostLibrary) -> Fed:
    return Fed(program, library)


def rows_without_begin(fed: Fed) -> None:
    assert ORDER == fed.push(0, 1)
    assert ORDER == fed.push(0, 0)
    assert ORDER == fed.push(0, INT32_MAX)
    assert ORDER == fed.push(0, INT32_MIN)


def finish_without_begin(fed: Fed) -> None:
    before = fed.logits.copy()
    assert ORDER == fed.finish()
    assert before.tolist() == fed.logits.tolist()


def rows_after_finish(fed: Fed) -> None:
    fed.begin()
    assert OK == fed.push(0, HEIGHT)
    assert OK == fed.finish()
    assert ORDER == fed.push(0, 1)
    assert ORDER == fed.finish()


def too_many_rows_at_once(fed: Fed) -> None:
    fed.begin()
    before = fed.memory.copy()
    for count in (HEIGHT + 1, INT32_MAX, -1, INT32_MIN):
        assert ROWS == fed.push(0, count)
    assert before.tolist() == fed.memory.tolist()  # none of them was taken
    assert OK == fed.push(0, HEIGHT)
    assert OK == fed.finish()
    assert fed.expected.tolist() == fed.logits[GUARD:-GUARD].tolist()


def too_many_rows_at_the_end(fed: Fed) -> None:
    fed.begin()
    assert OK == fed.push(0, HEIGHT - 2)
    for count in (3, HEIGHT, INT32_MAX, -1, INT32_MIN):
        assert ROWS == fed.push(0, count)
    assert OK == fed.push(HEIGHT - 2, 2)
    assert ROWS == fed.push(0, 1)
    assert OK == fed.push(0, 0)
    assert OK == fed.finish()
    assert fed.expected.tolist() == fed.logits[GUARD:-GUARD].tolist()


def finish_too_early(fed: Fed) -> None:
    fed.begin()
    before = fed.logits.copy()
    assert ROWS == fed.finish()
    assert OK == fed.push(0, HEIGHT - 1)
    assert ROWS == fed.finish()
    assert before.tolist() == fed.logits.tolist()
    assert OK == fed.push(HEIGHT - 1, 1)  # what was missing may still come
    assert OK == fed.finish()
    assert fed.expected.tolist() == fed.logits[GUARD:-GUARD].tolist()


def begin_twice(fed: Fed) -> None:
    fed.begin()
    assert OK == fed.push(3, HEIGHT - 5)
    fed.begin()
    assert OK == fed.push(0, HEIGHT)
    assert OK == fed.finish()
    assert fed.expected.tolist() == fed.logits[GUARD:-GUARD].tolist()


def run_after_an_aborted_image(fed: Fed) -> None:
    fed.begin()
    assert OK == fed.push(5, 9)
    assert OK == fed.run()
    assert fed.expected.tolist() == fed.logits[GUARD:-GUARD].tolist()
    assert ORDER == fed.push(0, 1)


def rows_one_by_one_and_none(fed: Fed) -> None:
    fed.begin()
    for row in range(HEIGHT):
        assert OK == fed.push(row, 0)
        assert OK == fed.push(row, 1)
    assert OK == fed.finish()
    assert fed.expected.tolist() == fed.logits[GUARD:-GUARD].tolist()


MISUSES: list[Callable[[Fed], None]] = [
    rows_without_begin,
    finish_without_begin,
    rows_after_finish,
    too_many_rows_at_once,
    too_many_rows_at_the_end,
    finish_too_early,
    begin_twice,
    run_after_an_aborted_image,
    rows_one_by_one_and_none,
]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.__name__)
def test_misuse_has_its_status_and_harms_nothing(
    misuse: Callable[[Fed], None], fed: Fed
) -> None:
    """The struct may be garbage at first; afterwards the next image is right."""
    misuse(fed)
    fed.assert_unharmed()
    fed.assert_next_image_is_right()


SEQUENCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "{name}.h"

enum {{ HEIGHT = {NAME}_INPUT_HEIGHT, ROW = {NAME}_INPUT_WIDTH * {NAME}_INPUT_CHANNELS }};
static const uint8_t image[HEIGHT * ROW] = {{ {pixels} }};
static const int32_t expected[{NAME}_CLASSES] = {{ {logits} }};
static {name}_t net;
static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}}

/* The COUNT rows from FIRST on, in a block of exactly that size. */
static sqz_status_t push(int32_t first, int32_t count)
{{
    const size_t bytes = count > 0 && count <= HEIGHT - first ? (size_t)count * ROW : 1;
    uint8_t *const rows = malloc(bytes);
    sqz_status_t status;

    memcpy(rows, image + (bytes == 1 ? 0 : first * ROW), bytes);
    status = {name}_push_rows(&net, rows, count);
    free(rows);
    return status;
}}

int main(void)
{{
    static const int32_t odd[] = {{-1, INT32_MIN, INT32_MAX, HEIGHT + 1}};
    int32_t fed = -1; /* rows of the image so far; -1: no image is open */
    int finished = 0;

    for (int i = 0; i < 4000; i++) {{
        const uint32_t action = any(64);
        if (action == 0 || (fed < 0 && action < 8)) {{
            {name}_begin(&net);
            fed = 0;
        }} else if (action < 16) {{
            int32_t logits[{NAME}_CLASSES];
            const sqz_status_t status = {name}_finish(&net, logits);
            const sqz_status_t late = fed < HEIGHT ? SQZ_ERR_ROWS : SQZ_OK;
            const sqz_status_t right = fed < 0 ? SQZ_ERR_ORDER : late;
            if (status != right) {{
                return 1;
            }}
            if (status == SQZ_OK) {{
                fed = -1;
                finished++;
                if (memcmp(logits, expected, sizeof(logits)) != 0) {{
                    return 2;
                }}
            }}
        }} else {{
            const int32_t usual = (int32_t)any(action < 56 ? 5 : HEIGHT);
            const int32_t count = action < 20 ? odd[any(4)] : usual;
            const int32_t first = fed < 0 ? 0 : fed;
            const sqz_status_t right = fed < 0 ? SQZ_ERR_ORDER
                : count < 0 || count > HEIGHT - fed ? SQZ_ERR_ROWS : SQZ_OK;
            if (push(first, count) != right) {{
                return 3;
            }}
            if (right == SQZ_OK) {{
                fed += count;
            }}
        }}
    }}
    printf("%d\n", finished);
    return 0;
}}
"""


def test_any_sequence_of_calls_stays_inside_of_its_memory(
    program: Program, tmp_path: Path
) -> None:
    """Thousands of calls in random order under the sanitizers: right statuses, right logits."""
    need("gcc")
    graph = program.graph
    image = noise_images(graph)[-1][1]
    source = tmp_path / "sequence.c"
    source.write_text(
        SEQUENCE.format(
            name=NAME,
            NAME=NAME.upper(),
            pixels=", ".join(map(str, image.ravel())),
            logits=", ".join(map(str, Reference(graph)(image)[graph.head.name])),
        )
    )
    folder = written(tmp_path / "out", emitted(program))
    sequence = tmp_path / "sequence"
    flags = ("-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    network = Generated(NAME, folder, graph)
    objects = network.objects(tmp_path / "objects", "gcc", *flags)
    call("gcc", *flags, *network.includes, source, *objects, "-o", sequence)
    assert int(call(sequence)) > 20
