"""
A profile's phases add up to what the same network takes without marks, and are where the code is.
"""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.mix import count_mix
from sqz2c.encode import encode
from sqz2c.firmware import Counts, count_phases, load_board
from sqz2c.ir.layer import Conv, MaxPool
from sqz2c.ir.program import Program
from sqz2c.plan.choose import realize
from sqz2c.plan.search import Candidate, Cut
from sqz2c.plan.stages import Choice, stages_of
from sqz2c.plan.steps import steps_of
from sqz2c.quantize import attach_requantizers
from tests.boards import FAST_BOARDS, RUN_TOOLS
from tests.chain import compiled
from tests.limits.cases import ALL, example
from tests.measured import Subject
from tests.networks import Member, build
from tests.tools import need

SECONDS = 60.0
MEMBER = Member(height=33, width=29, stem=(8, 3, 2, 0), pool_after=(0, 2), classes=7, seed=1)
TABLED = Member(
    height=29, width=33, pool_after=(0, 1), pixel_table=True, zero_points=True, per_filter=True
)


def summed() -> Program:
    """A plan that sums into every squeeze that can be summed into, through a pool too."""
    graph = attach_requantizers(build(TABLED))
    stages = stages_of(graph, steps_of(graph))
    choices = tuple(Choice(2, stage.can_sum) for stage in stages)
    cut = Cut(0, len(stages) - 1, choices)

    return encode(realize(graph, stages, "image", Candidate(1 << 30, 0, (cut,))))


CASES: dict[str, Callable[[], Program]] = {
    "image": lambda: compiled(build(MEMBER), "image"),
    "arena": lambda: compiled(build(MEMBER), "arena"),
    "rows": lambda: compiled(build(TABLED), "rows"),
    "summed": summed,
}
FAST = ("summed",)


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
def test_phases_add_up(tmp_path: Path, name: str, board: str) -> None:
    """Within one percent, wherever the picture lies and however rows flow."""
    need(*RUN_TOOLS)
    found = Subject(CASES[name](), tmp_path)
    counts = profiled(found, board)
    plain = found.run(load_board(board)).instructions

    total = sum(x.decode + x.convolve + x.pool + x.other for x in counts.layers)
    assert abs(total - plain) <= 0.01 * plain
    for layer, of_layer in zip(found.program.graph.layers, counts.layers, strict=True):
        assert isinstance(layer, Conv) == (of_layer.decode > 0) == (of_layer.convolve > 0)
        assert isinstance(layer, Conv) == (of_layer.an_output is not None)
        assert not isinstance(layer, MaxPool) or of_layer.pool > 0
    assert name != "summed" or any(step.squeeze for step in found.program.steps)


@pytest.mark.slow
def test_phases_are_where_the_code_is(tmp_path: Path) -> None:
    """Decoding and pooling, counted by marks, are the instructions of the functions that do it."""
    need(*RUN_TOOLS, "gcc")
    board = load_board("mps2_an386")
    found = Subject(compiled(example()), tmp_path)
    counts = profiled(found, board.name)
    mix = count_mix(found.firmware(board), board).instructions

    decoders = (
        *("sqz_decoder_read", "sqz_decoder_read16", "sqz_decoder_open", "build_table"),
        *("read_symbol", "read_dense", "read_one_of_3", "read_blocks"),
        *("read", "sqz_groups_read", "sqz_products_read"),  # tiles, as each kernel wants them
    )
    decoded = sum(mix.get(name, 0) for name in decoders)
    pooled = mix["sqz_strip_pool"]
    # Marks also see tiles being prepared, and the head's average.
    assert 0 <= sum(layer.decode for layer in counts.layers) - decoded < 0.05 * decoded
    assert 0 <= sum(layer.pool for layer in counts.layers) - pooled < 0.03 * pooled
