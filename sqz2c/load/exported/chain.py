"""
From the last value of an exported program to a graph, under the paper's names.
"""

from collections.abc import Iterator

import numpy as np

from sqz2c.errors import LoadError
from sqz2c.ir.graph import PIXELS, Graph, Order
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool
from sqz2c.ir.tensor import Tensor
from sqz2c.load.exported.archive import DAMAGES, read_program
from sqz2c.load.exported.values import Block, Value
from sqz2c.load.exported.walk import result_of
from sqz2c.load.options import LoadOptions, preprocessing_of
from sqz2c.load.squeezenet import in_camera_order

Parts = tuple[list[Tensor], list[Layer], dict[Block | None, str]]  # and each block's output
UNKNOWN_OPTIONS = ("stem_stride", "stem_padding", "head_padding", "head_relu", "bypass")


def exported_graph(data: bytes, path: str, options: LoadOptions) -> Graph:
    """
    Read DATA, a program of torch.export.save, as a float graph. Layers are named as in the
    paper, by their place: conv1, pool1, fire2/squeeze, ...

    Raise LoadError naming PATH and the operation that is not a SqueezeNet's.
    """
    try:
        result = result_of(read_program(data, path))
    except DAMAGES as error:
        raise LoadError(
            f"{path} is damaged or not a file of torch.export.save: export the model again."
        ) from error
    blocks = _chain(result, path)
    image = blocks[0].source
    assert image is not None
    _check_options(image, path, options)
    tensors = [Tensor(PIXELS, image.height, image.width, image.channels)]
    layers: list[Layer] = []
    outputs: dict[Block | None, str] = {image: PIXELS}
    for name, number, block in _numbered(blocks):
        _check_numbers(block, path)
        _append(name, number, block, (tensors, layers, outputs))
    layers.append(GlobalAverage("average", tensors[-1].name))
    preprocessing, trained = preprocessing_of(options, image.channels, "torchvision")
    graph = Graph(tuple(tensors), tuple(layers), trained, preprocessing, options.labels)
    default: Order = "GRAY" if image.channels == 1 else "RGB"

    return in_camera_order(graph, options.order or default)


def _check_options(image: Block, path: str, options: LoadOptions) -> None:
    sizes = {"input_height": image.height, "input_width": image.width}
    for name in options.given():
        known = name not in (*UNKNOWN_OPTIONS, *sizes)
        if not known and sizes.get(name) != getattr(options, name):
            raise LoadError(
                f"{path} is an exported program and holds its own {name.replace('_', ' ')}: "
                "leave the option out."
            )


def _chain(value: Value, path: str) -> list[Block]:
    """The blocks from the first convolution to the one that is averaged."""
    last = value.block
    if value.padding or not (value.averaged or value.is_channels):
        raise LoadError(
            f"{path} ends in a map of {last.height}x{last.width}: add the average of the whole "
            "map, or a linear layer."
        )
    blocks = [last]
    blocks += [block for block in last.past if block is not None and block.filters]
    if not last.is_plain or len(last.filters) > 1:
        raise LoadError(
            f"{path} ends in the average of a pool, of a sum or of a concatenation: put a "
            "convolution before the average, or a linear layer behind it, and train again."
        )

    return blocks[::-1]


def _numbered(blocks: list[Block]) -> Iterator[tuple[str, int, Block]]:
    """
    Name each block and count them: conv1, fire2/squeeze, fire2, ... A 1x1 convolution before a
    concatenation is a squeeze.
    """
    number, around = 1, ""
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.before is not block.source:  # it leads around the block before
            yield f"{around}/bypass", number - 1, block
            continue
        is_fire = len(block.filters) > 1
        is_squeeze = (
            following is not None
            and len(following.filters) > 1
            and not is_fire
            and block.is_plain
            and following.before is block
            and block.filters[0].kernel == (1, 1)
        )
        kind = "fire" if is_fire or is_squeeze else "conv"
        around = f"{kind}{number}"
        yield f"{around}{'/squeeze' if is_squeeze else ''}", number, block
        number += not is_squeeze


def _append(name: str, number: int, block: Block, graph: Parts) -> None:
    """BLOCK's convolutions, sum and pools behind what is there already."""
    tensors, layers, outputs = graph
    source, first_channel = outputs[block.source], 0
    tensors.append(Tensor(name, *block.sides, block.channels))
    for part, filters in zip(_parts(name, block), block.filters, strict=True):
        layers.append(
            Conv(
                name=part,
                input=source,
                output=name,
                first_channel=first_channel,
                stride=filters.stride,
                padding=filters.padding,
                relu=filters.relu,
                weights=_float32(filters.weights),
                bias=_float32(filters.bias),
            )
        )
        first_channel += len(filters.bias)
    if block.other is not None:
        total = f"{name.removesuffix('/bypass')}/add"
        other = outputs[block.other]
        layers.append(Add(total, name, other, total, block.has_relu_behind))
        tensors.append(Tensor(total, *block.sides, block.channels))
    for count, pool in enumerate(block.pools):
        pooled = f"pool{number}" + (f"_{count + 1}" if count else "")
        window = (pool.kernel, pool.stride, pool.padding)
        layers.append(MaxPool(pooled, tensors[-1].name, pooled, *window))
        tensors.append(Tensor(pooled, pool.height, pool.width, block.channels))
    outputs[block] = tensors[-1].name


def _check_numbers(block: Block, path: str) -> None:
    for filters in block.filters:
        for values in (filters.weights, filters.bias):
            if not np.isfinite(_float32(values)).all():
                raise LoadError(
                    f"{path}: {filters.place} has weights or statistics that are infinite or not "
                    "numbers: train the network again."
                )


def _parts(name: str, block: Block) -> list[str]:
    """The layers of a block: itself, or its expands by their windows."""
    if len(block.filters) == 1:
        return [name]
    parts: list[str] = []
    for filters in block.filters:
        part = "{}/expand{}x{}".format(name, *filters.kernel)
        same = sum(other.partition("_")[0] == part for other in parts)
        parts.append(f"{part}_{same + 1}" if same else part)

    return parts


def _float32(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, np.float32)
