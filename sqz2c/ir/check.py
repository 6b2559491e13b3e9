"""
The judge of every graph: legal after each stage, or refused by the layer's name.
"""

import re
from collections.abc import Iterator

import numpy as np

from sqz2c.errors import Sqz2cError
from sqz2c.ir.check_add import check_add
from sqz2c.ir.geometry import conv_side, pool_side
from sqz2c.ir.graph import PIXELS, Graph, inputs_of
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool, PixelTable
from sqz2c.ir.limits import check_integers, check_quantization
from sqz2c.ir.tensor import Tensor

MAX_SIDE = 65535  # height, width and channels are uint16 in C
MAX_WINDOW = 255  # kernel, stride and padding are uint8 in C
MAX_FILTER_WEIGHTS = 65536  # 65536 * 255 * 128 still fits int32
INT32_MAX = 2**31 - 1

CHANNELS = {"RGB": 3, "BGR": 3, "GRAY": 1}
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}")


def check_graph(graph: Graph) -> None:
    """
    Raise Sqz2cError unless GRAPH is a chain that the compiler can turn into C.

    Floats: finite weights and a preprocessing. Integers: int8 weights, a quantization for every
    tensor, and multipliers that PyTorch's engines agree on (DESIGN.md section 3).
    """
    _check_names(graph)
    for tensor in graph.tensors:
        _check_tensor(tensor)
    _check_image(graph)
    _check_flow(graph)
    for layer in graph.layers:
        _check_layer(graph, layer)
    _check_preprocessing(graph)
    if graph.labels and len(graph.labels) != graph.classes:
        raise Sqz2cError(f"{len(graph.labels)} labels do not name {graph.classes} classes.")


def _check_names(graph: Graph) -> None:
    for what, names in (
        ("tensor", [tensor.name for tensor in graph.tensors]),
        ("layer", [layer.name for layer in graph.layers]),
    ):
        for name in names:
            if not NAME.fullmatch(name):
                raise Sqz2cError(
                    f"{what} name {name!r} may only hold letters, digits and _ . / -"
                )
            if names.count(name) > 1:
                raise Sqz2cError(f"{what} name {name} is used more than once.")


def _check_tensor(tensor: Tensor) -> None:
    if not all(
        1 <= side <= MAX_SIDE for side in (tensor.height, tensor.width, tensor.channels)
    ):
        raise Sqz2cError(
            f"{tensor.name}: the shape {tensor.shape_text} is outside 1..{MAX_SIDE}."
        )
    if tensor.quantization is not None:
        check_quantization(tensor.name, tensor.quantization)


def _check_image(graph: Graph) -> None:
    if not graph.tensors or graph.image.name != PIXELS:
        raise Sqz2cError(f"The first tensor must be {PIXELS}, the caller's image.")
    if graph.order not in CHANNELS:
        raise Sqz2cError(f"The channel order {graph.order!r} is not RGB, BGR or GRAY.")
    if graph.image.channels != CHANNELS[graph.order]:
        raise Sqz2cError(
            f"{PIXELS}: {graph.order} images have {CHANNELS[graph.order]} channels, "
            f"but the network takes {graph.image.channels}."
        )


def _check_flow(graph: Graph) -> None:
    """Every tensor is written fully and once, before it is read, and read by somebody."""
    if not graph.layers or not isinstance(graph.layers[-1], GlobalAverage):
        raise Sqz2cError("The last layer must be the global average pool.")
    tensors = {tensor.name: tensor for tensor in graph.tensors}
    parts: dict[str, list[tuple[int, int]]] = {name: [] for name in tensors}
    read: set[str] = set()
    for layer in graph.layers:
        for source in inputs_of(layer):
            if source not in tensors:
                raise Sqz2cError(f"{layer.name}: there is no tensor named {source}.")
            if source != PIXELS:
                _check_complete(layer, tensors[source], sorted(parts[source]))
            read.add(source)
        for output, first, end in _written(layer, tensors):
            if output in read:
                raise Sqz2cError(f"{layer.name}: {output} is written after it was read.")
            parts[output].append((first, end))
    for name in tensors:
        if name not in read:
            raise Sqz2cError(f"{name}: no layer reads this tensor.")


def _written(layer: Layer, tensors: dict[str, Tensor]) -> Iterator[tuple[str, int, int]]:
    if isinstance(layer, GlobalAverage):
        return
    if layer.output not in tensors:
        raise Sqz2cError(f"{layer.name}: there is no tensor named {layer.output}.")
    if isinstance(layer, Conv):
        yield layer.output, layer.first_channel, layer.first_channel + layer.out_channels
    else:
        yield layer.output, 0, tensors[layer.output].channels


def _check_complete(layer: Layer, tensor: Tensor, parts: list[tuple[int, int]]) -> None:
    position = 0
    for first, end in parts:
        if first != position:
            break
        position = end
    else:
        if position == tensor.channels:
            return
    raise Sqz2cError(
        f"{layer.name}: its input {tensor.name} needs every channel of 0..{tensor.channels} "
        f"written once before, but got {parts}."
    )


def _check_layer(graph: Graph, layer: Layer) -> None:
    source = graph.tensor(layer.input)
    if isinstance(layer, Conv):
        _check_conv(layer, source, graph.tensor(layer.output))
        _check_weights(layer)
        if graph.is_quantized:
            check_integers(layer, source, graph.tensor(layer.output))
    elif isinstance(layer, MaxPool):
        _check_pool(layer, source, graph.tensor(layer.output))
    elif isinstance(layer, Add):
        check_add(graph, layer)
    elif isinstance(layer, PixelTable):
        _check_table(graph, layer, source, graph.tensor(layer.output))
    else:
        _check_head(graph, layer, source)


def _check_window(layer: Conv | MaxPool, kernels: tuple[int, int]) -> None:
    if not (
        all(1 <= side <= MAX_WINDOW for side in (*kernels, layer.stride))
        and 0 <= layer.padding <= MAX_WINDOW
    ):
        raise Sqz2cError(
            f"{layer.name}: kernel {kernels[0]}x{kernels[1]}, stride {layer.stride} and "
            f"padding {layer.padding} must lie in 1..{MAX_WINDOW} (padding from 0)."
        )


def _check_conv(conv: Conv, source: Tensor, target: Tensor) -> None:
    if conv.weights.ndim != 4 or 0 in conv.weights.shape:
        raise Sqz2cError(f"{conv.name}: weights of shape {conv.weights.shape} are not OIHW.")
    kernels = (conv.kernel_height, conv.kernel_width)
    _check_window(conv, kernels)
    if conv.in_channels != source.channels:
        raise Sqz2cError(
            f"{conv.name}: its filters take {conv.in_channels} channels, but {source.name} has "
            f"{source.channels}."
        )
    if conv.bias.shape != (conv.out_channels,):
        raise Sqz2cError(
            f"{conv.name}: {conv.bias.shape} biases do not fit {conv.out_channels} filters."
        )
    if conv.filter_weights > MAX_FILTER_WEIGHTS:
        raise Sqz2cError(
            f"{conv.name}: {conv.filter_weights} weights a filter could overflow 32-bit sums; "
            f"at most {MAX_FILTER_WEIGHTS} are supported."
        )
    sides = tuple(
        conv_side(side, kernel, conv.stride, conv.padding)
        for side, kernel in zip((source.height, source.width), kernels, strict=True)
    )
    if sides != (target.height, target.width):
        raise Sqz2cError(
            f"{conv.name}: {kernels[0]}x{kernels[1]} filters make {source.shape_text} "
            f"{sides[0]}x{sides[1]}, but {target.name} is {target.shape_text}."
        )


def _check_weights(conv: Conv) -> None:
    wanted = np.float32 if conv.weight_scales is None else np.int8
    if conv.weights.dtype != wanted or conv.bias.dtype != np.float32:
        raise Sqz2cError(
            f"{conv.name}: weights are {conv.weights.dtype} and biases {conv.bias.dtype}, "
            f"expected {np.dtype(wanted)} and float32."
        )
    for what, values in (("weights", conv.weights), ("biases", conv.bias)):
        if not np.isfinite(values).all():
            raise Sqz2cError(f"{conv.name}: some {what} are infinite or not a number.")


def _check_pool(pool: MaxPool, source: Tensor, target: Tensor) -> None:
    _check_window(pool, (pool.kernel, pool.kernel))
    if 2 * pool.padding > pool.kernel:
        raise Sqz2cError(f"{pool.name}: padding {pool.padding} is over half the kernel.")
    for side, out_side in ((source.height, target.height), (source.width, target.width)):
        window = (pool.kernel, pool.stride, pool.padding)
        if out_side not in (conv_side(side, *window), pool_side(side, *window)):
            raise Sqz2cError(
                f"{pool.name}: a {pool.kernel}x{pool.kernel} pool of stride {pool.stride} "
                f"cannot make {source.shape_text} {target.shape_text}."
            )
    if source.channels != target.channels or source.quantization != target.quantization:
        raise Sqz2cError(f"{pool.name}: a pool keeps channels, scale and zero point.")


def _check_table(graph: Graph, table: PixelTable, source: Tensor, target: Tensor) -> None:
    if source.name != PIXELS or graph.layers[0] is not table or not graph.is_quantized:
        raise Sqz2cError(f"{table.name}: only a quantized network's pixels go through a table.")
    if (source.height, source.width, source.channels) != (
        target.height,
        target.width,
        target.channels,
    ):
        raise Sqz2cError(f"{table.name}: a table keeps the shape {source.shape_text}.")
    if table.table.dtype != np.uint8 or table.table.shape != (source.channels, 256):
        raise Sqz2cError(f"{table.name}: the table must be uint8 [{source.channels}, 256].")


def _check_head(graph: Graph, head: GlobalAverage, source: Tensor) -> None:
    if head is not graph.layers[-1]:
        raise Sqz2cError(f"{head.name}: nothing can follow the global average pool.")
    if any(add.output == head.input for add in graph.adds):
        raise Sqz2cError(f"{head.name}: a convolution must stand between addition and average.")
    if source.height * source.width * 255 > INT32_MAX:
        raise Sqz2cError(f"{head.name}: the sum over {source.shape_text} could overflow.")
    if head.output_quantization not in (None, source.quantization):
        raise Sqz2cError(f"{head.name}: a quantized average keeps its input's scale.")


def _check_preprocessing(graph: Graph) -> None:
    """A float graph says what its pixels need; a quantized one has it folded in."""
    if graph.is_quantized:
        if any(tensor.quantization is None for tensor in graph.tensors):
            raise Sqz2cError("A quantized network needs a scale for every tensor.")
        if graph.preprocessing is not None:
            raise Sqz2cError("A quantized network has its preprocessing folded in already.")
        return
    if any(conv.weight_scales is not None or conv.quantization for conv in graph.convs) or any(
        tensor.quantization is not None for tensor in graph.tensors
    ):
        raise Sqz2cError("The network is neither float nor quantized throughout.")
    if graph.preprocessing is None:
        raise Sqz2cError("A float network needs a preprocessing (mean and std).")
    mean, std = graph.preprocessing.mean, graph.preprocessing.std
    if not len(mean) == len(std) == graph.image.channels:
        raise Sqz2cError(f"Mean and std need {graph.image.channels} values each.")
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and min(std) > 0):
        raise Sqz2cError("Mean and std must be finite, and std above 0.")
