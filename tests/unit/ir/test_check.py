"""
The graph's judge: what is legal passes, each illegal thing is refused by name.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from sqz2c.errors import Sqz2cError
from sqz2c.ir.check import check_graph
from sqz2c.ir.graph import Graph, Preprocessing
from sqz2c.ir.layer import Conv, GlobalAverage, MaxPool, PixelTable
from sqz2c.ir.tensor import Quantization, Tensor
from tests.networks import Member
from tests.unit.ir.graphs import as_float, build

GRAPH = build(Member())
TABLED = build(Member(pixel_table=True, zero_points=True, quantized_average=True))


def with_layer(which: str, graph: Graph = GRAPH, /, **changes) -> Graph:
    return graph.with_layers(
        tuple(replace(x, **changes) if x.name == which else x for x in graph.layers)
    )


def with_tensor(which: str, graph: Graph = GRAPH, /, **changes) -> Graph:
    tensors = tuple(replace(t, **changes) if t.name == which else t for t in graph.tensors)
    return replace(graph, tensors=tensors)


def conv(name: str) -> Conv:
    return next(c for c in GRAPH.convs if c.name == name)


FLOAT = as_float(GRAPH)


@pytest.mark.parametrize("switches", list(product((False, True), repeat=5)))
def test_every_kind_of_member_is_legal(switches):
    """Scales a filter, zero points, own scales, tables and quantized averages all pass."""
    names = (
        "per_filter",
        "zero_points",
        "differing_scales",
        "pixel_table",
        "quantized_average",
    )
    check_graph(build(Member(**dict(zip(names, switches, strict=True)))))


def test_a_float_graph_is_legal():
    """Float weights with a preprocessing pass."""
    check_graph(FLOAT)


@pytest.mark.parametrize(("height", "expected"), [(7, None), (6, "cannot make"), (8, None)])
def test_pools_may_have_either_of_pytorchs_sizes(height, expected):
    """A pool of an even side may end in a partial window (ceil mode) or leave it out."""
    tensors = (
        Tensor("pixels", 16, 17, 1, Quantization(1.0, 0)),
        Tensor("pool", height, 8, 1, Quantization(1.0, 0)),
    )
    stem = replace(
        conv("conv1"), weights=np.ones((1, 1, 1, 1), np.int8), input="pool", stride=1
    )
    stem = replace(stem, bias=np.zeros(1, np.float32), weight_scales=np.float32([0.5]))
    graph = Graph(
        (*tensors, Tensor("conv1", height, 8, 1, Quantization(1.0, 0))),
        (MaxPool("pool", "pixels", "pool", 3, 2), stem, GlobalAverage("average", "conv1")),
        "GRAY",
    )
    if expected is None:
        check_graph(graph)
    else:
        with pytest.raises(Sqz2cError, match=expected):
            check_graph(graph)


def bad_weights(value: float) -> np.ndarray:
    weights = FLOAT.convs[0].weights.copy()
    weights[0, 0, 0, 0] = value
    return weights


STEM = conv("conv1")
HUGE_BIAS = np.full(8, 3e38, np.float32)

ILLEGAL = {
    "name twice": (with_layer("pool1", name="conv1"), "layer name conv1 is used more"),
    "tensor twice": (with_tensor("pool1", name="conv1"), "tensor name conv1 is used more"),
    "name ends a comment": (with_layer("conv1", name="a*/b"), r"layer name 'a\*/b' may only"),
    "empty name": (with_layer("conv1", name=""), "layer name '' may only"),
    "no height": (with_tensor("pool1", height=0), r"pool1: the shape \[0, "),
    "height over uint16": (with_tensor("pixels", height=65536), "pixels: the shape"),
    "scale 0": (with_tensor("pool1", quantization=Quantization(0.0, 0)), "pool1: the scale"),
    "scale not float32": (
        with_tensor("pool1", quantization=Quantization(0.1, 0)),
        "pool1: the scale 0.1",
    ),
    "scale inf": (
        with_tensor("pool1", quantization=Quantization(float("inf"), 0)),
        "pool1: the scale inf",
    ),
    "zero point": (
        with_tensor("fire2", quantization=Quantization(1.0, 256)),
        "fire2: the zero point 256",
    ),
    "image's name": (with_tensor("pixels", name="image"), "first tensor must be pixels"),
    "order": (replace(GRAPH, order="RGBA"), "order 'RGBA' is not RGB"),
    "gray of three channels": (replace(GRAPH, order="GRAY"), "GRAY images have 1 channels"),
    "no head": (GRAPH.with_layers(GRAPH.layers[:-1]), "last layer must be"),
    "no layers": (GRAPH.with_layers(()), "last layer must be"),
    "head twice": (
        GRAPH.with_layers(
            (*GRAPH.layers[:-1], GlobalAverage("early", "conv4"), GRAPH.layers[-1])
        ),
        "early: nothing can follow",
    ),
    "unknown input": (with_layer("conv1", input="nowhere"), "conv1: there is no tensor named"),
    "unknown output": (
        with_layer("conv1", output="nowhere"),
        "conv1: there is no tensor named",
    ),
    "half a concatenation": (
        GRAPH.with_layers(tuple(x for x in GRAPH.layers if x.name != "fire2/expand3x3")),
        r"its input fire2 needs every channel of 0\.\.16",
    ),
    "overlapping expands": (
        with_layer("fire2/expand3x3", first_channel=7),
        "its input fire2 needs every channel",
    ),
    "gap between expands": (
        with_layer("fire2/expand3x3", first_channel=9),
        "its input fire2 needs every channel",
    ),
    "layers out of order": (
        GRAPH.with_layers((GRAPH.layers[1], GRAPH.layers[0], *GRAPH.layers[2:])),
        "pool1: its input conv1 needs",
    ),
    "written after read": (
        GRAPH.with_layers((*GRAPH.layers[:2], replace(STEM, name="again"), *GRAPH.layers[2:])),
        "again: conv1 is written after it was read",
    ),
    "pixels written": (
        GRAPH.with_layers(
            (*GRAPH.layers[:1], replace(STEM, name="again", output="pixels"), *GRAPH.layers[1:])
        ),
        "again: pixels is written after it was read",
    ),
    "dead tensor": (
        replace(
            GRAPH, tensors=(*GRAPH.tensors, Tensor("spare", 1, 1, 1, Quantization(1.0, 0)))
        ),
        "spare: no layer reads",
    ),
    "stride 0": (with_layer("conv1", stride=0), "conv1: kernel 3x3, stride 0"),
    "padding below 0": (with_layer("conv1", padding=-1), "conv1: .* padding -1"),
    "pool kernel over uint8": (with_layer("pool1", kernel=256), "pool1: kernel 256x256"),
    "weights not OIHW": (
        with_layer("conv1", weights=STEM.weights.reshape(8, -1)),
        "conv1: weights of shape",
    ),
    "no filters": (
        with_layer("conv1", weights=STEM.weights[:0]),
        "pool1: its input conv1 needs",
    ),
    "no channels": (
        with_layer("conv1", weights=STEM.weights[:, :0]),
        "conv1: weights of shape",
    ),
    "channels": (
        with_layer("conv1", weights=STEM.weights[:, :2]),
        "conv1: its filters take 2 channels",
    ),
    "biases": (with_layer("conv1", bias=STEM.bias[:-1]), r"conv1: \(7,\) biases do not fit"),
    "size": (with_tensor("conv1", height=14), r"conv1: 3x3 filters make \[32, 32, 3\] 15x15"),
    "float bias type": (
        with_layer("conv1", bias=STEM.bias.astype(np.float64)),
        "biases float64, expected int8",
    ),
    "integer type": (
        with_layer("conv1", weights=STEM.weights.astype(np.int16)),
        "conv1: weights are int16",
    ),
    "pool padding": (with_layer("pool1", padding=2), "pool1: padding 2 is over half"),
    "pool scale": (
        with_tensor("pool1", quantization=Quantization(1.0, 0)),
        "pool1: a pool keeps",
    ),
    "bias nan": (
        with_layer("conv1", bias=np.full(8, np.nan, np.float32)),
        "conv1: some biases are",
    ),
    "weight nan": (
        with_layer("conv1", FLOAT, weights=bad_weights(np.nan)),
        "conv1: some weights are",
    ),
    "weight inf": (
        with_layer("conv1", FLOAT, weights=bad_weights(-np.inf)),
        "conv1: some weights are",
    ),
    "scales' number": (
        with_layer("conv1", weight_scales=np.ones(2, np.float32)),
        "conv1: weight scales must be",
    ),
    "scales' type": (
        with_layer("conv1", weight_scales=np.ones(1)),
        "conv1: weight scales must be float32",
    ),
    "weight scale nan": (
        with_layer("conv1", weight_scales=np.full(1, np.nan, np.float32)),
        "conv1: weight scales must be positive",
    ),
    "weight scale below 0": (
        with_layer("conv1", weight_scales=np.full(1, -1, np.float32)),
        "conv1: weight scales must be positive",
    ),
    "m of 1": (
        with_layer(
            "conv1", weight_scales=np.float32([GRAPH.tensor("conv1").quantization.scale])
        ),
        "conv1: its multiplier 1.0 is not below 1",
    ),
    "m infinite": (
        with_layer("conv1", weight_scales=np.full(1, 3e38, np.float32)),
        "conv1: its multiplier inf",
    ),
    "bs below 2^-126": (
        with_layer("conv1", weight_scales=np.full(1, 2.0**-127, np.float32)),
        r"conv1: weight scale times input scale is .*below 2\^-126",
    ),
    "bias beyond sums": (with_layer("conv1", bias=HUGE_BIAS), "conv1: filter 0 overflows"),
    "own scale": (
        with_layer("conv1", quantization=Quantization(-1.0, 0)),
        "conv1: the scale -1.0",
    ),
    "a tensor without scale": (with_tensor("pixels", quantization=None), "conv1: its input"),
    "pixels without scale": (
        with_tensor("pixels", TABLED, quantization=None),
        "needs a scale for every tensor",
    ),
    "head's scale": (
        with_layer("average", output_quantization=Quantization(1.0, 0)),
        "average: a quantized",
    ),
    "labels": (replace(GRAPH, labels=("cat",)), "1 labels do not name 10 classes"),
    "preprocessing left": (
        replace(GRAPH, preprocessing=FLOAT.preprocessing),
        "has its preprocessing folded",
    ),
    "preprocessing missing": (replace(FLOAT, preprocessing=None), "needs a preprocessing"),
    "preprocessing's channels": (
        replace(FLOAT, preprocessing=Preprocessing((0.0,), (1.0,))),
        "need 3 values each",
    ),
    "std 0": (
        replace(FLOAT, preprocessing=Preprocessing((0.0,) * 3, (1.0, 0.0, 1.0))),
        "std above 0",
    ),
    "half quantized": (
        with_layer(
            "conv4", weights=conv("conv4").weights.astype(np.float32), weight_scales=None
        ),
        "neither float nor quantized",
    ),
    "float with a scale": (
        with_tensor("conv4", FLOAT, quantization=Quantization(1.0, 0)),
        "neither float nor",
    ),
    "table in a float graph": (
        as_float(TABLED),
        "input: only a quantized network's pixels",
    ),
    "table's shape": (
        with_layer("input", TABLED, table=np.zeros((3, 255), np.uint8)),
        "table must be uint8",
    ),
    "table's type": (
        with_layer("input", TABLED, table=np.zeros((3, 256), np.int16)),
        "table must be uint8",
    ),
    "table's size": (with_tensor("input", TABLED, height=31), "input: a table keeps the shape"),
}


@pytest.mark.parametrize("case", ILLEGAL)
def test_what_is_illegal_is_refused_by_name(case):
    """Each broken rule has its own sentence that names the layer or tensor."""
    graph, message = ILLEGAL[case]
    with pytest.raises(Sqz2cError, match=message):
        check_graph(graph)


def test_filters_that_could_overflow_are_refused():
    """More than 65536 weights a filter are too many for 32-bit sums."""
    rows = np.ones((1, 3, 200, 200), np.int8)
    graph = with_tensor("pixels", height=401, width=401)
    graph = with_layer("conv1", graph, weights=np.concatenate([rows] * 8))
    with pytest.raises(Sqz2cError, match="conv1: 120000 weights a filter"):
        check_graph(graph)


def test_a_bias_may_saturate_where_the_filter_is_all_zero():
    """PyTorch's scale of an all-zero filter is tiny; its saturated bias adds to nothing."""
    weights = STEM.weights.copy()
    weights[3] = 0
    bias = STEM.bias.copy()
    bias[3] = 3e38
    check_graph(with_layer("conv1", weights=weights, bias=bias))


def test_a_head_whose_sums_overflow_is_refused():
    """The sum over all pixels of the last map must fit int32."""
    tensors = (
        Tensor("pixels", 4096, 4096, 1, Quantization(1.0, 0)),
        Tensor("conv1", 4096, 4096, 1, Quantization(1.0, 0)),
    )
    stem = replace(
        STEM,
        stride=1,
        weights=np.ones((1, 1, 1, 1), np.int8),
        bias=np.zeros(1, np.float32),
        weight_scales=np.float32([0.5]),
    )
    graph = Graph(tensors, (stem, GlobalAverage("average", "conv1")), "GRAY")
    with pytest.raises(Sqz2cError, match="average: the sum over"):
        check_graph(graph)


def test_a_table_stands_only_at_the_front():
    """A second table behind the first is refused."""
    table = next(x for x in TABLED.layers if isinstance(x, PixelTable))
    second = replace(table, name="second", input="input", output="second")
    graph = replace(
        TABLED,
        tensors=(*TABLED.tensors, replace(TABLED.tensor("input"), name="second")),
        layers=(table, second, replace(TABLED.layers[1], input="second"), *TABLED.layers[2:]),
    )
    with pytest.raises(Sqz2cError, match="second: only a quantized network's pixels"):
        check_graph(graph)
