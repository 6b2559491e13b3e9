"""
The dump of a graph: stable, one line a tensor or layer.
"""

from dataclasses import replace

import numpy as np

from sqz2c.ir.check import check_graph
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, GlobalAverage, MaxPool, PixelTable
from sqz2c.ir.tensor import Quantization, Tensor
from sqz2c.ir.text import to_text
from tests.unit.ir.graphs import as_float

TENTH = float(np.float32(0.1))
WEIGHTS = np.arange(-9, 9, dtype=np.int8).reshape(2, 1, 3, 3)
CONV = Conv(
    "conv1",
    "input",
    "conv1",
    0,
    2,
    1,
    True,
    WEIGHTS,
    np.zeros(2, np.float32),
    np.float32([0.3]),
)
GRAPH = Graph(
    tensors=(
        Tensor("pixels", 5, 7, 1, Quantization(1.0, 0)),
        Tensor("input", 5, 7, 1, Quantization(TENTH, 3)),
        Tensor("conv1", 3, 4, 2, Quantization(0.5, 0)),
        Tensor("pool1", 1, 2, 2, Quantization(0.5, 0)),
    ),
    layers=(
        PixelTable("input", "pixels", "input", np.zeros((1, 256), np.uint8)),
        CONV,
        MaxPool("pool1", "conv1", "pool1", 3, 2),
        GlobalAverage("average", "pool1"),
    ),
    order="GRAY",
)
TEXT = """\
squeezenet int8, GRAY [5, 7, 1], 2 classes, 18 weights, 140 MACs
  tensor pixels: [5, 7, 1], scale 1.0, zero point 0
  tensor input: [5, 7, 1], scale 0.1, zero point 3
  tensor conv1: [3, 4, 2], scale 0.5, zero point 0
  tensor pool1: [1, 2, 2], scale 0.5, zero point 0
  layer input: pixel table, pixels -> input
  layer conv1: conv 3x3, stride 2, padding 1, ReLU, input -> conv1[0:2], 18 weights, \
94.4 % not zero, 18 values, weight scale 0.3, 140 MACs
  layer pool1: max pool 3x3, stride 2, padding 0, conv1 -> pool1
  layer average: global average, pool1 -> sums
"""


def with_conv(conv: Conv) -> Graph:
    return GRAPH.with_layers((GRAPH.layers[0], conv, *GRAPH.layers[2:]))


def test_every_tensor_and_layer_has_its_line():
    """Tensors tell shape and scale; layers window, place, weights, values and MACs."""
    check_graph(GRAPH)
    assert TEXT == to_text(GRAPH)


def test_what_a_loaded_model_may_have_is_told():
    """Scales a filter, a scale of its own, no ReLU and a quantized average are in the dump."""
    conv = replace(
        CONV,
        relu=False,
        weight_scales=np.float32([0.3, 0.2]),
        quantization=Quantization(0.25, 7),
    )
    average = GlobalAverage("average", "pool1", Quantization(0.5, 0))
    text = to_text(with_conv(conv).with_layers((*with_conv(conv).layers[:-1], average)))
    assert "padding 1, no ReLU, " in text
    assert "weight scales 0.2 to 0.3, own scale 0.25, zero point 7, 140 MACs\n" in text
    assert text.endswith("global average, pool1 -> scale 0.5, zero point 0\n")


def test_a_float_graph_tells_its_preprocessing():
    """Mean and std stand on their own line, labels are counted."""
    conv = replace(CONV, input="pixels")
    graph = replace(
        GRAPH,
        tensors=(GRAPH.tensors[0], *GRAPH.tensors[2:]),
        layers=(conv, *GRAPH.layers[2:]),
    )
    graph = replace(as_float(graph), labels=("cat", "dog"))
    check_graph(graph)
    text = to_text(graph)
    assert text.startswith("squeezenet float, GRAY [5, 7, 1], 2 classes")
    assert "  preprocessing: mean (0.0), std (255.0)\n  tensor pixels: [5, 7, 1]\n" in text
    assert "18 values, 140 MACs\n" in text
    assert text.endswith("  layer average: global average, pool1 -> sums\n  labels: 2\n")
