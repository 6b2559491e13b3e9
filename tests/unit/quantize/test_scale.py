"""
Scales of activations: all but a few outliers in range, and the edges.
"""

import numpy as np
import pytest
import torch

from sqz2c.quantize.calibrate import BINS, EMPTY, Histogram, _add
from sqz2c.quantize.scale import as_float32, clip_of, output_quantization


def histogram(values) -> Histogram:
    return _add(EMPTY, torch.from_numpy(np.asarray(values, np.float32)), "test")


def test_few_values_are_not_clipped():
    """Below 100,000 values the largest one decides, exactly."""
    values = np.linspace(0.001, 3.0, 2000)
    assert np.float32(3.0) == clip_of(histogram(values))


def test_lonely_outliers_are_clipped():
    """A few values far out do not cost all others their resolution; 0 is not counted."""
    values = np.concatenate(
        [np.linspace(0.001, 3.0, 400_000), [9.0, 9.5, 10.0], np.zeros(10**6)]
    )
    assert abs(clip_of(histogram(values)) - 3.0) <= 16 / BINS


def test_what_is_less_lonely_is_kept():
    """More than 1 in 100,000 values decide the scale."""
    values = np.concatenate([np.linspace(0.001, 3.0, 400_000), np.full(5, 10.0)])
    assert abs(clip_of(histogram(values)) - 10.0) <= 16 / BINS


def test_after_a_relu_the_zero_point_is_0():
    """Positive values use all 255 steps."""
    found = output_quantization(histogram([0.0, 0.5, 2.55]), relu=True, least_scale=0.0)
    assert 0 == found.zero_point
    assert float(np.float32(found.scale)) == found.scale


@pytest.mark.parametrize(("low", "high"), [(-1.0, 3.0), (-2.0, -1.0), (0.5, 2.0)])
def test_without_a_relu_the_range_holds_zero_and_both_ends(low, high):
    """Zero is exact, low and high are reached within a step."""
    found = output_quantization(histogram([low, high]), relu=False, least_scale=0.0)
    ends = np.array([min(low, 0), max(high, 0)])
    reached = found.scale * (np.array([0, 255]) - found.zero_point)
    assert np.abs(ends - reached).max() <= found.scale
    assert 0 <= found.zero_point <= 255


def test_a_dead_tensor_still_gets_a_scale():
    """A tensor that is always 0 is quantized with 1/255."""
    for relu in (True, False):
        found = output_quantization(histogram([0.0, 0.0]), relu=relu, least_scale=0.0)
        assert (as_float32(1 / 255), 0) == (found.scale, found.zero_point)


def test_the_least_scale_is_kept():
    """A multiplier stays below 1 even where outputs are tiny."""
    found = output_quantization(histogram([0.1, 0.2]), relu=True, least_scale=0.5)
    assert 0.5 == found.scale


def test_a_scale_is_never_0():
    """The smallest normal float32 is the least."""
    assert 2.0**-126 == as_float32(1e-300)
