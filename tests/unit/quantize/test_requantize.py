"""
The C gives float32's results in every form, and each layer gets the cheapest that is proved.
"""

import numpy as np
import pytest

from benchmarks.requantize import CRequantizer, Scaling, fixed_scaling, usual_span
from sqz2c.errors import QuantizeError
from sqz2c.ir.arithmetic import sum_bounds
from sqz2c.quantize import attach_requantizers
from sqz2c.quantize.fixed_point import Reach
from sqz2c.quantize.requantize import CHECKED_EXPONENTS, CHECKED_MOST, fit, requantizer_of
from sqz2c.quantize.rescaling import Rescaling
from tests.networks import Member, build
from tests.unit.quantize.rescalings import (
    INT32_MAX,
    INT32_MIN,
    ONE,
    interesting,
    multiplier,
    random_rescalings,
)


@pytest.fixture(scope="module")
def in_c(tmp_path_factory: pytest.TempPathFactory) -> CRequantizer:
    return CRequantizer(tmp_path_factory.mktemp("requantize"))


@pytest.mark.parametrize("exponent", range(1, ONE + 1))
def test_c_forms_equal_float32(in_c: CRequantizer, exponent: int) -> None:
    """All three forms of the C, for every exponent of m (1.0 is a quantized average's)."""
    rng = np.random.default_rng(exponent)
    mantissas = {0, 1, 0x7FFFFF, *(int(v) for v in rng.integers(0, 2**23, 3))}
    for mantissa in mantissas if exponent < ONE else {0}:
        m = multiplier(exponent, mantissa)
        for zero_point, low in ((0, 0), (int(rng.integers(1, 256)), 0), (117, 117)):
            rescaling = Rescaling(m, zero_point, low)
            forms = [Scaling("exact", rescaling)]
            if 126 - exponent in CHECKED_EXPONENTS:
                forms.append(Scaling("checked", rescaling))
            fixed = fixed_scaling(rescaling, usual_span(m)) if exponent < ONE else None
            if fixed is not None:
                forms.append(fixed)
            acc = interesting(rescaling, seed=mantissa)
            for scaling in forms:
                inside = acc[(acc >= scaling.span[0]) & (acc <= scaling.span[1])]
                expected = rescaling.apply(inside)
                assert np.array_equal(expected, in_c.apply(scaling, inside)), scaling


def test_c_forms_equal_float32_near_every_tie(in_c: CRequantizer) -> None:
    """Where m is a power of two, ties are everywhere; all of them are to even."""
    acc = np.arange(-(2**17), 2**17).astype(np.int32)
    for k in range(1, 12):
        for zero_point in (0, 128):
            rescaling = Rescaling(np.float32(2.0**-k), zero_point, 0)
            expected = rescaling.apply(acc)
            assert np.array_equal(expected, in_c.apply(Scaling("exact", rescaling), acc))
            if 126 - (ONE - k) in CHECKED_EXPONENTS:
                checked = Scaling("checked", rescaling)
                assert np.array_equal(expected, in_c.apply(checked, acc))


def test_fixed_in_c_is_right_for_every_accumulator_of_a_span(in_c: CRequantizer) -> None:
    """What the proof says of a whole span, counted in C."""
    found = 0
    for rescaling in random_rescalings(30, seed=5):
        largest = int(min(2**19, 700 / float(rescaling.m)))
        scaling = fixed_scaling(rescaling, (-largest, largest))
        if scaling is not None:
            found += 1
            assert (0, 0) == in_c.compare(scaling, -largest, largest + 1)
    assert found > 10


def test_float32_in_numpy_and_in_c_are_the_same(in_c: CRequantizer) -> None:
    """The benchmark's definition in C is this page's: it agrees over whole ranges."""
    for rescaling in random_rescalings(8, seed=3):
        assert (0, 0) == in_c.compare(Scaling("exact", rescaling), -20000, 20000)
    quarter = Rescaling(np.float32(0.25), 3, 0)
    shifted = Scaling("fixed", quarter, factor=2**30, start=3 * 2**12, lift=10)  # floor, not round
    assert (0, 0) == in_c.compare(Scaling("exact", quarter), -100, 100)
    assert 0 < in_c.compare(shifted, -100, 100)[0]


def fitted_form(*m: float, largest: int = 2**20) -> str:
    rescalings = [Rescaling(np.float32(value), 0, 0) for value in m]
    reach = Reach(*(np.full(len(m), v, np.int64) for v in (0, -largest, largest)))

    return fit("layer", rescalings, reach).form


def test_cheapest_proved_form_is_taken() -> None:
    """Fixed where every filter has a fit, else checked, else (outside its range of m) exact."""
    assert "fixed" == fitted_form(0.0123)
    assert "fixed" == fitted_form(0.0123, 0.04, 0.0999)
    assert "fixed" == fitted_form(0.0123, 1e-9)  # which moves no output
    assert "checked" == fitted_form(0.0123, 0.00033)
    assert "checked" == fitted_form(0.0123, 0.4)
    assert "exact" == fitted_form(0.00033, 0.75)
    assert "exact" == fitted_form(0.4, 1e-9)


@pytest.mark.parametrize("more, form", [(0, "checked"), (1, "exact")])
def test_sums_of_form_checked_have_room_for_rounding_and_zero_point(more: int, form: str) -> None:
    """Kernels begin sums with both, so these must not leave int32 in any filter."""
    rescalings = [Rescaling(np.float32(m), 0, 0) for m in (0.0123, 0.00033)]
    highest = CHECKED_MOST - 77 + more
    reach = Reach(*np.array([[0, 77], [-(2**20), -(2**20)], [2**20, highest]]))

    assert form == fit("layer", rescalings, reach).form


def test_other_forms_keep_the_bias() -> None:
    """Only form "fixed" lifts accumulators and has its rounding inside the bias."""
    reach = Reach(*(np.array([v], np.int64) for v in (77, -(2**20), 2**20)))
    checked = fit("layer", [Rescaling(np.float32(0.00033), 0, 0)], reach)
    fixed = fit("layer", [Rescaling(np.float32(0.0123), 0, 0)], reach)

    assert ("checked", 0, [77]) == (checked.form, checked.lift, checked.bias.tolist())
    assert ("fixed", 8) == (fixed.form, fixed.lift)
    assert abs(fixed.bias[0] - 256 * (77 + 0.5 / 0.0123)) < 256


@pytest.mark.parametrize("zero_point, low", [(0, 0), (9, 9), (9, 0), (255, 0)])
def test_a_filter_of_zeros_pushes_no_layer_into_a_slower_form(
    zero_point: int, low: int, in_c: CRequantizer
) -> None:
    """Beside a filter without a fit, its tiny scale and huge bias become usual ones."""
    beside = Rescaling(np.float32(0.00033), zero_point, low)
    for bias in (INT32_MIN, -4, 0, 300, INT32_MAX):
        for m in (2.0**-23, 0.75, 0.0123):
            zeros = Rescaling(np.float32(m), zero_point, low)
            reach = Reach(*np.array([[77, bias], [-(2**20), 0], [2**20, 0]]))
            found = fit("layer", [beside, zeros], reach)
            again = Rescaling(found.multiplier[1], zero_point, low)
            acc = found.bias[1:]

            assert ("checked", 77, beside.m) == (found.form, found.bias[0], found.multiplier[0])
            assert np.array_equal(zeros.apply(reach.bias[1:]), again.apply(acc))
            assert np.array_equal(again.apply(acc), in_c.apply(Scaling("checked", again), acc))


@pytest.mark.parametrize("m", [0.0, 1.0, 1.5, -0.5, np.inf, np.nan])
def test_multipliers_outside_zero_to_one_are_refused(m: float) -> None:
    """Engines differ from 1 on; the error names the layer and what to do."""
    with pytest.raises(QuantizeError, match="layer: its rescaling factor must lie between"):
        fitted_form(0.5, m)


def test_sums_stay_within_their_bounds_and_reach_them() -> None:
    """The bounds of a filter's sums are those of the inputs that are worst for it."""
    graph = build(Member(zero_points=True))
    conv = graph.convs[3]
    source = graph.tensor(conv.input).quantization
    weights = conv.weights.reshape(conv.out_channels, -1).astype(np.int64)
    lowest, highest = sum_bounds(conv, source)
    for number, row in enumerate(weights):
        worst = np.where(row > 0, 0, 255) - source.zero_point
        best = np.where(row > 0, 255, 0) - source.zero_point
        assert (lowest[number], highest[number]) == (worst @ row, best @ row)
        assert lowest[number] <= 0 <= highest[number]  # nothing but padding


def test_every_convolution_gets_a_requantizer() -> None:
    """One entry a tensor or a filter, an int32 bias; other layers stay as they are."""
    graph = build(Member(per_filter=True, vanishing=True))
    done = attach_requantizers(graph)

    for before, conv in zip(graph.convs, done.convs, strict=True):
        assert conv.requantizer is not None
        assert conv.weight_scales.shape == conv.requantizer.multiplier.shape
        assert (conv.out_channels,) == conv.requantizer.bias.shape
        assert conv.weights is before.weights
    assert [type(layer) for layer in graph.layers] == [type(layer) for layer in done.layers]


def test_a_float_network_has_no_requantizer() -> None:
    """What is not quantized is refused by the layer's name."""
    graph = build(Member())
    tensors = tuple(
        t if t.name != "fire2" else type(t)(t.name, t.height, t.width, t.channels)
        for t in graph.tensors
    )
    broken = type(graph)(tensors, graph.layers, graph.order)

    with pytest.raises(QuantizeError, match="fire2/expand1x1: not quantized yet"):
        requantizer_of(broken, graph.convs[2])
