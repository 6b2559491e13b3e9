"""
The float32 steps of SPEC.md section 2 that everybody must take in the same order.
"""

import numpy as np

from sqz2c.ir.layer import Conv
from sqz2c.ir.tensor import Quantization

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1


def bias_scales(conv: Conv, source: Quantization) -> np.ndarray:
    """
    Give bs = sw * sx, float32, one entry a weight scale.
    """
    assert conv.weight_scales is not None
    with np.errstate(over="ignore", under="ignore"):
        return conv.weight_scales.astype(np.float32) * np.float32(source.scale)


def multipliers(conv: Conv, source: Quantization, target: Quantization) -> np.ndarray:
    """
    Give m = bs * (1 / sy), float32, one entry a weight scale.
    """
    with np.errstate(over="ignore", under="ignore"):
        return bias_scales(conv, source) * (np.float32(1.0) / np.float32(target.scale))


def integer_bias(conv: Conv, source: Quantization) -> np.ndarray:
    """
    Give the bias in units of bs as int32 [out_channels], saturated as PyTorch's is.
    """
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        scaled = conv.bias * (np.float32(1.0) / bias_scales(conv, source))
    rounded = np.rint(scaled).astype(np.float64)

    return np.clip(rounded, INT32_MIN, INT32_MAX).astype(np.int32)


def folded_bias(conv: Conv, zero_point: int) -> np.ndarray:
    """
    Give the bias for sums of raw inputs, int32 [out_channels], modulo 2^32: the requantizer's bias
    less the zero point times the (lifted) sum of the filter's weights. The padding holds the zero
    point then.
    """
    assert conv.requantizer is not None
    sums = conv.weights.reshape(conv.out_channels, -1).astype(np.int64).sum(axis=1)
    folded = conv.requantizer.bias - (zero_point * sums << conv.requantizer.lift)

    return folded.astype(np.uint32).view(np.int32)


def sum_bounds(conv: Conv, source: Quantization) -> tuple[np.ndarray, np.ndarray]:
    """
    Give the lowest and highest sum of (x - zero_point) * w, int64 [out_channels], over any inputs
    x of 0..255; positions in the padding add nothing and lie inside.
    """
    weights = conv.weights.reshape(conv.out_channels, -1).astype(np.int64)
    positive = np.maximum(weights, 0).sum(axis=1)
    negative = np.minimum(weights, 0).sum(axis=1)
    above, below = 255 - source.zero_point, -source.zero_point

    return positive * below + negative * above, positive * above + negative * below
