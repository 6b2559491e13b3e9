"""
Operations that change shapes or nothing, averages, and what is done to weights.
"""

from dataclasses import replace
from math import prod

import torch

from sqz2c.load.exported.call import Call
from sqz2c.load.exported.layers import refuse_training
from sqz2c.load.exported.values import Value

FLOAT32 = 7  # ScalarType of the exported schema


def same(call: Call) -> object:
    """
    Operations that give back what they get: detach, clone, dropout at inference.
    """
    name = "input" if "input" in call.node.arguments else "self"
    refuse_training(call)
    if call.get("dtype", None) not in (None, FLOAT32):
        raise call.error("leaves float32, which is not supported: export a float32 model")
    call.skip("p", "memory_format", "layout", "device", "pin_memory", "non_blocking", "copy")

    return call.get(name)


def view(call: Call) -> object:
    """
    flatten, view, reshape, squeeze, unsqueeze: the same numbers in the same order.
    """
    source = call.get("self")
    call.skip("size", "shape", "dim", "start_dim", "end_dim")
    if isinstance(source, torch.Tensor):
        return source.reshape(call.full_shape())
    source = call.value("self")
    shape = call.shape()
    if prod(shape) != prod(source.shape) or source.padding:
        raise call.error("does not keep the images of a batch apart, or reads a padded map")

    return replace(source, shape=shape)


def permute(call: Call) -> torch.Tensor:
    """
    aten.permute and aten.t of weights.
    """
    weights = call.get("self")
    if not isinstance(weights, torch.Tensor):
        raise call.error(
            "reorders the dimensions of activations: keep them as [n, channels, height, width]"
        )
    order = call.get("dims", None)

    return weights.permute(order if isinstance(order, list) else list(range(weights.ndim))[::-1])


def product(call: Call) -> torch.Tensor:
    """
    aten.mul of weights with a mask, as torch.nn.utils.prune leaves them.
    """
    weights, mask = call.get("self"), call.get("other")
    if not isinstance(weights, torch.Tensor) or not isinstance(mask, torch.Tensor):
        return arithmetic(call)

    return weights * mask


def arithmetic(call: Call) -> torch.Tensor:
    """
    Refuse products of activations and sums with numbers, with a way out for the usual ones.
    """
    operands = [call.get(name, None) for name in ("self", "other")]
    values = [operand for operand in operands if isinstance(operand, Value)]
    if len(values) == 2:
        raise call.error(
            "is a joint of two maps that is no sum, which is not supported: train the network "
            "without it"
        )
    if values and not values[0].block.filters:
        raise call.error(
            "is preprocessing inside of the program: export the network without it and give "
            "--mean and --std"
        )
    raise call.unsupported("is not supported between layers")


def pad(call: Call) -> Value:
    """
    aten.pad with zeros, the same on all sides, before a convolution.
    """
    source = call.value("self")
    if not source.is_map:
        raise call.unsupported("pads something else than a map")
    sides = call.get("pad")
    mode, number = call.get("mode", "constant"), call.get("value", None)
    if mode != "constant" or number not in (None, 0):
        raise call.unsupported(f"pads with something else than zeros (mode {mode})")
    if not isinstance(sides, list) or len(sides) != 4 or len(set(sides)) != 1 or sides[0] < 0:
        raise call.unsupported(
            f"pads by {sides}, but only the same on all four sides is supported"
        )

    return replace(source, padding=source.padding + sides[0])


def adaptive_average(call: Call) -> Value:
    """
    aten.adaptive_avg_pool2d to 1x1.
    """
    source = call.map("self")
    size = call.pair("output_size")
    if size != (1, 1):
        raise call.unsupported(
            f"makes {size[0]}x{size[1]} maps, but only an average of the whole map is supported"
        )

    return _averaged(call, source)


def average_pool(call: Call) -> Value:
    """
    aten.avg_pool2d of the whole map.
    """
    source = call.map("self")
    kernel = call.pair("kernel_size")
    call.expect("padding", 0)
    call.skip("stride", "ceil_mode", "count_include_pad")
    whole = (source.block.height, source.block.width)
    if kernel != whole or call.get("divisor_override", None) is not None:
        raise call.unsupported(
            f"averages {kernel[0]}x{kernel[1]} of a {whole[0]}x{whole[1]} map, but only an average "
            "of the whole map is supported"
        )

    return _averaged(call, source)


def mean(call: Call) -> Value:
    """
    aten.mean over height and width, flattened or not.
    """
    source = call.value("self")
    block, rank = source.block, call.rank("self")
    dims = call.get("dim", None)
    call.skip("keepdim")
    pixels = block.height * block.width
    wanted = {block.shape: [2, 3], (block.channels, pixels): [2]}.get(source.shape)
    given = sorted(dim % rank for dim in dims) if isinstance(dims, list) else None
    if (
        source.averaged
        or source.padding
        or rank != len(source.shape) + 1
        or wanted is None
        or given != wanted
        or call.get("dtype", None) not in (None, FLOAT32)
    ):
        raise call.unsupported("averages something else than height and width of a whole map")

    return _averaged(call, source)


def _averaged(call: Call, source: Value) -> Value:
    if not source.block.filters:
        raise call.unsupported("averages the image, but a SqueezeNet begins with a convolution")

    return Value(source.block, call.shape(), averaged=True)
