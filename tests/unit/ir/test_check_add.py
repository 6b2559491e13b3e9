"""
Additions: what is legal, and what is refused by name.
"""

from dataclasses import replace

import numpy as np
import pytest

from sqz2c.errors import Sqz2cError
from sqz2c.ir.addition import addition
from sqz2c.ir.check import check_graph
from sqz2c.ir.checkpoint import from_bytes, to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage
from sqz2c.ir.tensor import Quantization
from sqz2c.ir.text import to_text
from tests.networks import Member
from tests.unit.ir.graphs import as_float, build

GRAPH = build(
    Member(fires=((4, 8, 8), (3, 8, 8)), pool_after=(0,), bypass="complex", bypass_relu=True)
)
COMPLEX, SIMPLE = GRAPH.adds


def changed(name: str, **changes: object) -> Graph:
    return GRAPH.with_layers(
        tuple(replace(x, **changes) if x.name == name else x for x in GRAPH.layers)
    )


def scaled(name: str, scale: float) -> Graph:
    return replace(
        GRAPH,
        tensors=tuple(
            replace(t, quantization=Quantization(scale, 0)) if t.name == name else t
            for t in GRAPH.tensors
        ),
    )


def test_both_kinds_are_legal() -> None:
    """A bypass with a convolution and one without, float or quantized."""
    check_graph(GRAPH)
    check_graph(as_float(GRAPH))
    expected = [
        Add("fire2/add", "fire2/bypass", "fire2", "fire2/add", True),
        Add("fire3/add", "fire3", "fire2/add", "fire3/add", True),
    ]
    assert expected == [COMPLEX, SIMPLE]


def test_checkpoints_keep_additions_under_a_version_of_their_own() -> None:
    """Version 2 is written where something is added; files without are as they were."""
    data = to_bytes(GRAPH)
    assert to_text(GRAPH) == to_text(from_bytes(data, "file"))
    assert GRAPH.adds == from_bytes(data, "file").adds
    plain = build(Member())
    assert to_text(plain) == to_text(from_bytes(to_bytes(plain), "file"))


def test_factors_have_22_bits() -> None:
    """The larger factor lies in [2^21, 2^22): SPEC.md section 2.8."""
    for ratio, shift in ((1.0, 21), (0.99, 22), (2.0, 20), (255.9, 14), (2.0**-10, 31)):
        sums = addition(Quantization(ratio, 3), Quantization(ratio / 8, 7), Quantization(1.0, 0))
        assert shift == sums.shift
        assert 2**21 <= sums.factor < 2**22
        assert abs(sums.factor / 8 - sums.other_factor) <= 0.5


SMALL = next(t for t in GRAPH.tensors if t.name == "fire2").quantization.scale
ILLEGAL = {
    "itself": (changed("fire3/add", other="fire3"), "fire3 cannot be added to fire3"),
    "the image": (changed("fire3/add", other="pixels"), "the same shape"),
    "another shape": (changed("fire3/add", other="fire2/squeeze"), "need the same shape"),
    "an earlier map": (
        changed("fire3/add", input="fire2/add", other="fire3"),
        "fire2/add must be what the convolutions right before it make",
    ),
    "no such map": (changed("fire3/add", other="fire9"), "no tensor named fire9"),
    "wide stride": (changed("fire3/squeeze", stride=2), "filters make"),
    "a ratio of 256": (scaled("fire3/add", SMALL / 256), r"fire3/add: .* outside of \[2\^-10"),
    "a ratio of 2^-11": (scaled("fire3/add", SMALL * 2048), r"fire3/add: .* outside of"),
    "around a 3x3": (
        changed("fire2/bypass", input="fire2/squeeze"), "take 8 channels, but fire2/squeeze has 4"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ILLEGAL)
def test_what_cannot_be_added_is_refused(case: str) -> None:
    """One sentence that names the addition."""
    graph, message = ILLEGAL[case]
    with pytest.raises(Sqz2cError, match=message):
        check_graph(graph)


def test_the_sum_has_one_maker_and_its_input_one_reader() -> None:
    """What is summed at once is stored nowhere, so nobody else can read it."""
    *layers, head, average = GRAPH.layers
    assert isinstance(head, Conv)
    weights, scales = np.zeros((16, 16, 1, 1), np.int8), np.array([0.001], np.float32)
    other = replace(head, name="other", input="fire3", output="other", weights=weights,
                    bias=np.zeros(16, np.float32), weight_scales=scales)  # fmt: skip
    total = Add("total", "other", "fire3/add", "total")
    tensors = tuple(replace(GRAPH.tensor("fire3"), name=name) for name in ("other", "total"))
    graph = replace(
        GRAPH,
        tensors=(*GRAPH.tensors, *tensors),
        layers=(*layers, other, total, replace(head, input="total"), average),
    )
    with pytest.raises(Sqz2cError, match="fire3 has another reader besides"):
        check_graph(graph)


def test_a_convolution_stands_before_the_average() -> None:
    """Sums are not averaged."""
    *layers, _, head = GRAPH.layers
    assert isinstance(head, GlobalAverage)
    graph = replace(
        GRAPH,
        tensors=GRAPH.tensors[:-1],
        layers=(*layers, replace(head, input="fire3/add", output_quantization=None)),
    )
    with pytest.raises(Sqz2cError, match="average: a convolution must stand between"):
        check_graph(graph)
