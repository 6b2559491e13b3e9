"""
The network as it will run, to be trained on: weights from their codebooks, the arithmetic of
SPEC.md in the forward pass.
"""

from dataclasses import replace

import torch

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv
from sqz2c.train.export import Image, to_graph
from sqz2c.train.fake_quant import (
    QuantizedRange,
    QuantizedReLU,
    quantize_activations,
    quantize_weights,
)
from sqz2c.train.from_graph import network_of
from sqz2c.train.share import share_weights
from sqz2c.train.squeezenet import Fire, SqueezeNet, convs

MOST_VALUES = 256  # of a codebook, zero included
BIAS_SHARE = 0.1  # of an activation's range: what a rate of 1 would move a bias by


def shared(graph: Graph, size: int, start: str) -> Graph:
    """The float GRAPH, each layer's weights clustered to at most SIZE values, zero included."""
    network = network_of(graph)
    share_weights(convs(network).values(), size, start)
    weights = [conv.weight.detach().numpy().copy() for conv in convs(network).values()]
    changed = dict(zip((conv.name for conv in graph.convs), weights, strict=True))

    return graph.with_layers(
        tuple(
            replace(layer, weights=changed[layer.name]) if isinstance(layer, Conv) else layer
            for layer in graph.layers
        )
    )


def deployed_network(graph: Graph, integers: Graph) -> SqueezeNet:
    """
    Give the float GRAPH, whose layers have few distinct weights, as a module that computes with
    int8 weights and with the activations' scales of INTEGERS. Distinct weights are its parameters.
    """
    network = network_of(graph)
    share_weights(convs(network).values(), MOST_VALUES)
    quantize_weights(network)
    quantize_activations(network)
    for name, activation in activations_of(network).items():
        quantization = integers.tensor(name).quantization
        assert quantization is not None
        scale = torch.tensor(quantization.scale, dtype=torch.float32)
        if isinstance(activation, QuantizedReLU):
            activation.scale = scale
        else:
            activation.low = -quantization.zero_point * scale
            activation.high = activation.low + 255 * scale

    return network


def activations_of(network: SqueezeNet) -> dict[str, QuantizedReLU | QuantizedRange]:
    """Give what rounds each tensor, by the tensor's name in the graph (pools keep theirs)."""
    found = {"conv1": network.features[1]}
    fires = [module for module in network.features if isinstance(module, Fire)]
    for number, fire in enumerate(fires, start=2):
        found[f"fire{number}/squeeze"] = fire.squeeze_activation
        found[f"fire{number}"] = fire.expand1x1_activation
        if fire.has_bypass_conv:
            found[f"fire{number}/bypass"] = fire.bypass_activation
        if fire.is_bypassed:
            found[f"fire{number}/add"] = fire.add.activation_post_process
    found[f"conv{len(fires) + 2}"] = network.classifier[2]

    return found  # type: ignore[return-value]


def optimizer_of(network: SqueezeNet, rate: float) -> torch.optim.Optimizer:
    """
    Adam for a deployed network: RATE is relative to what a layer's codebook and its activations'
    range are.
    """
    writers = _activation_of_each_conv(network)
    groups = []
    for name, conv in convs(network).items():
        centroids = conv.parametrizations.weight.original  # type: ignore[union-attr]
        spread = float(centroids.detach().square().mean().sqrt()) or 1.0
        reach = 255 * float(writers[name].scale) * BIAS_SHARE
        groups += [
            {"params": [centroids], "lr": rate * spread, "eps": 1e-12},
            {"params": [conv.bias], "lr": rate * reach, "eps": 1e-12},
        ]

    return torch.optim.Adam(groups)


def _activation_of_each_conv(
    network: SqueezeNet,
) -> dict[str, QuantizedReLU | QuantizedRange]:
    """What rounds each convolution's output, by the convolution's name."""
    found: dict[str, QuantizedReLU | QuantizedRange] = {}
    for name in convs(network):
        path, _, last = name.rpartition(".")
        behind = str(int(last) + 1) if last.isdigit() else f"{last}_activation"
        activation = network.get_submodule(f"{path}.{behind}")
        assert isinstance(activation, QuantizedReLU | QuantizedRange)
        found[name] = activation

    return found


def integers_of(network: SqueezeNet, graph: Graph) -> Graph:
    """Give the trained NETWORK, made of the float GRAPH, as integers; requantizers are missing."""
    assert graph.preprocessing is not None
    image = Image(
        graph.image.height,
        graph.image.width,
        graph.order,
        scale=1.0 / graph.preprocessing.std[0],
        mean=graph.preprocessing.mean,
    )

    return to_graph(network, image, graph.labels)
