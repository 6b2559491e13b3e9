"""
Two runs of one network: where is the first value that differs?
"""

from dataclasses import dataclass

import numpy as np

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, GlobalAverage, Layer, MaxPool


@dataclass(frozen=True)
class Difference:
    """
    In IMAGE (its name), LAYER computed ACTUAL at POSITION where EXPECTED was right.

    POSITION is [row, column, channel], or [class] for logits.
    """

    image: str
    layer: str
    position: tuple[int, ...]
    actual: int
    expected: int

    def __str__(self) -> str:
        return f"{self.layer} {list(self.position)}: {self.actual}, expected {self.expected}"


def first_difference(
    image: str, layer: str, actual: np.ndarray, expected: np.ndarray
) -> Difference | None:
    """
    The first position, in memory order, at which ACTUAL is not EXPECTED.
    """
    if actual.shape != expected.shape:
        raise ValueError(f"{layer}: shapes {actual.shape} and {expected.shape} cannot be compared")
    differing = np.flatnonzero(actual != expected)
    if not differing.size:
        return None
    position = tuple(int(i) for i in np.unravel_index(differing[0], actual.shape))

    return Difference(image, layer, position, int(actual[position]), int(expected[position]))


def rows_needed(graph: Graph, layer: Layer) -> int:
    """
    Rows of LAYER that some later layer reads: all but those a stride leaves over at the end.
    """
    assert not isinstance(layer, GlobalAverage)
    height = graph.tensor(layer.output).height
    needed = 0
    for reader in graph.layers:
        if reader.input != layer.output:
            continue
        if isinstance(reader, GlobalAverage):
            return height
        out_height = graph.tensor(reader.output).height
        if isinstance(reader, Conv):
            size, stride, padding = reader.kernel_height, reader.stride, reader.padding
        elif isinstance(reader, MaxPool):
            size, stride, padding = reader.kernel, reader.stride, reader.padding
        else:
            size, stride, padding = 1, 1, 0
        tops = [row * stride - padding for row in range(out_height)]
        needed = max([needed, *(min(height, top + size) for top in tops if top < height)])

    return needed
