"""
Chains that are less of a SqueezeNet: several convolutions before a 1x1 one.
"""

from dataclasses import replace

import numpy as np

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, GlobalAverage, Layer
from sqz2c.ir.tensor import Quantization, Tensor
from sqz2c.plan import check_plan, plan
from sqz2c.plan.stages import stages_of
from sqz2c.plan.steps import steps_of
from tests.unit.plan.plans import MODES


def convolutions_in_a_row() -> Graph:
    """Two 3x3 convolutions before each of two 1x1 ones, of which the last is the head."""
    one, tensors = Quantization(1.0, 0), [Tensor("pixels", 12, 10, 1)]
    layers: list[Layer] = []
    for name, size, filters in (
        ("a", 3, 2), ("b", 3, 2), ("c", 1, 8), ("d", 3, 2), ("e", 3, 2), ("head", 1, 2)
    ):  # fmt: skip
        source = tensors[-1]
        weights = np.ones((filters, source.channels, size, size), np.int8)
        bias, scales = np.zeros(filters, np.float32), np.full(1, 0.01, np.float32)
        layers.append(Conv(name, source.name, name, 0, 1, 0, True, weights, bias, scales))
        sides = source.height - size + 1, source.width - size + 1
        tensors.append(Tensor(name, *sides, filters))
    quantized = tuple(replace(tensor, quantization=one) for tensor in tensors)

    return Graph(quantized, (*layers, GlobalAverage("average", "head")), "GRAY")


def test_tensors_that_one_turn_needs_do_not_pass_in_one_place() -> None:
    """Where several convolutions come before a squeeze, the judge agrees to the plan."""
    graph = convolutions_in_a_row()
    row = stages_of(graph, steps_of(graph))
    assert [["a", "b", "c"], ["d", "e", "head+average"]] == [
        [step.name for step in stage.steps] for stage in row
    ]
    for mode in MODES:
        check_plan(plan(graph, mode))
