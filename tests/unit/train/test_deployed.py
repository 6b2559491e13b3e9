"""
The network that is trained is the one that is deployed.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sqz2c.compress import without_deviation
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv
from sqz2c.load import LoadOptions, graph_of_state
from sqz2c.logits import float_logits, integer_logits, pictures_of
from sqz2c.quantize import attach_requantizers, quantize
from sqz2c.train.data import Dataset
from sqz2c.train.deployed import deployed_network, integers_of, optimizer_of, shared
from sqz2c.train.from_graph import dequantized, pixels_of
from sqz2c.train.share import STARTS, codebook, share_weights
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet, convs

MEMBER = Architecture(
    classes=3,
    stem_filters=6,
    stem_kernel=3,
    pools=(0,),
    widths=(FireWidths(3, 6, 6), FireWidths(3, 6, 6)),
)


@pytest.fixture(scope="module")
def data() -> Dataset:
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (8, 3, 18, 18), dtype=torch.uint8, generator=generator)

    return Dataset(images, torch.arange(8) % 3)


@pytest.fixture(scope="module", params=["none", "simple", "complex"])
def grid(request: pytest.FixtureRequest) -> Graph:
    torch.manual_seed(2)
    network = SqueezeNet(replace(MEMBER, bypass=request.param))
    torch.nn.init.normal_(network.classifier[1].weight, std=0.5)
    load = LoadOptions(input_height=18, input_width=18, preset="torchvision")
    if request.param != "none":
        load = replace(load, bypass=request.param)

    return shared(without_deviation(graph_of_state(network.state_dict(), load)), 8, "linear")


def test_few_values_are_left(grid: Graph) -> None:
    """Zero among them, or room for it."""
    assert all(np.unique(conv.weights[conv.weights != 0]).size <= 7 for conv in grid.convs)


def test_the_graph_computes_what_was_trained(grid: Graph, data: Dataset) -> None:
    """Mean and deviation folded in: answers differ by less than a step of the last layer."""
    coded = quantize(grid, pictures_of(data))
    network = deployed_network(grid, coded).eval()
    with torch.no_grad():
        expected = network(pixels_of(grid)(data.images))

    graph = attach_requantizers(integers_of(network, grid))

    head = graph.tensor(graph.head.input)
    assert (expected - integer_logits(graph, data)).abs().max() <= head.quantization.scale
    assert expected.abs().max() > 20 * head.quantization.scale
    float_again = float_logits(dequantized(graph), data)
    assert (float_again - expected).abs().max() < 0.1 * expected.abs().max()


def test_tuning_moves_values_and_keeps_zeros(grid: Graph, data: Dataset) -> None:
    """Which weight has which value stays; a pruned one stays zero."""
    pruned = grid.with_layers(
        tuple(
            replace(x, weights=np.where(x.weights < 0, 0, x.weights))
            if isinstance(x, Conv)
            else x
            for x in grid.layers
        )
    )
    network = deployed_network(pruned, quantize(pruned, pictures_of(data)))
    stem = convs(network)["features.0"]
    before, weight = codebook(stem).clone(), stem.weight.detach().clone()
    optimizer = optimizer_of(network, 0.01)
    network(pixels_of(grid)(data.images)).square().sum().backward()
    optimizer.step()

    assert not torch.equal(before, codebook(stem))
    assert torch.equal(weight == 0, stem.weight == 0)
    assert (weight == 0).any()


@pytest.mark.parametrize("start", sorted(STARTS))
def test_every_start_ends_near_the_weights(start: str) -> None:
    """Sixteen values a layer cost little, wherever k-means begins."""
    torch.manual_seed(3)
    weights = torch.randn(4, 4, 3, 3)
    conv = torch.nn.Conv2d(4, 4, 3)
    conv.weight.data.copy_(weights)
    share_weights([conv], 16, start)

    assert (conv.weight - weights).square().mean() < 0.02 * weights.square().mean()
    assert conv.weight.unique().numel() <= 16
