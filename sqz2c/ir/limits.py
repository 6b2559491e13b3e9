"""
Limits of the integers: where PyTorch's result depends on neither the engine nor the CPU
(SPEC.md section 2), and where no sum overflows.
"""

import numpy as np

from sqz2c.errors import Sqz2cError
from sqz2c.ir.arithmetic import (
    INT32_MAX,
    INT32_MIN,
    bias_scales,
    integer_bias,
    multipliers,
    sum_bounds,
)
from sqz2c.ir.layer import Conv
from sqz2c.ir.tensor import Quantization, Tensor

SMALLEST_NORMAL = np.float32(2.0**-126)


def check_quantization(name: str, quantization: Quantization) -> None:
    """
    Raise Sqz2cError about NAME unless the scale is a positive float32, the zero point a byte.
    """
    scale, zero_point = quantization.scale, quantization.zero_point
    if not (np.isfinite(scale) and scale > 0 and float(np.float32(scale)) == scale):
        raise Sqz2cError(
            f"{name}: the scale {scale!r} is not a positive finite float32 number."
        )
    if not 0 <= zero_point <= 255:
        raise Sqz2cError(f"{name}: the zero point {zero_point} is outside 0..255.")


def check_integers(conv: Conv, source: Tensor, target: Tensor) -> None:
    """
    Raise Sqz2cError unless CONV's scales give the same bits everywhere and its sums fit int32.
    """
    own = conv.quantization or target.quantization
    if source.quantization is None or own is None:
        raise Sqz2cError(f"{conv.name}: its input or output has no scale.")
    check_quantization(conv.name, own)
    scales = conv.weight_scales
    assert scales is not None
    if scales.dtype != np.float32 or scales.shape not in ((1,), (conv.out_channels,)):
        raise Sqz2cError(f"{conv.name}: weight scales must be float32, one or one a filter.")
    if not (np.isfinite(scales).all() and (scales > 0).all()):
        raise Sqz2cError(f"{conv.name}: weight scales must be positive and finite.")
    smallest = bias_scales(conv, source.quantization).min()
    if smallest < SMALLEST_NORMAL:
        raise Sqz2cError(
            f"{conv.name}: weight scale times input scale is {smallest}, below 2^-126, where "
            "PyTorch's engines differ: train or quantize it with larger scales."
        )
    largest = multipliers(conv, source.quantization, own).max()
    if not largest < 1:
        raise Sqz2cError(
            f"{conv.name}: its multiplier {largest} is not below 1, where PyTorch's engines "
            "differ: give its output a larger scale."
        )
    _check_sums(conv, source.quantization)


def _check_sums(conv: Conv, source: Quantization) -> None:
    """No image can overflow a 32-bit accumulator."""
    bias = integer_bias(conv, source).astype(np.int64)
    lowest, highest = (bias + bound for bound in sum_bounds(conv, source))
    for number in np.flatnonzero((highest > INT32_MAX) | (lowest < INT32_MIN)):
        raise Sqz2cError(
            f"{conv.name}: filter {number} overflows 32-bit sums, because its bias is huge "
            "beside its scale: give it a larger weight scale, or prune it wholly."
        )
