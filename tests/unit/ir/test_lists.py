"""
Lists of the weights that are not 0: their sizes follow from the weights.
"""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from sqz2c.ir.layer import Conv, Kernel
from sqz2c.ir.lists import (
    LANE_RUN,
    MOST_WEIGHTS,
    ROW_BYTES,
    SUMS_BYTES,
    can_be_listed,
    weight_lists,
    window_bytes,
)
from tests.tools import ROOT, need


def conv_of(weights: np.ndarray) -> Conv:
    return Conv("c", "a", "b", 0, 1, 0, True, weights.astype(np.int8), np.zeros(len(weights)))


def filters(*rows: list[int]) -> Conv:
    """1x1 filters with the weights of ROWS."""
    return conv_of(np.array(rows)[:, :, None, None])


def test_a_run_is_at_most_128_equal_weights() -> None:
    """So many inputs of 255 are what half a word holds, less its sign."""
    rows = [[7] * count + [0] * (300 - count) for count in (0, 1, 127, 128, 129, 256, 257)]
    lists = weight_lists(filters(*rows))
    assert [0, 1, 127, 128, 129, 256, 257] == lists.nonzero.tolist()
    assert [0, 1, 1, 1, 2, 2, 3] == lists.runs.tolist()
    assert LANE_RUN * 255 <= 32767 < (LANE_RUN + 1) * 255


def test_values_that_differ_in_sign_are_two() -> None:
    """-128, -127 and 127 among them."""
    lists = weight_lists(filters([-128, 127, -127, 127, 0], [1, -1, 1, -1, 0]))
    assert [4, 4] == lists.nonzero.tolist()
    assert [3, 2] == lists.runs.tolist()
    assert 3 == lists.most_runs


@pytest.mark.parametrize(
    ("kernel", "tile", "expected"),
    [
        # words: one and one an entry, so 1, 5, 3, 2 of them
        ("nonzeros", 1, 4 * 5),
        ("nonzeros", 2, 4 * 6),
        ("nonzeros", 4, 4 * 11),
        # halves: an end, two a run and one a position, so 1, 11, 5, 4 of them
        ("values", 1, 2 * 11 + 2),
        ("values", 2, 2 * 12),
        ("values", 4, 2 * 21 + 2),
        ("values", 8, 2 * 21 + 2),
    ],
)
def test_the_largest_tile_by_hand(kernel: Kernel, tile: int, expected: int) -> None:
    """The sum of the lists of its filters, in whole words; tiles begin at multiples."""
    conv = filters([0] * 5, [1, 2, 3, 1, 0], [0, 0, 0, 5, 5], [9, 0, 0, 0, 0])
    assert expected == weight_lists(conv).tile_bytes(kernel, tile)


def test_runs_have_room_for_one_more() -> None:
    """The value 0 behind the last one."""
    assert SUMS_BYTES * 4 == weight_lists(filters([1, 2, 3, 1], [0, 0, 0, 0])).runs_bytes
    assert SUMS_BYTES == weight_lists(filters([0, 0], [0, 0])).runs_bytes


@pytest.mark.parametrize(
    ("kernel", "weights", "channels", "expected"),
    [
        ("nonzeros", 9, 1, 32 + 16 * 9),
        ("nonzeros", 64, 64, 64 + 16 * 64),
        ("values", 576, 64, 64 + 16 * 576),
        ("values", 70, 70, 72 + 16 * 70),
        ("values", 9, 1, 512 + 20 + 256 + 24),  # chains are more
    ],
)
def test_a_window_by_hand(kernel: Kernel, weights: int, channels: int, expected: int) -> None:
    """A pixel of padding, at least two rows, and a row a weight; or chains."""
    assert expected == window_bytes(kernel, weights, channels)


def test_lists_name_the_last_row() -> None:
    """In 16 bits, counted in bytes from one row before the first."""
    most = conv_of(np.zeros((1, MOST_WEIGHTS, 1, 1)))
    more = conv_of(np.zeros((1, MOST_WEIGHTS + 1, 1, 1)))
    assert (True, False) == (can_be_listed(most), can_be_listed(more))
    assert MOST_WEIGHTS * ROW_BYTES <= 65535 < (MOST_WEIGHTS + 1) * ROW_BYTES


def test_the_runtime_has_the_same_sizes(tmp_path: Path) -> None:
    """Rows, runs and their sums, in both layouts of lanes."""
    need("gcc")
    source = tmp_path / "sizes.c"
    claims = [
        f"SQZ_ROW_BYTES == {ROW_BYTES}",
        f"SQZ_LANE_RUN == {LANE_RUN}",
        f"SQZ_SUMS_BYTES == {SUMS_BYTES}",
        "4 * (SQZ_SUMS + 1) <= SQZ_SUMS_BYTES",
    ]
    lines = [f"SQZ_STATIC_ASSERT({claim});" for claim in claims]
    source.write_text("\n".join(['#include "sqz_values.h"', *lines, ""]))
    for layout in ("SQZ_LANES_PACKED", "SQZ_LANES_WIDE"):
        subprocess.run(
            ["gcc", "-std=c99", f"-D{layout}", f"-I{ROOT / 'runtime_c'}", "-fsyntax-only",
             str(source)],
            check=True,
        )  # fmt: skip
