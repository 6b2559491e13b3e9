"""
Which kernel a plan takes for a convolution, and what the judge makes of it.
"""

from dataclasses import replace

import numpy as np
import pytest

from sqz2c.errors import PlanError
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Kernel
from sqz2c.ir.program import Program, Step
from sqz2c.ir.scratch import scratch_of
from sqz2c.plan import check_plan, plan
from sqz2c.plan.cost import WORTH_CODE, quickest, step_cost
from sqz2c.plan.fitted import DSP
from tests.networks import Member, build
from tests.unit.plan.test_check import with_buffer, with_step

PRUNED = Member(fires=((8, 24, 32), (8, 24, 32)), density=0.1, seed=5)


def step_with(weights: np.ndarray) -> tuple[Graph, Step]:
    """A 1x1 convolution from 256 to 32 channels on rows of 13 pixels, alone in a step."""
    graph = build(PRUNED)
    source = next(conv for conv in graph.convs if conv.kernel_height == 1)
    conv = replace(source, weights=weights.astype(np.int8), bias=np.zeros(len(weights)))
    tensor = replace(graph.tensor(conv.output), width=13, height=13)
    tensors = tuple(tensor if t.name == tensor.name else t for t in graph.tensors)

    return replace(graph, tensors=tensors), Step((conv,), 13, 13, tile_channels=32)


@pytest.mark.parametrize(
    ("density", "values", "expected"),
    [(1.0, 255, "products"), (0.2, 255, "nonzeros"), (0.33, 10, "values"), (0.0, 1, "nonzeros")],
)
def test_the_kernel_follows_from_the_weights(
    density: float, values: int, expected: Kernel
) -> None:
    """All of them; few that share nothing; few that share some values; none."""
    rng = np.random.default_rng(1)
    shape = (32, 256, 1, 1)
    book = np.delete(np.arange(-128, 128), 128)[:values]
    weights = np.where(rng.random(shape) < density, rng.choice(book, shape), 0)
    graph, step = step_with(weights)
    found = dict(quickest(DSP, graph, step)).get(step.layers[0].name, "products")
    assert expected == found
    others = {
        kernel: step_cost(DSP, graph, replace(step, kernels=((step.layers[0].name, kernel),)))
        for kernel in ("products", "nonzeros", "values")
    }
    assert others[expected] < (1 + WORTH_CODE) * min(others.values())


def programs_of(kernel: Kernel) -> list[tuple[Program, int, int]]:
    """(program, segment, step) with one convolution by KERNEL, its scratch as large as needed."""
    base = plan(build(PRUNED), "image")
    found = []
    for number, segment in enumerate(base.segments):
        for index, step in enumerate(segment.steps):
            conv = next((c for c in step.convs if c.kernel_height == 1), None)
            if conv is None:
                continue
            changed = replace(step, kernels=((conv.name, kernel),))
            scratch = scratch_of(base.graph, changed)
            assert scratch is not None
            other = with_step(base, number, index, kernels=changed.kernels)
            room = replace(other, arena_bytes=base.arena_bytes + scratch.size)
            found.append(
                (
                    with_buffer(
                        room, number, str(step.scratch),
                        offset=base.arena_bytes, row_bytes=scratch.size,
                    ),
                    number,
                    index,
                )
            )  # fmt: skip

    return found


@pytest.mark.parametrize("kernel", ["nonzeros", "values"])
def test_the_judge_knows_what_lists_take(kernel: Kernel) -> None:
    """Exactly as much as is placed: a word less is too little."""
    programs = programs_of(kernel)
    assert programs
    for program, number, index in programs:
        check_plan(program)
        name = str(program.segments[number].steps[index].scratch)
        buffer = program.segments[number].buffer(name)
        assert buffer is not None
        less = with_buffer(program, number, name, row_bytes=buffer.row_bytes - 4)
        with pytest.raises(PlanError, match="B of scratch"):
            check_plan(less)


def test_a_pruned_network_is_planned_with_lists() -> None:
    """Where they cost less; and the plan without them is dearer."""
    graph = build(replace(PRUNED, fires=((32, 64, 64), (32, 64, 64))))
    best = plan(graph, "image")
    listed = [step for step in best.steps if {k for _, k in step.kernels} & {"nonzeros", "values"}]
    assert listed
    for step in listed:
        assert step_cost(DSP, graph, step) < step_cost(DSP, graph, replace(step, kernels=()))
