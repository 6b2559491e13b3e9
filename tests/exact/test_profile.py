"""
A profile's phases add up to what the same network takes without marks, and are where the code is.
"""

import itertools
from collections.abc import Callable

import pytest

from benchmarks.mix import count_mix
from sqz2c.firmware import Counts, count_phases, load_board
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, MaxPool
from sqz2c.ir.program import InputMode
from tests.boards import FAST_BOARDS, RUN_TOOLS
from tests.limits.cases import ALL, example
from tests.measured import Subject, subject
from tests.networks import Member, build
from tests.tools import need

SECONDS = 60.0
MEMBER = Member(height=33, width=29, stem=(8, 3, 2, 0), pool_after=(0, 2), classes=7, seed=1)
TABLED = Member(height=33, width=29, pixel_table=True, zero_points=True, per_filter=True)
CASES: dict[str, tuple[Callable[[], Graph], InputMode, int | None]] = {
    "image": (lambda: build(MEMBER), "image", None),
    "arena": (lambda: build(MEMBER), "arena", None),
    "rows": (lambda: build(TABLED), "rows", None),
    "summed": (example, "rows", 8192),
}
FAST = ("image", "summed")


def profiled(found: Subject, board: str) -> Counts:
    counts = count_phases(
        found.folder, load_board(board), found.picture, found.logits, SECONDS
    )
    assert counts.equal

    return counts


@pytest.mark.parametrize(
    ("name", "board"),
    [
        pytest.param(
            name,
            board,
            marks=() if name in FAST and board in FAST_BOARDS else pytest.mark.slow,
            id=f"{name}-{board}",
        )
        for name, board in itertools.product(CASES, ALL)
    ],
)
def test_phases_add_up(name: str, board: str) -> None:
    """Within one percent, wherever the picture lies and however rows flow."""
    need(*RUN_TOOLS)
    make, mode, ram = CASES[name]
    with subject(make(), mode, ram) as found:
        counts = profiled(found, board)
        plain = found.run(load_board(board)).instructions

    total = sum(x.decode + x.convolve + x.pool + x.other for x in counts.layers)
    assert abs(total - plain) <= 0.01 * plain
    for layer, of_layer in zip(found.program.graph.layers, counts.layers, strict=True):
        assert isinstance(layer, Conv) == (of_layer.decode > 0) == (of_layer.convolve > 0)
        assert isinstance(layer, Conv) == (of_layer.an_output is not None)
        assert not isinstance(layer, MaxPool) or of_layer.pool > 0
    assert (name == "summed") == any(step.squeeze for step in found.program.steps)


@pytest.mark.slow
def test_phases_are_where_the_code_is() -> None:
    """Decoding and pooling, counted by marks, are the instructions of the functions that do it."""
    need(*RUN_TOOLS, "gcc")
    board = load_board("mps2_an386")
    with subject(example(), "image", None) as found:
        counts = profiled(found, board.name)
        mix = count_mix(found.firmware(board), board).instructions

    decoders = ("sqz_decoder_read", "sqz_decoder_open", "build_table", "find_long_code")
    decoded = sum(mix.get(name, 0) for name in decoders)
    pooled = mix["sqz_strip_pool"]
    # Marks also see tiles being prepared, and the head's average.
    assert 0 <= sum(layer.decode for layer in counts.layers) - decoded < 0.05 * decoded
    assert 0 <= sum(layer.pool for layer in counts.layers) - pooled < 0.02 * pooled
