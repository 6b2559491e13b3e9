"""
The SqueezeNet family as a graph: stem, pools, fire modules, head. Every kind of file ends here.
"""

from dataclasses import dataclass, replace

import numpy as np

from sqz2c.errors import Sqz2cError
from sqz2c.ir.geometry import conv_side, pool_side
from sqz2c.ir.graph import PIXELS, Graph, Order, Preprocessing
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool, PixelTable
from sqz2c.ir.tensor import Quantization, Tensor

POOL_KERNEL, POOL_STRIDE = 3, 2


@dataclass(frozen=True, eq=False)
class Filters:
    """
    One convolution's numbers; float, or int8 with scales and its output's quantization.
    """

    weights: np.ndarray
    bias: np.ndarray
    scales: np.ndarray | None = None
    quantization: Quantization | None = None


@dataclass(frozen=True, eq=False)
class Fire:
    """
    One fire module; QUANTIZATION is the concatenation's. IS_BYPASSED: its input is added to its
    output, through the 1x1 convolution BYPASS if there is one; SUM is the addition's quantization.
    """

    squeeze: Filters
    expand1x1: Filters
    expand3x3: Filters
    quantization: Quantization | None = None
    is_bypassed: bool = False
    bypass: Filters | None = None
    sum: Quantization | None = None

    @property
    def out_channels(self) -> int:
        return int(self.expand1x1.weights.shape[0] + self.expand3x3.weights.shape[0])


@dataclass(frozen=True, eq=False)
class Network:
    """
    A member of the family. POOLS holds how many fire modules come before each pool (0: the pool
    follows the stem).
    """

    stem: Filters
    fires: tuple[Fire, ...]
    head: Filters
    pools: frozenset[int]


@dataclass(frozen=True)
class Geometry:
    """What weights do not say: the image's size and how first and last convolution move."""

    height: int
    width: int
    stem_stride: int
    stem_padding: int
    head_padding: int
    head_relu: bool


class Builder:
    """
    Appends layers and the tensors they write; the last tensor is what the next layer reads.
    """

    def __init__(self, image: Tensor) -> None:
        self.tensors = [image]
        self.layers: list[Layer] = []

    @property
    def last(self) -> Tensor:
        """The tensor written last."""
        return self.tensors[-1]

    def conv(self, name: str, filters: Filters, stride: int, padding: int, relu: bool) -> None:
        """
        Append a convolution that writes a tensor of its own name.
        """
        source = self.last
        self.tensors.append(
            _conv_output(name, source, filters, stride, padding, filters.quantization)
        )
        self.layers.append(_conv(name, source, self.last, filters, 0, stride, padding, relu))

    def pool(self, name: str) -> None:
        """
        Append a 3x3 max pool of stride 2 in ceil mode.
        """
        source = self.last
        window = (POOL_KERNEL, POOL_STRIDE, 0)
        height, width = (pool_side(side, *window) for side in (source.height, source.width))
        if min(height, width) < 1:
            raise Sqz2cError(
                f"{name}: {source.name} {source.shape_text} is too small to be pooled: give a "
                "larger input size."
            )
        self.tensors.append(Tensor(name, height, width, source.channels, source.quantization))
        self.layers.append(MaxPool(name, source.name, name, POOL_KERNEL, POOL_STRIDE))

    def fire(self, name: str, fire: Fire) -> None:
        """
        Append squeeze and the two expands, which write side by side into tensor NAME.
        """
        around = self.last
        self.conv(f"{name}/squeeze", fire.squeeze, 1, 0, True)
        source = self.last
        left, right = fire.expand1x1, fire.expand3x3
        channels = left.weights.shape[0] + right.weights.shape[0]
        target = Tensor(name, source.height, source.width, channels, fire.quantization)
        self.tensors.append(target)
        for part, filters, first, padding in (
            ("expand1x1", left, 0, 0),
            ("expand3x3", right, left.weights.shape[0], 1),
        ):
            conv = _conv(f"{name}/{part}", source, target, filters, first, 1, padding, True)
            self.layers.append(conv)
        if fire.is_bypassed:
            self._add(name, fire, around, target)

    def _add(self, name: str, fire: Fire, around: Tensor, target: Tensor) -> None:
        """
        Append the addition of AROUND, or of what a 1x1 convolution makes of it, to TARGET.
        """
        made, other = target, around
        if fire.bypass is not None:
            own = _conv_output(
                f"{name}/bypass", around, fire.bypass, 1, 0, fire.bypass.quantization
            )
            self.tensors.append(own)
            self.layers.append(_conv(own.name, around, own, fire.bypass, 0, 1, 0, False))
            made, other = own, target
        self.tensors.append(replace(target, name=f"{name}/add", quantization=fire.sum))
        self.layers.append(Add(self.last.name, made.name, other.name, self.last.name))


def build_graph(
    network: Network,
    geometry: Geometry,
    order: Order,
    preprocessing: Preprocessing | None,
    labels: tuple[str, ...],
) -> Graph:
    """
    Chain NETWORK's layers under the paper's names (conv1, pool1, fire2, ...), sizes computed.
    """
    image = Tensor(PIXELS, geometry.height, geometry.width, network.stem.weights.shape[1])
    builder = Builder(image)
    builder.conv("conv1", network.stem, geometry.stem_stride, geometry.stem_padding, True)
    if 0 in network.pools:
        builder.pool("pool1")
    for number, fire in enumerate(network.fires, start=2):
        builder.fire(f"fire{number}", fire)
        if number - 1 in network.pools:
            builder.pool(f"pool{number}")
    head = f"conv{len(network.fires) + 2}"
    builder.conv(head, network.head, 1, geometry.head_padding, geometry.head_relu)
    builder.layers.append(GlobalAverage("average", head, network.head.quantization))

    return Graph(tuple(builder.tensors), tuple(builder.layers), order, preprocessing, labels)


def in_camera_order(graph: Graph, order: Order | None) -> Graph:
    """
    Reorder the input channels of the first convolution (and of the pixel table) to ORDER.
    """
    if order is None or order == graph.order:
        return graph
    if "GRAY" in (order, graph.order):
        raise Sqz2cError(
            f"The network takes {graph.order} images, which cannot be made of {order} ones."
        )

    return _reversed_channels(graph, order)


def _reversed_channels(graph: Graph, order: Order) -> Graph:
    layers = list(graph.layers)
    for index, layer in enumerate(layers):
        if isinstance(layer, PixelTable):
            layers[index] = replace(layer, table=np.ascontiguousarray(layer.table[::-1]))
        elif isinstance(layer, Conv):
            weights = np.ascontiguousarray(layer.weights[:, ::-1])
            layers[index] = replace(layer, weights=weights)
            break
    preprocessing = graph.preprocessing
    if preprocessing is not None:
        preprocessing = Preprocessing(preprocessing.mean[::-1], preprocessing.std[::-1])

    return replace(graph, layers=tuple(layers), order=order, preprocessing=preprocessing)


def _conv_output(
    name: str,
    source: Tensor,
    filters: Filters,
    stride: int,
    padding: int,
    quantization: Quantization | None,
) -> Tensor:
    kernel_height, kernel_width = filters.weights.shape[2:]
    height = conv_side(source.height, kernel_height, stride, padding)
    width = conv_side(source.width, kernel_width, stride, padding)
    if min(height, width) < 1:
        raise Sqz2cError(
            f"{name}: filters of {kernel_height}x{kernel_width} do not fit {source.name} "
            f"{source.shape_text}: give a larger input size."
        )

    return Tensor(name, height, width, int(filters.weights.shape[0]), quantization)


def _conv(
    name: str,
    source: Tensor,
    target: Tensor,
    filters: Filters,
    first_channel: int,
    stride: int,
    padding: int,
    relu: bool,
) -> Conv:
    own = filters.quantization if filters.quantization != target.quantization else None

    return Conv(
        name=name,
        input=source.name,
        output=target.name,
        first_channel=first_channel,
        stride=stride,
        padding=padding,
        relu=relu,
        weights=filters.weights,
        bias=filters.bias,
        weight_scales=filters.scales,
        quantization=own,
    )
