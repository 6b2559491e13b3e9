"""
Seeded random members of the SqueezeNet family, already quantized: no training, no files.
"""

from dataclasses import dataclass

import numpy as np

from sqz2c.ir.check import check_graph
from sqz2c.ir.geometry import conv_side, pool_side
from sqz2c.ir.graph import PIXELS, Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool, PixelTable
from sqz2c.ir.tensor import Quantization, Tensor


@dataclass(frozen=True)
class Member:
    """
    Which network: FIRES lists (squeeze, expand1x1, expand3x3); POOL_AFTER counts fires (0: stem).
    """

    height: int = 32
    width: int = 32
    channels: int = 3
    stem: tuple[int, int, int, int] = (8, 3, 2, 0)  # filters, kernel, stride, padding
    fires: tuple[tuple[int, int, int], ...] = ((4, 8, 8), (4, 8, 8))
    pool_after: tuple[int, ...] = (0, 1)
    classes: int = 10
    head_padding: int = 0
    density: float = 0.5
    values: int = 16
    per_filter: bool = False
    zero_points: bool = False  # unfused ReLUs keep a zero point of their own
    differing_scales: bool = False  # each expand has its own scale before the concatenation
    pixel_table: bool = False
    quantized_average: bool = False
    vanishing: bool = False  # filters of zeros get PyTorch's scale for them; their biases saturate
    steep: bool = False  # conv1 has a multiplier of 0.9, for which only form "exact" is proved
    bypass: str = "none"  # simple: where channels agree; complex: everywhere
    bypass_relu: bool = False  # after the addition
    seed: int = 0


POOL = (3, 2, 0)  # kernel, stride, padding
VANISHING_SCALE = np.finfo(np.float32).eps  # of filters that are all zero, by PyTorch's observer


def exists(member: Member) -> bool:
    """
    Whether every map of MEMBER has at least one pixel.
    """
    sides = []
    for side in (member.height, member.width):
        _, kernel, stride, padding = member.stem
        side = conv_side(side, kernel, stride, padding)
        for count in range(len(member.fires) + 1):
            if count in member.pool_after and side >= 1:
                side = pool_side(side, *POOL)
        sides.append(side)

    return min(sides) >= 1


class _Builder:
    def __init__(self, member: Member) -> None:
        self.member = member
        self.rng = np.random.default_rng(member.seed)
        self.tensors = [
            Tensor(PIXELS, member.height, member.width, member.channels, Quantization(1.0, 0))
        ]
        self.layers: list[Layer] = []

    def quantization(self, scale: float) -> Quantization:
        zero_point = int(self.rng.integers(0, 60)) if self.member.zero_points else 0
        return Quantization(float(np.float32(scale)), zero_point)

    def add_tensor(self, name, height, width, channels, quantization) -> Tensor:
        self.tensors.append(Tensor(name, height, width, channels, quantization))
        return self.tensors[-1]

    def weights(self, out, channels, kernel):
        count = max(1, self.member.values)
        codebook = self.rng.integers(-128, 128, count)
        weights = self.rng.choice(codebook, (out, channels, kernel, kernel))
        weights[self.rng.random(weights.shape) > self.member.density] = 0
        if out > 2:
            weights[1] = 0  # a filter that was pruned away
        return weights.astype(np.int8)

    def conv(self, name, source, output, first, out, kernel, stride, padding, own_scale=False,
             relu=True):
        weights = self.weights(out, source.channels, kernel)
        spread = float(np.sqrt(np.mean(weights.astype(float) ** 2) * weights[0].size)) + 1.0
        scales = self.rng.uniform(0.005, 0.02, out if self.member.per_filter else 1)
        quantization = output.quantization
        if own_scale:
            quantization = self.quantization(output.quantization.scale * self.rng.uniform(0.6, 1.5))
        # aim: outputs spread over most of 0..255
        wanted = quantization.scale * 255 / (source.quantization.scale * 100 * spread * 2)
        largest = 0.9 * quantization.scale / source.quantization.scale
        scales = np.minimum(scales / 0.0125 * wanted, largest).astype(np.float32)
        if self.member.steep and name == "conv1":
            scales[0] = largest
        bias = self.rng.normal(0, quantization.scale * 40, out).astype(np.float32)
        if self.member.vanishing:
            scales, bias = self.vanish(weights, scales, bias)
        self.layers.append(
            Conv(
                name=name,
                input=source.name,
                output=output.name,
                first_channel=first,
                stride=stride,
                padding=padding,
                relu=relu,
                weights=weights,
                bias=bias,
                weight_scales=scales,
                quantization=quantization if own_scale else None,
            )
        )

    def bypass(self, name, around, made):
        """AROUND, or what a 1x1 convolution makes of it, plus MADE."""
        if self.member.bypass == "none":
            return made
        if around.channels == made.channels:
            own, other = made, around
        elif self.member.bypass == "complex":
            quantization = self.quantization(0.06)
            own = self.add_tensor(
                f"{name}/bypass", made.height, made.width, made.channels,
                Quantization(quantization.scale, 100),
            )
            self.conv(own.name, around, own, 0, made.channels, 1, 1, 0, relu=False)
            other = made
        else:
            return made
        out = self.add_tensor(
            f"{name}/add", made.height, made.width, made.channels, self.quantization(0.09)
        )
        self.layers.append(
            Add(out.name, own.name, other.name, out.name, self.member.bypass_relu)
        )
        return out

    def vanish(self, weights, scales, bias):
        """Scales and biases of pruned filters, where they can have their own."""
        zero = ~weights.reshape(len(weights), -1).any(axis=1)
        if len(scales) == 1 and not zero.all():
            return scales, bias
        scales = np.where(zero if len(scales) > 1 else [True], VANISHING_SCALE, scales)
        huge = self.rng.choice(np.array([-300, 300, 0.5], np.float32), len(bias))

        return scales.astype(np.float32), np.where(zero, huge, bias).astype(np.float32)

    def pool(self, name, source):
        out = self.add_tensor(
            name, pool_side(source.height, *POOL), pool_side(source.width, *POOL),
            source.channels, source.quantization,
        )
        self.layers.append(MaxPool(name, source.name, out.name, *POOL))
        return out


def build(member: Member) -> Graph:
    """
    The network of MEMBER, which must exist: legal, quantized, with outputs that use their range.
    """
    b = _Builder(member)
    x = b.tensors[0]
    if member.pixel_table:
        x = b.add_tensor(
            "input", x.height, x.width, x.channels, Quantization(float(np.float32(0.02)), 114),
        )
        table = np.sort(b.rng.integers(0, 256, (x.channels, 256)), axis=1).astype(np.uint8)
        b.layers.append(PixelTable("input", PIXELS, "input", table))
    filters, kernel, stride, padding = member.stem
    size = [(n + 2 * padding - kernel) // stride + 1 for n in (x.height, x.width)]
    out = b.add_tensor("conv1", *size, filters, b.quantization(0.05))
    b.conv("conv1", x, out, 0, filters, kernel, stride, padding)
    x = out
    if 0 in member.pool_after:
        x = b.pool("pool1", x)
    for number, (squeeze, expand1x1, expand3x3) in enumerate(member.fires, start=2):
        name = f"fire{number}"
        middle = b.add_tensor(f"{name}/squeeze", x.height, x.width, squeeze, b.quantization(0.06))
        b.conv(middle.name, x, middle, 0, squeeze, 1, 1, 0)
        out = b.add_tensor(
            name, x.height, x.width, expand1x1 + expand3x3, b.quantization(0.07)
        )
        own = member.differing_scales
        b.conv(f"{name}/expand1x1", middle, out, 0, expand1x1, 1, 1, 0, own)
        b.conv(f"{name}/expand3x3", middle, out, expand1x1, expand3x3, 3, 1, 1, own)
        x = b.bypass(name, x, out)
        if number - 1 in member.pool_after:
            x = b.pool(f"pool{number}", x)
    name = f"conv{len(member.fires) + 2}"
    pad = 2 * member.head_padding
    out = b.add_tensor(name, x.height + pad, x.width + pad, member.classes, b.quantization(0.1))
    b.conv(name, x, out, 0, member.classes, 1, 1, member.head_padding)
    average = out.quantization if member.quantized_average else None
    b.layers.append(GlobalAverage("average", name, average))

    order = "GRAY" if member.channels == 1 else "RGB"
    graph = Graph(tuple(b.tensors), tuple(b.layers), order, labels=())
    check_graph(graph)

    return graph
