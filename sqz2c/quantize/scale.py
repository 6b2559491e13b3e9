"""
Which scale an activation gets: the one with the least squared error over its histogram.
"""

import numpy as np

from sqz2c.ir.tensor import Quantization
from sqz2c.quantize.calibrate import BINS, Histogram

LEVELS = 255
CANDIDATES = 128  # clipping points tried between CLIP_FROM and the largest value seen
CLIP_FROM = 0.25


def output_quantization(histogram: Histogram, relu: bool, least_scale: float) -> Quantization:
    """
    Choose scale and zero point for values like HISTOGRAM's; the scale is at least LEAST_SCALE.

    After a ReLU the zero point is 0. Without one, zero stays exact and the whole range fits.
    """
    if histogram.largest <= 0 and (relu or histogram.smallest >= 0):
        return Quantization(as_float32(max(1.0 / LEVELS, least_scale)), 0)
    if relu:
        return Quantization(as_float32(max(best_clip(histogram) / LEVELS, least_scale)), 0)
    low, high = min(histogram.smallest, 0.0), max(histogram.largest, 0.0)
    scale = as_float32(max((high - low) / LEVELS, least_scale))

    return Quantization(scale, int(np.clip(np.rint(-low / scale), 0, LEVELS)))


def best_clip(histogram: Histogram) -> float:
    """
    Find the value at which clipping and rounding errors are least together.
    """
    filled = np.flatnonzero(histogram.counts)
    centres = (filled + 0.5) * (histogram.top / BINS)
    counts = histogram.counts[filled].astype(np.float64)
    clips = histogram.largest * np.linspace(CLIP_FROM, 1.0, CANDIDATES)
    errors = [_squared_error(centres, counts, clip / LEVELS) for clip in clips]

    return float(clips[int(np.argmin(errors))])


def _squared_error(values: np.ndarray, counts: np.ndarray, scale: float) -> float:
    rounded = np.minimum(np.rint(values / scale), LEVELS) * scale

    return float(np.dot(counts, (values - rounded) ** 2))


def as_float32(value: float) -> float:
    """
    Round to float32, never to 0.
    """
    return float(max(np.float32(value), np.finfo(np.float32).smallest_normal))
