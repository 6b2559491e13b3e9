"""
A whole small network: sizes, losses, and the search for a price.
"""

from functools import cache

import numpy as np
import pytest
import torch

from sqz2c.compress import START, Result, Sample, corrected, run_pass, take_sample
from sqz2c.compress.network import Walk, divergence
from sqz2c.errors import CompressError
from sqz2c.ir.layer import Conv
from tests.unit.quantize.float_graphs import pictures, tiny

PRICES = (START, 30 * START, 900 * START)


@cache
def sample() -> Sample:
    return take_sample(tiny(), pictures())


@cache
def result(price: float) -> Result:
    return run_pass(sample(), price, {})


def test_bits_fall_and_loss_grows_with_the_price() -> None:
    """Dearer bits: fewer of them, and answers that are further off."""
    results = [result(price) for price in PRICES]

    assert results[0].bits > results[1].bits > results[2].bits
    assert results[0].loss < results[1].loss < results[2].loss


def test_weights_are_whole_steps() -> None:
    """Each layer's weights are its integers times its step, to the last bit of float32."""
    for name, layer in result(START).layers.items():
        expected = layer.integers.astype(np.float32) * np.float32(layer.step)
        assert np.array_equal(expected, layer.conv.weights), name
        assert np.float32(layer.step) == layer.step


def test_the_same_sample_gives_the_same_result() -> None:
    """Nothing is random that is not seeded."""
    again = run_pass(take_sample(tiny(), pictures()), START, {})

    for name, layer in result(START).layers.items():
        assert np.array_equal(layer.integers, again.layers[name].integers)
        assert np.array_equal(layer.conv.bias, again.layers[name].conv.bias)


def test_biases_keep_the_mean_of_every_filter() -> None:
    """
    On the sample, the mean before the ReLU, places weighted as they count, stays; without
    correction it moves.
    """
    coarse = result(PRICES[1])
    images = sample().pictures
    exact, rough = Walk(tiny(), images), Walk(tiny(), images)
    first = tiny().convs[0]
    changed = coarse.layers[first.name].conv
    places = sample().sensitivity[first.name].places
    means = []
    for walk, conv in ((exact, first), (rough, changed)):
        x = walk.tensors[conv.input]
        for bias in (conv.bias, first.bias):
            y = torch.nn.functional.conv2d(
                x, torch.from_numpy(conv.weights), torch.from_numpy(bias), conv.stride
            )
            means.append((y * places.unsqueeze(1)).mean((0, 2, 3)))
    expected, _, corrected_mean, plain = means

    assert (corrected_mean - expected).abs().max() < 1e-4
    assert (plain - expected).abs().max() > 1e-2


def test_measured_importance_replaces_what_gradients_foretold() -> None:
    """Layers keep their places, and at least one its importance: the middle one."""
    before, after = sample(), corrected(sample(), result(START))

    ratios = [
        after.sensitivity[name].importance / known.importance
        for name, known in before.sensitivity.items()
    ]
    assert min(abs(ratio - 1) for ratio in ratios) < 1e-9
    assert max(ratios) > 1.1
    assert min(ratios) < 0.9


def test_a_fork_leaves_no_trace() -> None:
    """After a copy with other weights was run to its end, the walk gives what it would have."""
    graph, images = tiny(), sample().pictures
    expected = Walk(graph, images).finish()
    walk = Walk(graph, images)
    for layer in graph.layers:
        other = walk.fork()
        if isinstance(layer, Conv):
            zero = np.zeros_like(layer.weights)
            other.take(Conv(**{**vars(layer), "weights": zero}))
        other.finish()
        walk.take(layer)

    assert torch.equal(expected, walk.logits())


def test_divergence_of_equal_answers_is_zero() -> None:
    """And of others above it."""
    logits = torch.tensor([[1.0, 2.0], [0.0, -1.0]])

    assert 0 == divergence(logits, logits + 3)
    assert 0.1 < divergence(logits, -logits)


def test_no_pictures_are_refused() -> None:
    """There is nothing to measure on."""
    with pytest.raises(CompressError, match="needs sample pictures"):
        take_sample(tiny(), [])


def test_of_many_pictures_evenly_spaced_ones_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most MOST, from the first on."""
    monkeypatch.setattr("sqz2c.compress.sample.MOST", 7)
    taken = take_sample(tiny(), pictures()).pictures

    assert np.array_equal(np.stack(pictures()[::3]), taken.numpy())
