"""
Float to integers: what is folded where, which numbers come out, and how close they stay.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sqz2c.errors import QuantizeError
from sqz2c.ir.check import check_graph
from sqz2c.ir.graph import Graph, Preprocessing
from sqz2c.ir.layer import PixelTable
from sqz2c.ir.tensor import Quantization
from sqz2c.quantize import attach_requantizers
from sqz2c.quantize.affine import can_fold, quantize_filters, to_integers
from sqz2c.quantize.calibrate import calibrate, run_float
from sqz2c.quantize.fixed_point import MULTIPLIER_END
from sqz2c.verify.reference import Reference
from tests.unit.quantize.float_graphs import bypassed, pictures, tiny, with_conv

IMAGES = pictures()
HELD_OUT = pictures(seed=77)


def integers(graph: Graph, **options) -> Graph:
    return to_integers(graph, calibrate(graph, IMAGES), **options)


def real_logits(quantized: Graph, images) -> np.ndarray:
    source = quantized.tensor(quantized.head.input)
    pixels = source.height * source.width
    sums = np.stack([Reference(quantized)(image)["average"] for image in images])
    return (sums - pixels * source.quantization.zero_point) * source.quantization.scale / pixels


def float_logits(graph: Graph, images) -> np.ndarray:
    return list(run_float(graph, torch.from_numpy(np.stack(images))))[-1][1].flatten(1).numpy()


def relative_error(graph: Graph, **options) -> float:
    expected = float_logits(graph, HELD_OUT)
    actual = real_logits(integers(graph, **options), HELD_OUT)
    return float(np.abs(actual - expected).mean() / np.abs(expected).max())


SHARED = replace(tiny(), preprocessing=Preprocessing((120.0, 110.0, 100.0), (50.0,) * 3))


def shared(graph: Graph) -> Graph:
    """GRAPH with the first layer's weights out of a codebook of 9."""
    weights = np.clip(np.rint(graph.convs[0].weights * 12) / 12, -4 / 12, 4 / 12)
    return with_conv(graph, "conv1", weights=weights.astype(np.float32))


@pytest.mark.parametrize("per_filter", [True, False])
@pytest.mark.parametrize(
    "graph",
    [
        tiny(), tiny(padding=1), tiny(head_relu=False), tiny(channels=1), shared(tiny()),
        bypassed(), bypassed(plain=True),
    ],
    ids=["folded", "padded", "no relu", "gray", "shared", "complex bypass", "simple bypass"],
)
def test_integers_stay_close_to_float(graph, per_filter):
    """Folded or through a table, logits differ by less than 2 % of the largest."""
    images = pictures(channels=graph.image.channels)
    quantized = to_integers(graph, calibrate(graph, images), per_filter=per_filter)
    check_graph(quantized)
    expected = float_logits(graph, images)
    error = np.abs(real_logits(quantized, images) - expected).mean()
    assert error < 0.02 * np.abs(expected).max()


def test_raw_pixels_go_in_where_the_preprocessing_folds():
    """Without padding the first layer reads pixels of scale 1; mean and std are gone."""
    quantized = integers(tiny())
    assert Quantization(1.0, 0) == quantized.image.quantization
    assert "pixels" == quantized.convs[0].input
    assert quantized.preprocessing is None


def test_the_mean_is_folded_with_the_rounded_weights():
    """A picture that equals the mean gives exactly the bias, whatever rounding did."""
    mean = Preprocessing((120.0, 110.0, 100.0), (60.0, 50.0, 40.0))
    graph = replace(tiny(), preprocessing=mean)
    conv = integers(graph, correct_bias=False).convs[0]
    steps = conv.weights.astype(np.float64) * conv.weight_scales.astype(np.float64)
    outputs = (steps.sum(axis=(2, 3)) @ np.array(mean.mean)) + conv.bias
    np.testing.assert_allclose(graph.convs[0].bias, outputs, atol=1e-5)


@pytest.mark.parametrize(
    ("graph", "folds"),
    [
        (tiny(), True),
        (tiny(padding=1), False),
        (shared(tiny()), False),
        (shared(SHARED), True),
        (shared(tiny(channels=1)), True),
    ],
    ids=["plain", "padded", "shared", "shared, one std", "gray"],
)
def test_padding_and_codebooks_take_the_table(graph, folds):
    """Padding, and a codebook under different stds, go through a table; all else folds."""
    assert folds == can_fold(graph)
    first = integers(graph).layers[0] if graph.image.channels == 3 else None
    if first is not None:
        assert folds == (not isinstance(first, PixelTable))


def test_a_codebook_stays_a_codebook():
    """As many values come out as went in."""
    graph = shared(tiny())
    before = len(np.unique(graph.convs[0].weights))
    assert before == len(np.unique(integers(graph).convs[0].weights))


def test_the_table_covers_all_pixels_and_holds_zero_exactly():
    """0 and 255 of every channel are in range; padding's zero is the zero point."""
    quantized = integers(tiny(padding=1))
    table = quantized.layers[0].table
    source = quantized.tensor("input").quantization
    real = (table.astype(float) - source.zero_point) * source.scale
    expected = (np.arange(256) - np.array([[120.0], [110], [100]])) / np.array(
        [[60.0], [50], [40]]
    )
    assert np.abs(real - expected).max() <= 0.51 * source.scale
    assert "input" == quantized.convs[0].input


def test_weights_are_symmetric_int8_of_the_largest():
    """scale = max / 127 in float32, per layer or per filter; -128 is not used."""
    graph = tiny()
    squeeze = graph.convs[1]
    scale = np.float32(np.abs(squeeze.weights).max() / 127)
    one = integers(graph).convs[1]
    assert [scale] == one.weight_scales.tolist()
    assert np.rint(squeeze.weights / scale).astype(np.int8).tolist() == one.weights.tolist()
    many = integers(graph, per_filter=True).convs[1]
    assert (4,) == many.weight_scales.shape
    assert [127] * 4 == np.abs(many.weights).reshape(4, -1).max(axis=1).tolist()


def test_filters_that_are_all_zero_take_1_127():
    """A pruned filter, and a pruned layer, have a scale that does no harm."""
    graph = tiny()
    weights = graph.convs[1].weights.copy()
    weights[2] = 0
    many = integers(with_conv(graph, "fire2/squeeze", weights=weights), per_filter=True)
    assert np.float32(1 / 127) == many.convs[1].weight_scales[2]
    none = integers(with_conv(graph, "fire2/squeeze", weights=0 * weights))
    assert [np.float32(1 / 127)] == none.convs[1].weight_scales.tolist()


def test_expands_share_a_scale_and_pools_keep_theirs():
    """Concatenation and pooling cost nothing: no convolution has a scale of its own."""
    quantized = integers(tiny())
    assert all(conv.quantization is None for conv in quantized.convs)
    assert quantized.tensor("conv1").quantization == quantized.tensor("pool1").quantization
    assert {0} == {t.quantization.zero_point for t in quantized.tensors}


def test_a_head_without_relu_gets_a_zero_point():
    """Negative logits are in range."""
    quantized = integers(tiny(head_relu=False))
    assert 0 < quantized.tensor("conv3").quantization.zero_point < 255


def test_a_sum_has_a_scale_of_its_own():
    """Of what a convolution without ReLU makes and its sum, values below 0 are in range."""
    simple, convolved = integers(bypassed(plain=True)), integers(bypassed())
    for graph, signed in ((simple, set()), (convolved, {"fire2/bypass", "fire2/add"})):
        assert signed == {t.name for t in graph.tensors if t.quantization.zero_point}
        assert graph.tensor("fire2").quantization != graph.tensor("fire2/add").quantization


def test_bias_correction_takes_out_the_mean_error():
    """Rounded weights leave the expected output of each filter as it was."""
    graph = tiny()
    conv = graph.convs[4]
    expected = np.random.default_rng(1).uniform(0, 3, conv.in_channels)
    rounded = quantize_filters(conv, expected, np.zeros(conv.in_channels), per_filter=False)
    step = float(rounded.weight_scales[0])
    before = conv.weights.sum(axis=(2, 3)) @ expected + conv.bias
    after = (rounded.weights * step).sum(axis=(2, 3)) @ expected + rounded.bias
    np.testing.assert_allclose(before, after, atol=1e-5)


def test_bias_correction_helps():
    """Over several networks the mean error of the logits shrinks."""
    plain = [relative_error(tiny(seed), correct_bias=False) for seed in range(8)]
    corrected = [relative_error(tiny(seed)) for seed in range(8)]
    assert sum(corrected) < 0.9 * sum(plain)


def test_a_multiplier_never_reaches_1():
    """An output far smaller than its input's steps gets a coarser scale instead."""
    graph = tiny()
    weights = graph.convs[1].weights
    tiny_outputs = with_conv(
        graph, "fire2/squeeze", weights=np.abs(weights), bias=np.full(4, -9.0, np.float32)
    )
    check_graph(integers(tiny_outputs))


def test_the_same_input_gives_the_same_numbers():
    """Nothing is random."""
    first, second = integers(tiny()), integers(tiny())
    assert first.tensors == second.tensors
    for one, other in zip(first.convs, second.convs, strict=True):
        assert one.weights.tolist() == other.weights.tolist()
        assert one.bias.tolist() == other.bias.tolist()


def test_what_cannot_be_quantized_is_refused():
    """A graph of integers, and weights below float32's scales."""
    graph = tiny()
    ranges = calibrate(graph, IMAGES)
    with pytest.raises(QuantizeError, match="already is"):
        to_integers(integers(graph), ranges)
    small = with_conv(graph, "conv3", weights=graph.convs[4].weights * np.float32(1e-44))
    with pytest.raises(QuantizeError, match=r"conv3: (its weights are too small|weight scale)"):
        to_integers(small, ranges)


def test_integers_that_are_not_legal_are_refused():
    """A bias that no sum can hold names its layer and filter."""
    graph = tiny()
    huge = with_conv(graph, "conv3", bias=np.full(5, 3e38, np.float32))
    with pytest.raises(QuantizeError, match="conv3: filter 0 overflows 32-bit sums"):
        to_integers(huge, calibrate(graph, IMAGES))


def test_steps_that_were_chosen_before_are_kept() -> None:
    """Weights on a grid come back as its integers, its step as their scale."""
    step = np.float32(0.037)
    graph = replace(tiny(), preprocessing=Preprocessing((120.0, 110.0, 100.0), (1.0, 1.0, 1.0)))
    whole = {
        conv.name: np.clip(np.rint(conv.weights / step), -9, 9).astype(np.int8)
        for conv in graph.convs
    }
    for name, values in whole.items():
        graph = with_conv(graph, name, weights=values.astype(np.float32) * step)
    quantized = integers(graph, steps=dict.fromkeys(whole, float(step)))

    for conv in quantized.convs:
        assert np.array_equal(whole[conv.name], conv.weights), conv.name
        assert [step] == conv.weight_scales.tolist()


def test_coarse_weights_get_a_finer_scale_where_that_rescales_in_fewer_instructions() -> None:
    """The same values as larger integers, twice while the multiplier is too large, within int8."""
    graph = tiny()
    steps = {conv.name: float(np.abs(conv.weights).max()) / 5 for conv in graph.convs[1:]}
    quantized = attach_requantizers(integers(graph, steps=steps, correct_bias=False))

    for before, conv in zip(graph.convs[1:], quantized.convs[1:], strict=True):
        times = steps[conv.name] / float(conv.weight_scales[0])
        largest = int(np.abs(conv.weights.astype(int)).max())
        assert np.log2(times) == pytest.approx(round(np.log2(times)), abs=1e-4)
        np.testing.assert_array_equal(
            np.rint(before.weights / steps[conv.name]) * round(times), conv.weights
        )
        if times < 1.5:
            assert conv.requantizer.multiplier.max() < MULTIPLIER_END
        else:
            assert largest <= 127
            assert conv.requantizer.multiplier.max() >= MULTIPLIER_END / 2 or 4 * largest > 254
    assert any(
        steps[conv.name] > 1.5 * float(conv.weight_scales[0]) for conv in quantized.convs[1:]
    )
