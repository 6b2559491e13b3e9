"""
The size ladder: sizes that can be told by hand, and laws that hold for any network.
"""

from dataclasses import replace

import numpy as np
import pytest

from sqz2c.encode import encode
from sqz2c.ir.graph import Graph
from sqz2c.ladder import ALEXNET_BYTES, facts, ladder_of
from sqz2c.ladder.rungs import entries
from sqz2c.plan import plan
from tests.networks import Member, build

MEMBER = Member(height=24, width=20)


def sizes(graph: Graph) -> dict[str, int]:
    return {rung.name: rung.total_bytes for rung in ladder_of(graph).rungs}


def with_first_weights(values: list[int]) -> Graph:
    """A network whose convolutions have VALUES in front of nothing but zeros, in OHWI order."""
    graph = build(MEMBER)
    layers = []
    for layer in graph.layers:
        if hasattr(layer, "weights"):
            shape = layer.weights.transpose(0, 2, 3, 1).shape
            flat = np.zeros(layer.weights.size, np.int8)
            flat[: len(values)] = values
            layer = replace(layer, weights=flat.reshape(shape).transpose(0, 3, 1, 2))
        layers.append(layer)

    return graph.with_layers(tuple(layers))


@pytest.mark.parametrize(
    ("layer", "bits", "expected"),
    [
        ([5, 5, 5], 1, (3, 0)),
        ([0, 0, 0, 7], 2, (1, 0)),  # three zeros are what two bits can say
        ([0, 0, 0, 0, 7], 2, (1, 1)),  # the fourth needs a zero in between
        ([1] + 8 * [0] + [7, 0, 0], 2, (2, 2)),  # zeros at the end are not kept
    ],
)
def test_distances_that_do_not_fit_take_zeros_in_between(
    layer: list[int], bits: int, expected: tuple[int, int]
) -> None:
    """An index of b bits passes over at most 2^b - 1 zeros."""
    assert expected == entries(np.array(layer), bits)


def test_sizes_are_those_told_by_hand() -> None:
    """Four bytes a weight and bias; then bytes; then 1-bit distances with values; then indices."""
    graph = with_first_weights([9, 9, 4])
    weights = sum(conv.weights.size for conv in graph.convs)
    biases = sum(conv.out_channels for conv in graph.convs)
    layers = len(graph.convs)

    found = sizes(graph)

    assert 4 * weights + 4 * biases == found["float32"]
    assert weights + 4 * biases == found["int8"]
    assert 4 * biases + -(-layers * 3 * (1 + 8) // 8) == found["pruned"]
    assert 4 * biases + -(-layers * (2 * 8 + 3 * (1 + 1)) // 8) == found["shared"]


def test_a_layer_without_zeros_keeps_all_weights() -> None:
    """Where an index a weight costs more than it saves there is none."""
    found = sizes(build(replace(MEMBER, density=1.0)))
    assert found["pruned"] <= found["int8"]


def test_coded_sizes_are_those_of_the_coder() -> None:
    """The Huffman rung is what encode gave, and flash what the caller says."""
    program = encode(plan(build(MEMBER)))
    coded = sum(packed.flash_bytes for packed in program.filters.values())
    biases = sum(conv.out_channels for conv in program.graph.convs)

    *_, huffman, flash = ladder_of(program.graph, program.filters, 12345).rungs

    assert ("Huffman", coded + 4 * biases) == (huffman.name, huffman.total_bytes)
    assert ("flash", 12345) == (flash.name, flash.total_bytes)
    assert ALEXNET_BYTES / 12345 == flash.alexnet_ratio


def test_a_float_network_shares_nothing_that_differs() -> None:
    """Without int8 there are 32-bit values, and a codebook only where a layer has at most 256."""
    graph = build(MEMBER)
    few = [
        replace(layer, weights=layer.weights.astype(np.float32) / 7, weight_scales=None)
        if hasattr(layer, "weights")
        else layer
        for layer in graph.layers
    ]
    many = [
        replace(layer, weights=np.arange(layer.weights.size, dtype=np.float32).reshape(
            layer.weights.shape))
        if hasattr(layer, "weights")
        else layer
        for layer in few
    ]  # fmt: skip
    assert ["float32", "pruned", "shared"] == list(sizes(graph.with_layers(tuple(few))))
    assert ["float32", "pruned"] == list(sizes(graph.with_layers(tuple(many))))


def test_facts_have_the_papers_table() -> None:
    """JSON names the size that all ratios are of, and each row of the paper with its ratio."""
    found = facts(ladder_of(build(MEMBER)))
    assert 240_000_000 == found["alexnet_bytes"]
    assert {240 / 1, 48, 27, 6.9, 4.8, 0.66, 0.47} == {r["megabytes"] for r in found["paper"]}
    for row in found["paper"]:
        assert row["ratio"] == pytest.approx(240 / row["megabytes"], rel=0.02)
