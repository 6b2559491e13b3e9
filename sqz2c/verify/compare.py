"""
Two runs of one network: where is the first value that differs?
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool


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
    Rows of LAYER that some later layer reads: all but those that strides leave over at the end,
    its readers' own or those of layers behind them.
    """
    assert not isinstance(layer, GlobalAverage)

    return _rows_needed(graph)[layer.output]


@lru_cache(maxsize=4)
def _rows_needed(graph: Graph) -> dict[str, int]:
    """The same by tensor, last ones first: rows that are read say which are read to make them."""
    needed = {tensor.name: 0 for tensor in graph.tensors}
    for reader in reversed(graph.layers):
        height = graph.tensor(reader.input).height
        if isinstance(reader, GlobalAverage):
            needed[reader.input] = height
            continue
        if isinstance(reader, Add):
            needed[reader.other] = max(needed[reader.other], needed[reader.output])
        if isinstance(reader, Conv):
            size, stride, padding = reader.kernel_height, reader.stride, reader.padding
        elif isinstance(reader, MaxPool):
            size, stride, padding = reader.kernel, reader.stride, reader.padding
        else:
            size, stride, padding = 1, 1, 0
        tops = [row * stride - padding for row in range(needed[reader.output])]
        rows = [min(height, top + size) for top in tops if top < height]
        needed[reader.input] = max([needed[reader.input], *rows])

    return needed
