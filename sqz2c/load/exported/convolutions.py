"""
Operations that become convolutions: aten.conv2d and linear layers, before or behind the average.
"""

from dataclasses import replace

import numpy as np

from sqz2c.ir.geometry import conv_side
from sqz2c.load.exported.call import Call
from sqz2c.load.exported.values import Block, Filters, Value


def convolution(call: Call) -> Value:
    """
    aten.conv2d, also with padding "same" or "valid", and aten.convolution.
    """
    source = call.value("input")
    weights, bias = call.constant("weight"), call.constant("bias", None)
    if weights is None or weights.ndim != 4 or call.flag("transposed"):
        raise call.unsupported("is no plain two-dimensional convolution")
    call.expect("groups", 1)
    call.expect("dilation", 1)
    call.skip("output_padding")
    stride, padding = call.side("stride", 1), _padding(call, weights, source)

    return _convolved(call, source, weights, bias, stride, padding)


def _padding(call: Call, weights: np.ndarray, source: Value) -> int:
    given = call.get("padding", 0)
    if given == "valid":
        return source.padding
    if given == "same":
        total = {side - 1 for side in weights.shape[2:]}
        if len(total) > 1 or max(total) % 2:
            raise call.error(
                f'has padding "same" for filters of {weights.shape[2]}x{weights.shape[3]}, '
                "which is not the same on all sides: use square filters of an odd size"
            )
        return source.padding + max(total) // 2

    return source.padding + call.side("padding", 0)


def _convolved(
    call: Call,
    source: Value,
    weights: np.ndarray,
    bias: np.ndarray | None,
    stride: int,
    padding: int,
) -> Value:
    outputs, inputs, *kernel = weights.shape
    if source.averaged:
        # A linear map commutes with the average, so it can come before it.
        if tuple(kernel) != (1, 1) or stride != 1 or padding or not source.is_channels:
            raise call.unsupported(
                "follows the average, where only 1x1 filters of stride 1 without padding can be"
            )
    elif not source.is_map:
        raise call.unsupported("reads a flattened map, which is not supported")
    block = source.block
    if inputs != block.channels:
        raise call.error(
            f"takes {inputs} channels, but the layers before give {block.channels}"
        )
    bias = np.zeros(outputs) if bias is None else bias
    filters = Filters(call.node.place, weights, bias, stride, padding)
    height, width = (
        conv_side(side, size, stride, padding) if stride > 0 else 0
        for side, size in zip((block.height, block.width), kernel, strict=True)
    )
    if min(height, width) < 1 or padding < 0:
        raise call.unsupported("has a window that does not fit its input")
    result = Block(block, (filters,), outputs, (height, width))
    shape = (outputs, *source.shape[1:]) if source.averaged else result.shape

    return Value(result, shape, source.averaged)


def linear(call: Call) -> Value:
    """
    aten.linear: behind the average 1x1 filters before it, otherwise filters of the whole map.
    """
    return _linear(
        call, call.value("input"), call.constant("weight"), call.constant("bias", None)
    )


def addmm(call: Call) -> Value:
    """
    aten.addmm(bias, x, transposed weights), which PyTorch's decompositions make of aten.linear.
    """
    for factor in ("beta", "alpha"):
        call.expect(factor, 1)
    weights = call.constant("mat2")

    return _linear(call, call.value("mat1"), _transposed(weights), call.constant("self"))


def mm(call: Call) -> Value:
    """
    aten.mm(x, transposed weights).
    """
    return _linear(call, call.value("self"), _transposed(call.constant("mat2")), None)


def _transposed(weights: np.ndarray | None) -> np.ndarray | None:
    return None if weights is None else weights.T


def _linear(
    call: Call, source: Value, weights: np.ndarray | None, bias: np.ndarray | None
) -> Value:
    if weights is None or weights.ndim != 2 or len(source.shape) != 1:
        raise call.error("is no linear layer of a flattened map: flatten it first")
    if source.padding:
        raise call.unsupported("reads a padded map, which is not supported")
    if weights.shape[1] != source.shape[0]:
        raise call.error(f"takes {weights.shape[1]} values, but gets {source.shape[0]}")
    block = source.block
    window = (1, 1) if source.averaged else (block.height, block.width)
    filters = weights.reshape(len(weights), block.channels, *window)
    shape = (block.channels, *window) if source.averaged else block.shape
    result = _convolved(call, Value(block, shape, source.averaged), filters, bias, 1, 0)

    return replace(result, shape=(len(weights),))
