"""
The deployed arithmetic in the forward pass (quantization-aware training; DESIGN.md, "Numbers").

Activations after a ReLU are uint8 with zero point 0, weights int8 with one scale a layer;
rounding passes gradients straight through, clipping stops them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.utils import parametrize

from sqz2c.train.squeezenet import Fire, SqueezeNet, convs

GRID_END = 127  # weights use -127..127


def round_through(x: torch.Tensor) -> torch.Tensor:
    """Round half to even; the gradient is that of the identity."""
    return x + (x.detach().round() - x.detach())


class Int8Weight(nn.Module):
    """Parametrization: the weight on the grid of 255 steps whose ends are its own extremes."""

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """Round WEIGHT to multiples of max |weight| / 127."""
        scale = weight.detach().abs().amax().clamp_min(1e-12) / GRID_END

        return round_through(weight / scale) * scale


class QuantizedReLU(nn.Module):
    """
    ReLU whose output is uint8 times `scale`; while `observing`, a plain ReLU that records its
    largest output instead. A scale of 0 means: not observed yet.
    """

    scale: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.observing = False
        self.register_buffer("scale", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Clip to [0, 255 * scale] and round to multiples of scale."""
        if self.observing:
            self.scale = torch.maximum(self.scale, x.detach().float().amax() / 255)

            return torch.relu(x)
        x = torch.minimum(torch.relu(x), 255 * self.scale)

        return round_through(x / self.scale) * self.scale


class QuantizedRange(nn.Module):
    """
    Identity whose output is uint8 of the range from `low` to `high`, which always holds 0; while
    `observing`, it records that range instead.
    """

    low: torch.Tensor
    high: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.observing = False
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))

    @property
    def scale(self) -> torch.Tensor:
        """0 means: not observed yet."""
        return (self.high - self.low) / 255

    @property
    def zero_point(self) -> torch.Tensor:
        """Of 0..255; 0 where nothing is below 0."""
        return (-self.low / self.scale.clamp_min(1e-12)).round().clamp(0, 255)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Round to multiples of the scale and clip to what uint8 can hold."""
        if self.observing:
            values = x.detach().float()
            self.low = torch.minimum(self.low, values.amin())
            self.high = torch.maximum(self.high, values.amax())

            return x
        scale, zero_point = self.scale, self.zero_point
        x = torch.clamp(x, -zero_point * scale, (255 - zero_point) * scale)

        return round_through(x / scale) * scale


def quantize_weights(network: SqueezeNet) -> None:
    """Put every convolution's weight on its int8 grid, in place, above a shared codebook."""
    for conv in convs(network).values():
        parametrize.register_parametrization(conv, "weight", Int8Weight())


def quantize_activations(network: SqueezeNet) -> None:
    """
    Replace every ReLU, in place. The two expands of a fire module get one and the same, since
    they write side by side into one tensor. Convolutions of bypasses and additions get a scale and
    zero point of their own.
    """
    names = [name for name, m in network.named_modules() if isinstance(m, nn.ReLU)]
    for name in names:
        network.set_submodule(name, QuantizedReLU())
    for fire in network.modules():
        if isinstance(fire, Fire):
            fire.expand3x3_activation = fire.expand1x1_activation
            if fire.is_bypassed:
                fire.add.activation_post_process = QuantizedRange()
            if fire.has_bypass_conv:
                fire.bypass_activation = QuantizedRange()


@contextmanager
def observing(network: SqueezeNet) -> Iterator[None]:
    """Within this context the network is float and its activations' ranges are recorded."""
    relus = [m for m in network.modules() if isinstance(m, QuantizedReLU | QuantizedRange)]
    for relu in relus:
        relu.observing = True
    try:
        yield
    finally:
        for relu in relus:
            relu.observing = False


def activation_scales(network: SqueezeNet) -> dict[str, float]:
    """Give every activation's scale by its module's name; shared ones under each name."""
    return {
        name: float(module.scale)
        for name, module in network.named_modules(remove_duplicate=False)
        if isinstance(module, QuantizedReLU | QuantizedRange)
    }
