"""
Scales of activations: the least squared error, and the edges.
"""

import numpy as np
import pytest
import torch

from sqz2c.quantize.calibrate import EMPTY, Histogram, _add
from sqz2c.quantize.scale import as_float32, best_clip, output_quantization


def histogram(values) -> Histogram:
    return _add(EMPTY, torch.from_numpy(np.asarray(values, np.float32)), "test")


def error(values: np.ndarray, clip: float) -> float:
    scale = clip / 255
    return float(np.sum((values - np.minimum(np.rint(values / scale), 255) * scale) ** 2))


def test_an_even_spread_is_not_clipped():
    """Where all values are equally likely the largest one decides."""
    values = np.linspace(0.001, 3.0, 200_000)
    assert abs(best_clip(histogram(values)) - 3.0) < 0.02


def test_a_lonely_outlier_is_clipped():
    """One value far out does not cost all others their resolution."""
    values = np.abs(np.random.default_rng(1).normal(0, 1, 500_000))
    values[0] = 10.0
    clip = best_clip(histogram(values))
    assert clip < 6
    tried = [error(values, c) for c in np.linspace(2.6, 10, 60)]
    assert error(values, clip) < 1.02 * min(tried)


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
