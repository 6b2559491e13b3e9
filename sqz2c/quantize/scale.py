"""
Which scale an activation gets: the one that reaches all of its values but a few outliers.
"""

import numpy as np

from sqz2c.ir.tensor import Quantization
from sqz2c.quantize.calibrate import BINS, Histogram

LEVELS = 255
KEPT = 0.99999  # share of the positive values that are not clipped


def output_quantization(histogram: Histogram, relu: bool, least_scale: float) -> Quantization:
    """
    Choose scale and zero point for values like HISTOGRAM's; the scale is at least LEAST_SCALE.

    After a ReLU the zero point is 0. Without one, zero stays exact and the whole range fits.
    """
    if histogram.largest <= 0 and (relu or histogram.smallest >= 0):
        return Quantization(as_float32(max(1.0 / LEVELS, least_scale)), 0)
    if relu:
        return Quantization(as_float32(max(clip_of(histogram) / LEVELS, least_scale)), 0)
    low, high = min(histogram.smallest, 0.0), max(histogram.largest, 0.0)
    scale = as_float32(max((high - low) / LEVELS, least_scale))

    return Quantization(scale, int(np.clip(np.rint(-low / scale), 0, LEVELS)))


def clip_of(histogram: Histogram) -> float:
    """
    Give the value that all but 1 in 100,000 positive values stay below: lonely outliers clip.
    """
    reached = np.cumsum(histogram.counts)
    last_bin = int(np.searchsorted(reached, KEPT * reached[-1]))

    return min(histogram.largest, (last_bin + 1) * histogram.top / BINS)


def as_float32(value: float) -> float:
    """
    Round to float32, never to 0.
    """
    return float(max(np.float32(value), np.finfo(np.float32).smallest_normal))
