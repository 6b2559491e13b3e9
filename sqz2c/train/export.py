"""
A network trained with the deployed arithmetic becomes the graph that is compiled: same scales,
same int8 weights.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import nn

from sqz2c.errors import QuantizeError
from sqz2c.ir.geometry import conv_side, pool_side
from sqz2c.ir.graph import PIXELS, Graph, Order
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool
from sqz2c.ir.tensor import Quantization, Tensor
from sqz2c.train.fake_quant import GRID_END, QuantizedRange, QuantizedReLU
from sqz2c.train.squeezenet import Fire, SqueezeNet


@dataclass(frozen=True)
class Image:
    """
    What the network takes: raw pixels, of which it was trained on (pixel - MEAN) * SCALE; MEAN has
    a value a channel, or none for 0.
    """

    height: int
    width: int
    order: Order
    scale: float
    mean: tuple[float, ...] = ()


def to_graph(network: SqueezeNet, image: Image, labels: tuple[str, ...] = ()) -> Graph:
    """
    Give NETWORK, its activations' scales known, as a quantized graph; SCALE and MEAN are folded in.

    Raise QuantizeError where padding adds zeros that stand for no raw pixel.
    """
    if any(image.mean) and network.architecture.stem_padding:
        raise QuantizeError(
            "conv1: a mean cannot be folded into a padded convolution; train with mean 0."
        )
    chain = _Chain(image, network.architecture.in_channels)
    chain.conv("conv1", network.features[0], network.features[1], image.scale)
    chain.shift(image.mean)
    number = 1
    for module in network.features[2:]:
        if isinstance(module, Fire):
            number += 1
            chain.fire(f"fire{number}", module)
        else:
            chain.pool(f"pool{number}", module)
    chain.conv(f"conv{number + 1}", network.classifier[1], network.classifier[2])
    chain.layers.append(GlobalAverage("average", chain.last.name))

    return Graph(tuple(chain.tensors), tuple(chain.layers), image.order, labels=labels)


@dataclass
class _Chain:
    image: Image
    in_channels: int
    tensors: list[Tensor] = field(init=False)
    layers: list[Layer] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = (self.image.height, self.image.width, self.in_channels)
        self.tensors = [Tensor(PIXELS, *shape, Quantization(1.0, 0))]

    @property
    def last(self) -> Tensor:
        return self.tensors[-1]

    def conv(
        self, name: str, conv: nn.Module, activation: nn.Module, input_scale: float = 1.0
    ) -> None:
        """Append a convolution with an output of its own; fold INPUT_SCALE into its weights."""
        assert isinstance(conv, nn.Conv2d)
        source = self.last
        self.tensors.append(_output(name, source, conv, conv.out_channels, activation))
        self.layers.append(_layer(name, source, self.last, conv, 0, input_scale))

    def shift(self, mean: tuple[float, ...]) -> None:
        """Let the last convolution take x where it was trained on x - MEAN."""
        last = self.layers[-1]
        if any(mean):
            assert isinstance(last, Conv) and last.weight_scales is not None
            weights = last.weights.astype(np.float64) * np.float64(last.weight_scales[0])
            shift = weights.sum((2, 3)) @ np.array(mean)
            self.layers[-1] = replace(last, bias=(last.bias - shift).astype(np.float32))

    def fire(self, name: str, fire: Fire) -> None:
        """Append squeeze, both expands side by side, and what is added to them."""
        around = self.last
        self.conv(f"{name}/squeeze", fire.squeeze, fire.squeeze_activation)
        source = self.last
        channels = fire.expand1x1.out_channels + fire.expand3x3.out_channels
        if fire.expand1x1_activation is not fire.expand3x3_activation:
            raise QuantizeError(
                f"{name}: its expands need one scale; call quantize_activations()."
            )
        output = _output(name, source, fire.expand1x1, channels, fire.expand1x1_activation)
        self.tensors.append(output)
        first = 0
        for part, conv in (("expand1x1", fire.expand1x1), ("expand3x3", fire.expand3x3)):
            self.layers.append(_layer(f"{name}/{part}", source, output, conv, first, 1.0))
            first += conv.out_channels
        if fire.is_bypassed:
            self._add(name, fire, around, output)

    def _add(self, name: str, fire: Fire, around: Tensor, made: Tensor) -> None:
        own, other = made, around
        if fire.has_bypass_conv:
            conv, channels = fire.bypass, made.channels
            own = _output(f"{name}/bypass", around, conv, channels, fire.bypass_activation)
            self.tensors.append(own)
            plain = _layer(own.name, around, own, conv, 0, 1.0)
            self.layers.append(replace(plain, relu=False))
            other = made
        quantization = _quantization(f"{name}/add", fire.add.activation_post_process)
        self.tensors.append(replace(made, name=f"{name}/add", quantization=quantization))
        self.layers.append(Add(self.last.name, own.name, other.name, self.last.name))

    def pool(self, name: str, pool: nn.Module) -> None:
        """Append a max pool, which keeps its input's scale."""
        assert isinstance(pool, nn.MaxPool2d)
        source = self.last
        window = (int(pool.kernel_size), int(pool.stride), int(pool.padding))
        height, width = (pool_side(side, *window) for side in (source.height, source.width))
        self.tensors.append(Tensor(name, height, width, source.channels, source.quantization))
        self.layers.append(MaxPool(name, source.name, name, *window))


def _output(
    name: str, source: Tensor, conv: nn.Conv2d, channels: int, activation: nn.Module
) -> Tensor:
    quantization = _quantization(name, activation)
    height, width = (
        conv_side(side, conv.kernel_size[0], conv.stride[0], int(conv.padding[0]))
        for side in (source.height, source.width)
    )

    return Tensor(name, height, width, channels, quantization)


def _quantization(name: str, activation: nn.Module) -> Quantization:
    is_known = isinstance(activation, QuantizedReLU | QuantizedRange)
    if not is_known or float(activation.scale) <= 0:
        raise QuantizeError(
            f"{name}: its activation's range is not known; call quantize_activations() and "
            "run images through the network inside observing()."
        )
    zero_point = int(activation.zero_point) if isinstance(activation, QuantizedRange) else 0

    return Quantization(float(activation.scale), zero_point)


def _layer(
    name: str,
    source: Tensor,
    output: Tensor,
    conv: nn.Conv2d,
    first_channel: int,
    input_scale: float,
) -> Conv:
    weights = conv.weight.detach().to(torch.float32).contiguous().numpy()
    largest = np.abs(weights).max() or np.float32(1.0)
    scale = np.float32(largest) / np.float32(GRID_END)

    return Conv(
        name=name,
        input=source.name,
        output=output.name,
        first_channel=first_channel,
        stride=conv.stride[0],
        padding=int(conv.padding[0]),
        relu=True,
        weights=np.clip(np.rint(weights / scale), -GRID_END, GRID_END).astype(np.int8),
        bias=conv.bias.detach().to(torch.float32).numpy().copy(),
        weight_scales=np.array([scale * np.float32(input_scale)], np.float32),
    )
