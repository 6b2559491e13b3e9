"""
A float graph, whatever file it came from, as a module that can be trained.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
import torch

from sqz2c.errors import TrainError
from sqz2c.ir.graph import PIXELS, Graph, Preprocessing
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool, PixelTable
from sqz2c.ir.pixels import TABLE_OUTPUT
from sqz2c.train.data import Pixels
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet, convs

PARTS = ("squeeze", "expand1x1", "expand3x3")
POOL = (3, 2, 0)  # kernel, stride, padding


def network_of(graph: Graph, dropout: float = 0.0) -> SqueezeNet:
    """
    Give the float GRAPH as a module with the same weights, and DROPOUT before its head.

    Raise TrainError naming a layer that no member of the family has.
    """
    if graph.is_quantized:
        raise TrainError("The network is quantized already: train the float one.")
    network = SqueezeNet(replace(architecture_of(graph), dropout=dropout))
    modules = list(convs(network).values())
    for conv, module in zip(graph.convs, modules, strict=True):
        if tuple(conv.weights.shape) != tuple(module.weight.shape):
            raise TrainError(
                f"{conv.name} has weights {list(conv.weights.shape)}, but a SqueezeNet has "
                f"{list(module.weight.shape)} there."
            )
        module.weight.data.copy_(torch.from_numpy(conv.weights))
        module.bias.data.copy_(torch.from_numpy(conv.bias))

    return network.to(memory_format=torch.channels_last).eval()


def architecture_of(graph: Graph) -> Architecture:
    """Read the metaparameters off GRAPH's layers."""
    around = _bypasses(graph)
    stem, *inner, head = [conv for conv in graph.convs if conv not in around]
    for layer in graph.layers:
        if layer not in around:
            _check(layer, layer in (stem, head))
    if len(inner) % len(PARTS):
        raise TrainError("The network is not a chain of fire modules between two convolutions.")
    fires = [inner[i : i + len(PARTS)] for i in range(0, len(inner), len(PARTS))]
    widths = tuple(FireWidths(*(conv.out_channels for conv in fire)) for fire in fires)
    bypass: Literal["none", "simple", "complex"] = "none"
    if graph.adds:
        bypass = "complex" if around else "simple"
    _check_bypasses(graph, fires, bypass)

    return Architecture(
        classes=head.out_channels,
        in_channels=stem.in_channels,
        stem_filters=stem.out_channels,
        stem_kernel=stem.kernel_height,
        stem_stride=stem.stride,
        stem_padding=stem.padding,
        fires=len(fires),
        pools=_pools(graph),
        head_padding=head.padding,
        widths=widths,
        bypass=bypass,
    )


def _bypasses(graph: Graph) -> list[Conv]:
    """The convolutions around fire modules."""
    added = {add.input for add in graph.adds}

    return [conv for conv in graph.convs if conv.output in added and not conv.relu]


def _check_bypasses(graph: Graph, fires: list[list[Conv]], bypass: str) -> None:
    """Refuse additions elsewhere than around the fire modules that BYPASS says."""
    expected = [
        fire[1].output
        for fire in fires
        if bypass == "complex"
        or (
            bypass == "simple"
            and fire[0].in_channels == sum(conv.out_channels for conv in fire[1:])
        )
    ]
    added = [{add.input, add.other} for add in graph.adds]
    if len(added) != len(expected) or not all(
        name in names for name, names in zip(expected, added, strict=True)
    ):
        raise TrainError(
            "The network has neither simple nor complex bypass, but something between."
        )


def dequantized(graph: Graph) -> Graph:
    """
    Give the quantized GRAPH, raw pixels folded in, with the same weights in float: what it would
    compute if activations were not rounded.
    """
    layers: list[Layer] = []
    for layer in graph.layers:
        if isinstance(layer, Conv):
            assert layer.weight_scales is not None
            weights = layer.weights.astype(np.float32) * layer.weight_scales.reshape(
                -1, 1, 1, 1
            )
            source = PIXELS if layer.input == TABLE_OUTPUT else layer.input
            layers.append(
                replace(
                    layer, input=source, weights=weights, weight_scales=None, requantizer=None
                )
            )
        elif not isinstance(layer, PixelTable):
            layers.append(layer)
    tensors = [replace(t, quantization=None) for t in graph.tensors if t.name != TABLE_OUTPUT]
    channels = graph.image.channels
    nothing = Preprocessing((0.0,) * channels, (1.0,) * channels)

    return replace(graph, tensors=tuple(tensors), layers=tuple(layers), preprocessing=nothing)


def pixels_of(graph: Graph) -> Pixels:
    """What GRAPH's first layer takes."""
    assert graph.preprocessing is not None
    mean, std = graph.preprocessing.mean, graph.preprocessing.std

    return Pixels(tuple(mean), tuple(1 / value for value in std))


def _check(layer: Layer, is_outer: bool) -> None:
    if isinstance(layer, Conv):
        inner_padding = (layer.kernel_height - 1) // 2
        if not layer.relu:
            raise TrainError(f"{layer.name} has no ReLU, which training does not support.")
        if not is_outer and (layer.stride, layer.padding) != (1, inner_padding):
            raise TrainError(
                f"{layer.name} has stride {layer.stride} and padding {layer.padding}, which "
                "training supports only in the first and the last convolution."
            )
    elif isinstance(layer, MaxPool):
        if (layer.kernel, layer.stride, layer.padding) != POOL:
            raise TrainError(f"{layer.name} is not a 3x3 max pool of stride 2 without padding.")
    elif isinstance(layer, Add):
        if layer.relu:
            raise TrainError(f"{layer.name} has a ReLU, which training does not support.")
    elif not isinstance(layer, GlobalAverage):
        raise TrainError(f"{layer.name} is a layer that training does not support.")


def _pools(graph: Graph) -> tuple[int, ...]:
    """How many fire modules come before each pool."""
    before, pools = -1, []  # the stem is no fire module
    around = _bypasses(graph)
    for layer in graph.layers:
        if isinstance(layer, MaxPool):
            pools.append(before // len(PARTS) if before > 0 else 0)
        elif isinstance(layer, Conv) and layer not in around:
            before += 1

    return tuple(pools)
