"""
What a step needs beside its tensors: sizes that every variant of the kernels can live with.
"""

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sqz2c.ir.layer import Kernel
from sqz2c.ir.program import Step
from sqz2c.ir.scratch import filter_bytes, most_tile_channels, scratch_of
from sqz2c.plan.stages import Choice
from tests.tools import ROOT, need
from tests.unit.plan.plans import TABLED, stages

KERNELS = ROOT / "runtime_c"


@pytest.mark.parametrize(
    ("weights", "expected"), [(1, 20), (8, 20), (9, 24), (16, 32), (17, 64), (27, 64), (576, 1152)]
)
def test_a_filter_has_room_as_int16_and_as_int8(weights: int, expected: int) -> None:
    """Two bytes a weight in fours, beyond 16 in sixteens; one in sixteens, and a sum's four."""
    assert expected == filter_bytes(weights)
    assert 0 == expected % 4


def test_the_runtime_reserves_the_same(tmp_path: Path) -> None:
    """SQZ_FILTER_BYTES of sqz_kernels.h for any number of weights; SQZ_GROUP and the tables."""
    need("gcc")
    source = tmp_path / "sizes.c"
    claims = [f"SQZ_FILTER_BYTES({n}) == {filter_bytes(n)}" for n in range(1, 200)]
    claims += ["SQZ_GROUP == 4", "sizeof(sqz_tables_t) == 1024"]
    lines = [f"SQZ_STATIC_ASSERT({claim});" for claim in claims]
    source.write_text("\n".join(['#include "sqz_kernels.h"', *lines, ""]))
    subprocess.run(
        ["gcc", "-std=c99", f"-I{KERNELS}", "-fsyntax-only", str(source)], check=True
    )


def steps_of_all_kinds() -> dict[str, Step]:
    stored = [step for stage in stages(TABLED) for step in stage.steps_for(Choice(2))]
    summed = stages(TABLED)[2].steps_for(Choice(2, summed=True))

    return {step.name: step for step in (*stored, *summed)}


def test_each_step_has_what_its_kernel_uses() -> None:
    """Strips where outputs are not stored, runs where they are summed, open rows under a pool."""
    graph, steps = stages(TABLED)[0].graph, steps_of_all_kinds()
    stored = ["tables", "tile", "window"]
    expected = {
        "input": None,
        "conv1+pool1": [*stored, "strip"],
        "fire2/squeeze": stored,
        "fire2/expand1x1+fire2/expand3x3": stored,
        "fire3/squeeze": stored,
        "fire3/expand1x1+fire3/expand3x3+pool3": [*stored, "strip"],
        "fire4/squeeze": stored,
        "fire4/expand1x1+fire4/expand3x3": stored,
        "conv5+average": [*stored, "strip"],
        "fire3/expand1x1+fire3/expand3x3+pool3+fire4/squeeze": [
            *stored, "strip", "run", "run_window", "open_rows"
        ],
    }  # fmt: skip
    found = {name: scratch_of(graph, step) for name, step in steps.items()}
    assert expected == {
        name: [part.name for part in scratch.parts] if scratch else None
        for name, scratch in found.items()
    }


def test_parts_are_words_one_behind_the_other() -> None:
    """Offsets are where the part before ends, and multiples of four; the last ends at the size."""
    graph = stages(TABLED)[0].graph
    for step in steps_of_all_kinds().values():
        for tile in range(4, most_tile_channels(step) + 1, 4):
            scratch = scratch_of(graph, replace(step, tile_channels=tile))
            if scratch is None:
                continue
            ends = [0, *(part.offset + part.size for part in scratch.parts)]
            assert ends == [*(part.offset for part in scratch.parts), scratch.size]
            assert [0] * len(ends) == [end % 4 for end in ends]


def test_a_summed_step_by_hand() -> None:
    """fire3 of 4 channels, expands of 4 filters, a pool to 20 pixels ... all parts, as reckoned."""
    graph, steps = stages(TABLED)[0].graph, steps_of_all_kinds()
    step = next(s for s in steps.values() if s.squeeze is not None)
    scratch = scratch_of(graph, step)
    assert scratch is not None and step.squeeze is not None and step.pool is not None
    weights = max(conv.filter_weights for conv in step.convs)
    width, pooled = (graph.tensor(name).width for name in (step.convs[0].output, step.pool.output))
    filters = step.squeeze.out_channels
    assert (54, 3, 4) == (weights, filters, step.tile_channels)
    assert (2048, 4 * 128, 2 * 128 + 64) == (scratch.tables, scratch.tile, scratch.window)
    assert (4 * width, 4 * 20, 2 * 20) == (scratch.strip, scratch.run, scratch.run_window)
    assert 4 * 2 * pooled == scratch.open_rows


@pytest.mark.parametrize("kernel", ["nonzeros", "values"])
@pytest.mark.parametrize("tile", [4, 16])
def test_lists_have_room_for_products_of_bytes(kernel: Kernel, tile: int) -> None:
    """Cores with MVE compute a layer by lists product by product, four filters at a time."""
    graph = stages(TABLED)[0].graph
    step = steps_of_all_kinds()["fire2/squeeze"]
    (conv,) = step.convs
    wide = replace(conv, weights=np.zeros((16, *conv.weights.shape[1:]), np.int8))
    listed = replace(
        step, layers=(wide,), kernels=((conv.name, kernel),), tile_channels=tile
    )
    scratch = scratch_of(graph, listed)
    assert scratch is not None
    vectors = -(-conv.filter_weights // 16) * 16
    assert 4 * (vectors + 4) == scratch.tile
    assert 3 * vectors + 8 <= scratch.window


@pytest.mark.parametrize("kernel", ["nonzeros", "values"])
def test_lists_that_are_summed_have_room_for_all_products(kernel: Kernel) -> None:
    """The squeeze's weights come by whole tiles, so that MVE has to take them whole, too."""
    graph = stages(TABLED)[2].graph
    (step,) = (s for s in steps_of_all_kinds().values() if s.squeeze is not None)
    for tile in (4, 8):
        empty = [replace(c, weights=np.zeros_like(c.weights, np.int8)) for c in step.convs]
        kernels = tuple((conv.name, kernel) for conv in empty)
        layers = (*empty, *step.layers[len(empty) :])
        listed = replace(step, layers=layers, kernels=kernels, tile_channels=tile)
        scratch = scratch_of(graph, listed)
        assert scratch is not None
        weights = max(conv.filter_weights for conv in step.convs)
        assert tile * (-(-weights // 16) * 16 + 4) == scratch.tile
