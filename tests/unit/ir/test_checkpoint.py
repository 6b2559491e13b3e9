"""
The project's file: round trips, same bytes, and a refusal for everything else.
"""

import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sqz2c.errors import LoadError
from sqz2c.ir.checkpoint import from_bytes, to_bytes
from sqz2c.ir.layer import Conv, PixelTable
from tests.networks import Member
from tests.unit.ir.graphs import as_float, build

GRAPH = build(Member(pixel_table=True, quantized_average=True, differing_scales=True))
LABELLED = replace(GRAPH, labels=tuple(f"class {n}" for n in range(10)))
ROOT = Path(__file__).parents[3]


def plain_of(graph=GRAPH) -> dict:
    return torch.load(io.BytesIO(to_bytes(graph)), weights_only=True)


def saved(plain: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(plain, buffer)
    return buffer.getvalue()


def same_arrays(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return a is None and b is None


@pytest.mark.parametrize("switches", list(product((False, True), repeat=3)))
def test_a_graph_comes_back_whole(switches):
    """Tensors, layers, numbers and labels are the same after a round trip."""
    table, average, per_filter = switches
    member = Member(pixel_table=table, quantized_average=average, per_filter=per_filter)
    graph = replace(build(member), labels=LABELLED.labels)
    back = from_bytes(to_bytes(graph), "model.pt")
    assert (graph.tensors, graph.order, graph.labels) == (back.tensors, back.order, back.labels)
    for layer, other in zip(graph.layers, back.layers, strict=True):
        if isinstance(layer, Conv) and isinstance(other, Conv):
            for field in ("weights", "bias", "weight_scales"):
                assert same_arrays(getattr(layer, field), getattr(other, field)), field
            empty = {"weights": None, "bias": None, "weight_scales": None}
            assert vars(layer) | empty == vars(other) | empty
        elif isinstance(layer, PixelTable):
            assert same_arrays(layer.table, other.table)
        else:
            assert layer == other


def test_a_float_graph_comes_back_whole():
    """Float weights and the preprocessing survive."""
    graph = as_float(build(Member()))
    back = from_bytes(to_bytes(graph), "model.pt")
    assert graph.preprocessing == back.preprocessing
    assert not back.is_quantized
    assert same_arrays(graph.convs[2].weights, back.convs[2].weights)


@pytest.mark.slow
def test_the_same_graph_gives_the_same_bytes():
    """Neither where a graph came from nor a hash seed shows in the file."""
    data = to_bytes(LABELLED)
    assert data == to_bytes(from_bytes(data, "model.pt"))
    program = (
        "import sys, hashlib; from tests.unit.ir.test_checkpoint import LABELLED, to_bytes;"
        "sys.stdout.write(hashlib.sha256(to_bytes(LABELLED)).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert hashlib.sha256(data).hexdigest() == other.stdout


def test_a_view_of_an_array_is_saved_alone():
    """A slice of a large array does not drag the rest into the file."""
    graph = build(Member())
    stem = graph.convs[0]
    spread = np.zeros((*stem.weights.shape, 50), np.int8)
    spread[..., 0] = stem.weights
    view = replace(stem, weights=spread[..., 0])
    assert to_bytes(graph) == to_bytes(graph.with_layers((view, *graph.layers[1:])))


def test_requantizers_are_not_saved():
    """What follows from the rest is left out."""
    assert "requantizer" not in plain_of()["layers"][1]


def changed(*path, value):
    plain = plain_of()
    at = plain
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return plain


def without(*path):
    plain = plain_of()
    at = plain
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return plain


STRETCHED = torch.zeros(1, dtype=torch.int8).expand(8, 3, 3, 3)
WRONG = {
    "newer": (changed("version", value=3), "has checkpoint version 3, but .* reads version 2"),
    "version is True": (changed("version", value=True), "version is of type bool"),
    "no version": (without("version"), "the field 'version' is missing"),
    "no tensors": (without("tensors"), "the field 'tensors' is missing"),
    "extra field": (changed("author", value="me"), "the field 'author' is not known"),
    "extra field in a layer": (
        changed("layers", 1, "groups", value=2),
        "layer conv1: the field 'groups' is not known",
    ),
    "tensors no list": (changed("tensors", value={}), "tensors is of type dict, expected list"),
    "tensor no dictionary": (
        changed("tensors", 2, value=7),
        "tensor 2: it is not a dictionary",
    ),
    "keys not text": (changed("tensors", 2, value={1: 2}), "tensor 2: it is not a dictionary"),
    "height a float": (
        changed("tensors", 0, "height", value=32.0),
        "pixels: height is of type",
    ),
    "scale an int": (
        changed("tensors", 0, "scale", value=1),
        "tensor pixels: scale is of type",
    ),
    "scale nan": (changed("tensors", 0, "scale", value=float("nan")), "pixels: the scale nan"),
    "half a quantization": (
        changed("tensors", 0, "zero_point", value=None),
        "zero_point is of type NoneType",
    ),
    "order": (changed("order", value="RGBW"), "order 'RGBW' is not"),
    "labels": (changed("labels", value=["a", 1]), "labels is not a list of str"),
    "preprocessing": (changed("preprocessing", value=3), "preprocessing: it is not a dict"),
    "preprocessing's lists": (
        changed("preprocessing", value={"mean": [0], "std": [1.0]}),
        "mean is not a list of float",
    ),
    "layer kind": (
        changed("layers", 1, "kind", value="lstm"),
        "conv1: the layer kind 'lstm' is not supp",
    ),
    "relu a number": (changed("layers", 1, "relu", value=1), "conv1: relu is of type int"),
    "weights a list": (changed("layers", 1, "weights", value=[1]), "weights is of type list"),
    "weights float": (
        changed("layers", 1, "weights", value=torch.zeros(8, 3, 3, 3)),
        "conv1: weights is not a dense tensor of int8",
    ),
    "weights sparse": (
        changed("layers", 1, "weights", value=torch.zeros(8, 3, dtype=torch.int8).to_sparse()),
        "conv1: weights is not a dense tensor",
    ),
    "weights stretched": (
        changed("layers", 1, "weights", value=STRETCHED),
        "conv1: weights is larger than",
    ),
    "bias nan": (
        changed("layers", 1, "bias", value=torch.full((8,), float("nan"))),
        "conv1: some biases are infinite or not a number",
    ),
    "shapes": (changed("tensors", 2, "width", value=9), "conv1: 3x3 filters make"),
    "another format": (changed("format", value="onnx"), "is not a checkpoint of sqz2c"),
    "no dictionary": ([1, 2], "is not a checkpoint of sqz2c"),
    "module": (nn.Conv2d(1, 1, 1), r"save model.state_dict\(\) with torch.save instead"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_fields_are_refused(case):
    """Each wrong field is refused by a sentence that names the file and the field."""
    plain, message = WRONG[case]
    with pytest.raises(LoadError, match=message) as error:
        from_bytes(saved(plain), "dir/model.pt")
    assert str(error.value).startswith("dir/model.pt")


@pytest.mark.parametrize("keep", [0, 1, 100, 5000, -1, -200])
def test_truncated_files_are_refused(keep):
    """A file cut anywhere ends in one sentence."""
    with pytest.raises(LoadError, match=r"model\.pt is truncated, damaged or not a file of"):
        from_bytes(to_bytes(GRAPH)[:keep], "model.pt")


def test_flipped_bits_never_crash():
    """A flipped bit is refused with a sentence, or changes a number that is legal."""
    data = bytearray(to_bytes(GRAPH))
    for at in range(0, len(data), 97):
        data[at] ^= 0x55
        try:
            from_bytes(bytes(data), "model.pt")
        except LoadError as error:
            assert str(error).startswith("model.pt")
        data[at] ^= 0x55
