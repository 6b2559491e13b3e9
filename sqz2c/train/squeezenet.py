"""
The SqueezeNet family as a PyTorch module, from the metaparameters of the paper
(SqueezeNet, section 5).

Parameter names are torchvision's. ReLU, concatenation and the image's quantization are modules
of their own, so that PyTorch's eager quantization can observe, fuse and convert them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Literal

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub

Normalise = Callable[[int], nn.Module]  # channels -> a layer between convolution and ReLU


@dataclass(frozen=True)
class FireWidths:
    """Channels of the three convolutions of one fire module."""

    squeeze: int
    expand1x1: int
    expand3x3: int

    @property
    def out_channels(self) -> int:
        return self.expand1x1 + self.expand3x3


@dataclass(frozen=True)
class Architecture:
    """
    One member of the family. The defaults are the published v1.0.

    Fire module i (from 0) has e = base_e + incr_e * (i // freq) expand filters, of which
    pct_3x3 * e are 3x3, and squeeze_ratio * e squeeze filters. WIDTHS, when given, says all
    that explicitly instead. POOLS holds the number of fire modules after which a pool follows;
    0 is the pool after the stem.

    BYPASS (section 6 of the paper): "simple" adds a fire module's input to its output where
    channels agree; "complex" also elsewhere, through a 1x1 convolution without ReLU.
    """

    classes: int = 1000
    in_channels: int = 3
    stem_filters: int = 96
    stem_kernel: int = 7
    stem_stride: int = 2
    stem_padding: int = 0
    fires: int = 8
    base_e: int = 128
    incr_e: int = 128
    freq: int = 2
    pct_3x3: float = 0.5
    squeeze_ratio: float = 0.125
    pools: tuple[int, ...] = (0, 3, 7)
    head_padding: int = 0
    dropout: float = 0.5
    widths: tuple[FireWidths, ...] = ()
    bypass: Literal["none", "simple", "complex"] = "none"

    def fire_widths(self) -> tuple[FireWidths, ...]:
        """Give the widths of every fire module, in order."""
        if self.widths:
            return self.widths
        totals = [self.base_e + self.incr_e * (i // self.freq) for i in range(self.fires)]

        return tuple(self._split(total) for total in totals)

    @property
    def parameters(self) -> int:
        """How many weights and biases there are, but for those of bypasses."""
        channels = self.stem_filters
        count = channels * (self.in_channels * self.stem_kernel**2 + 1)
        for fire in self.fire_widths():
            count += fire.squeeze * (channels + 1)
            count += fire.expand1x1 * (fire.squeeze + 1) + fire.expand3x3 * (9 * fire.squeeze + 1)
            channels = fire.out_channels

        return count + self.classes * (channels + 1)

    def _split(self, total: int) -> FireWidths:
        expand3x3 = min(max(round(self.pct_3x3 * total), 1), total - 1)
        squeeze = max(round(self.squeeze_ratio * total), 1)

        return FireWidths(squeeze, total - expand3x3, expand3x3)

    def map_sides(self, image_side: int) -> tuple[int, ...]:
        """
        Give the side of each feature map of a square image: the stem's, then after each pool.
        """
        padded = image_side + 2 * self.stem_padding - self.stem_kernel
        sides = [padded // self.stem_stride + 1]
        for _ in self.pools:
            sides.append(max(ceil((sides[-1] - 3) / 2), 0) + 1)

        return tuple(sides)


class Fire(nn.Module):
    """
    Squeeze, then expand1x1 and expand3x3 side by side.

    With a bypass `add` adds the input, or what the 1x1 convolution `bypass` makes of it.
    """

    def __init__(self, in_channels: int, widths: FireWidths, bypass: str = "none") -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, widths.squeeze, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(widths.squeeze, widths.expand1x1, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(widths.squeeze, widths.expand3x3, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)
        self.cat = FloatFunctional()
        keeps = in_channels == widths.out_channels
        self.is_bypassed = bypass == "complex" or (bypass == "simple" and keeps)
        if self.is_bypassed:
            self.add = FloatFunctional()
        if self.is_bypassed and not keeps:
            self.bypass = nn.Conv2d(in_channels, widths.out_channels, kernel_size=1)
            self.bypass_activation = nn.Identity()

    @property
    def has_bypass_conv(self) -> bool:
        return hasattr(self, "bypass")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n, in_channels, h, w] to [n, expand1x1 + expand3x3, h, w]."""
        squeezed = self.squeeze_activation(self.squeeze(x))
        left = self.expand1x1_activation(self.expand1x1(squeezed))
        right = self.expand3x3_activation(self.expand3x3(squeezed))
        y = self.cat.cat([left, right], 1)
        if not self.is_bypassed:
            return y
        if self.has_bypass_conv:
            x = self.bypass_activation(self.bypass(x))

        return self.add.add(y, x)


class SqueezeNet(nn.Module):
    """
    A SqueezeNet; its float state_dict has torchvision's names and nothing else.

    Pools count as members of `features`, so the gaps in the numbers tell where they are.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.quant = QuantStub()
        self.features = nn.Sequential(*_features(architecture))
        self.classifier = nn.Sequential(
            nn.Dropout(p=architecture.dropout),
            nn.Conv2d(
                architecture.fire_widths()[-1].out_channels,
                architecture.classes,
                kernel_size=1,
                padding=architecture.head_padding,
            ),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d((1, 1)),
        )
        self.dequant = DeQuantStub()
        self._initialise()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map images [n, in_channels, h, w] to logits [n, classes]."""
        x = self.classifier(self.features(self.quant(x)))

        return torch.flatten(self.dequant(x), 1)

    def _initialise(self) -> None:
        for conv in convs(self).values():
            nn.init.kaiming_uniform_(conv.weight, nonlinearity="relu")
            nn.init.zeros_(conv.bias)
        nn.init.normal_(self.classifier[1].weight, std=0.01)


def _features(architecture: Architecture) -> list[nn.Module]:
    stem = nn.Conv2d(
        architecture.in_channels,
        architecture.stem_filters,
        kernel_size=architecture.stem_kernel,
        stride=architecture.stem_stride,
        padding=architecture.stem_padding,
    )
    layers: list[nn.Module] = [stem, nn.ReLU(inplace=True)]
    channels = architecture.stem_filters
    if 0 in architecture.pools:
        layers.append(_pool())
    for count, widths in enumerate(architecture.fire_widths(), start=1):
        layers.append(Fire(channels, widths, architecture.bypass))
        channels = widths.out_channels
        if count in architecture.pools:
            layers.append(_pool())

    return layers


def _pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)


def squeezenet1_0(classes: int = 1000) -> SqueezeNet:
    """Give the published v1.0 (224 x 224 or 227 x 227, three channels), untrained."""
    return SqueezeNet(Architecture(classes=classes))


def squeezenet1_1(classes: int = 1000) -> SqueezeNet:
    """Give the published v1.1: a smaller stem and earlier pools, untrained."""
    return SqueezeNet(
        Architecture(classes=classes, stem_filters=64, stem_kernel=3, pools=(0, 2, 4))
    )


def convs(network: nn.Module) -> dict[str, nn.Conv2d]:
    """Give the convolutions by their name in the state_dict, in the order they run."""
    return {name: m for name, m in network.named_modules() if isinstance(m, nn.Conv2d)}


def fusion_groups(network: SqueezeNet) -> list[list[str]]:
    """
    Give each convolution's name with its ReLU's, for torch.ao.quantization.fuse_modules; those of a
    bypass have none.
    """
    groups = []
    for name in convs(network):
        path, last = name.rpartition(".")[::2]
        if last == "bypass":
            continue
        activation = str(int(last) + 1) if last.isdigit() else f"{last}_activation"
        groups.append([name, f"{path}.{activation}"])

    return groups
