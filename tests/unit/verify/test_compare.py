"""
Where two runs differ first, and which rows count.
"""

import numpy as np
import pytest

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, GlobalAverage, PixelTable
from sqz2c.ir.tensor import Quantization, Tensor
from sqz2c.verify.compare import Difference, first_difference, rows_needed
from tests.networks import Member, build


def test_equal_maps_have_no_difference() -> None:
    """None, exactly when all values are equal."""
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)

    assert None is first_difference("x", "conv1", values, values.copy())


def test_first_difference_in_memory_order_is_named() -> None:
    """Row before column before channel; the layer, the position, both values."""
    expected = np.zeros((4, 8, 13), np.uint8)
    actual = expected.copy()
    actual[3, 7, 12], actual[3, 2, 1], actual[3, 1, 12] = 5, 6, 17
    found = first_difference("noise", "fire4/squeeze", actual, expected)

    assert Difference("noise", "fire4/squeeze", (3, 1, 12), 17, 0) == found
    assert "fire4/squeeze [3, 1, 12]: 17, expected 0" == str(found)


def test_logits_differ_at_a_class() -> None:
    """A position in logits is a class; values keep their sign."""
    found = first_difference("x", "average", np.array([4, -7]), np.array([4, 9]))

    assert "average [1]: -7, expected 9" == str(found)


def test_other_shapes_are_not_compared() -> None:
    """Maps of other shapes are a mistake of the caller, not a difference."""
    with pytest.raises(ValueError, match=r"conv1: shapes \(2, 2\) and \(2, 3\)"):
        first_difference("x", "conv1", np.zeros((2, 2)), np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("height", "stem", "expected"),
    [(20, (4, 3, 1, 0), 18), (19, (4, 2, 3, 0), 6), (33, (4, 1, 1, 1), 35)],
)
def test_rows_that_a_pool_reads_are_needed(
    height: int, stem: tuple[int, int, int, int], expected: int
) -> None:
    """In ceil mode a pool reads all rows."""
    graph = build(Member(height=height, width=24, stem=stem))

    assert expected == rows_needed(graph, graph.layers[0])


def test_rows_that_a_stride_leaves_over_are_not_needed() -> None:
    """A stem of kernel 1 and stride 4 never looks at the last rows of its input."""
    graph = build(Member(height=24, width=24, stem=(4, 1, 4, 0), pixel_table=True))

    assert 21 == rows_needed(graph, graph.layers[0])
    assert 24 == graph.tensor(graph.layers[0].output).height


def test_rows_that_later_strides_leave_over_are_not_needed() -> None:
    """A 1x1 layer of stride 2 reads 13 of conv1's 14 rows, which read 26 of the image's 28."""
    graph = strided()

    assert [26, 13, 7] == [rows_needed(graph, layer) for layer in graph.layers[:3]]


def test_rows_that_are_added_are_needed() -> None:
    """A bypassed map is needed as far as the sum is."""
    graph = build(Member(fires=((4, 8, 8), (4, 8, 8)), pool_after=(), bypass="simple"))

    assert [15] * len(graph.layers[:-1]) == [rows_needed(graph, x) for x in graph.layers[:-1]]


def strided() -> Graph:
    one, rng = Quantization(1.0, 0), np.random.default_rng(0)
    sides = {"pixels": 28, "input": 28, "conv1": 14, "conv2": 7}

    def conv(name: str, source: str, size: int, padding: int) -> Conv:
        weights = rng.integers(-9, 9, (1, 1, size, size), dtype=np.int8)
        return Conv(name, source, name, 0, 2, padding, True, weights, np.zeros(1, np.float32))

    layers = (
        PixelTable("input", "pixels", "input", np.zeros((1, 256), np.uint8)),
        conv("conv1", "input", 3, 1),
        conv("conv2", "conv1", 1, 0),
        GlobalAverage("average", "conv2"),
    )

    return Graph(tuple(Tensor(n, s, s, 1, one) for n, s in sides.items()), layers, "GRAY")
