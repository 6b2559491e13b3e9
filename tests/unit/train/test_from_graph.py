"""
A float graph becomes a module with the same weights, and the module the same graph.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sqz2c.compress.network import logits_of
from sqz2c.errors import TrainError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.load import LoadOptions, graph_of_state
from sqz2c.train.from_graph import architecture_of, network_of, pixels_of
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet
from sqz2c.training import with_weights

MEMBER = Architecture(
    classes=3,
    stem_filters=5,
    stem_kernel=3,
    stem_stride=1,
    stem_padding=1,
    pools=(1, 2),
    head_padding=1,
    widths=(FireWidths(2, 3, 5), FireWidths(3, 4, 4)),
)


def graph_of(architecture: Architecture = MEMBER, **options: object) -> Graph:
    torch.manual_seed(1)
    load = LoadOptions(
        input_height=14,
        input_width=12,
        preset="caffe",
        stem_stride=architecture.stem_stride,
        stem_padding=architecture.stem_padding,
        head_padding=architecture.head_padding,
        bypass=None if architecture.bypass == "none" else architecture.bypass,
        **options,  # type: ignore[arg-type]
    )

    return graph_of_state(SqueezeNet(architecture).state_dict(), load)


BYPASSED = Architecture(
    classes=3, stem_filters=8, stem_kernel=3, pools=(1,),
    widths=(FireWidths(2, 4, 4), FireWidths(2, 4, 4), FireWidths(3, 6, 4)),
)  # fmt: skip


@pytest.mark.parametrize(
    "architecture",
    [MEMBER, replace(BYPASSED, bypass="simple"), replace(BYPASSED, bypass="complex")],
    ids=["no bypass", "simple", "complex"],
)
def test_the_module_computes_what_the_graph_says(architecture: Architecture) -> None:
    """Geometry, pools, bypasses and preprocessing are the graph's."""
    graph = graph_of(architecture)
    assert architecture.bypass == architecture_of(graph).bypass
    images = torch.randint(0, 256, (4, 14, 12, 3), dtype=torch.uint8)

    with torch.no_grad():
        actual = network_of(graph)(pixels_of(graph)(images.permute(0, 3, 1, 2)))

    assert np.allclose(logits_of(graph, images), actual, rtol=1e-4, atol=1e-4)
    assert actual.abs().max() > 0.01


def test_nothing_is_dropped_out_unless_asked_for() -> None:
    """A graph does not say how much, and a taught network needs none."""
    assert [0.0, 0.25] == [network_of(graph_of(), *p).classifier[0].p for p in ((), (0.25,))]


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_module_and_graph_are_each_other(order: str) -> None:
    """There and back again gives the same checkpoint, byte for byte."""
    graph = graph_of(order=order, labels=("a", "b", "c"))

    assert to_bytes(graph) == to_bytes(with_weights(graph, network_of(graph)))


def test_an_addition_that_is_left_out_is_refused() -> None:
    """Simple bypass is around every module that it fits, complex around all."""
    graph = graph_of(replace(BYPASSED, bypass="simple"))
    add = graph.adds[-1]
    layers = [x for x in graph.layers if x is not add]
    layers = [
        replace(x, input=add.input) if getattr(x, "input", "") == add.output else x
        for x in layers
    ]

    with pytest.raises(TrainError, match="neither simple nor complex bypass"):
        network_of(graph.with_layers(tuple(layers)))


def test_what_no_member_has_is_refused() -> None:
    """By the name of the layer."""
    graph = graph_of()
    wrong = {
        "conv1": ({"relu": False}, "conv1 has no ReLU"),
        "fire2/squeeze": ({"padding": 1}, "fire2/squeeze has stride 1 and padding 1"),
        "pool2": ({"kernel": 2}, "pool2 is not a 3x3 max pool"),
    }
    for name, (changed, message) in wrong.items():
        layers = [replace(x, **changed) if x.name == name else x for x in graph.layers]
        with pytest.raises(TrainError, match=message):
            network_of(graph.with_layers(tuple(layers)))
