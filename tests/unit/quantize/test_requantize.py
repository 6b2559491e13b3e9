"""
Rescaling by integers equals float32 for every int32 accumulator: the fitted form by its proof,
the C forms by comparison.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.requantize import CRequantizer, Scaling
from sqz2c.errors import QuantizeError
from sqz2c.ir.tensor import Quantization
from sqz2c.quantize import attach_requantizers
from sqz2c.quantize.requantize import (
    CHECKED_EXPONENTS,
    fit,
    fit_fixed,
    is_fixed_right,
    requantizer_of,
    rescale,
    thresholds,
)
from tests.networks import Member, build

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
ONE = 127  # exponent field of 1.0


def multiplier(exponent: int, mantissa: int) -> np.float32:
    """
    The float32 with these fields.
    """
    return np.array([exponent << 23 | mantissa], np.uint32).view(np.float32)[0]


def multipliers_below_one() -> st.SearchStrategy[np.float32]:
    """
    Every normal float32 in (0, 1), simple mantissas often.
    """
    simple = st.sampled_from([0, 1, 2, 0x400000, 0x555555, 0x7FFFFE, 0x7FFFFF])

    return st.builds(multiplier, st.integers(1, 126), simple | st.integers(0, 0x7FFFFF))


def random_multipliers(count: int, seed: int) -> Iterator[tuple[np.float32, int, int]]:
    """
    (m, zero point, low) as real layers have them: 2^-16 to 1, with and without ReLU.
    """
    rng = np.random.default_rng(seed)
    for _ in range(count):
        m = np.float32(2.0 ** rng.uniform(-16, 0) * (1 - 2.0**-20))
        zero_point = int(rng.choice([0, 0, 1, 117, 255]))
        yield m, zero_point, zero_point if rng.integers(2) else 0


def interesting(m: np.float32, zero_point: int, low: int, seed: int = 0) -> np.ndarray:
    """
    Accumulators at which something can go wrong: each step of the result, where (float)acc begins
    to round, ends of the range; and random ones of every size.
    """
    steps = thresholds(m, zero_point, low)
    powers = 2 ** np.arange(32, dtype=np.int64)
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 2**31, 500) >> rng.integers(0, 31, 500)
    around = np.concatenate([steps, powers, -powers, 3 * powers[:30], -3 * powers[:30]])
    near = np.arange(-3, 4)[:, np.newaxis]
    wide = 2 * np.arange(-40, 41) + 1  # halves of one unit above 2^24
    every = np.concatenate(
        [(around + near).ravel(), 2**25 + wide, -(2**25) + wide, 2**26 + 2 * wide, sizes, -sizes]
    )

    return np.unique(np.clip(every, INT32_MIN, INT32_MAX)).astype(np.int32)


def nearest_even(value: Fraction) -> int:
    """
    VALUE rounded to an integer, ties to even.
    """
    down = value.numerator // value.denominator
    rest = value - down
    if rest == Fraction(1, 2):
        return down + down % 2
    return down + (rest > Fraction(1, 2))


def to_float32(value: Fraction) -> Fraction:
    """
    VALUE rounded to 24 significant bits, ties to even (no result here is subnormal or infinite).
    """
    if value == 0:
        return value
    unit = Fraction(1)
    while abs(value) / unit >= 2**24:
        unit *= 2
    while abs(value) / unit < 2**23:
        unit /= 2

    return nearest_even(value / unit) * unit


@pytest.fixture(scope="module")
def in_c(tmp_path_factory: pytest.TempPathFactory) -> CRequantizer:
    return CRequantizer(tmp_path_factory.mktemp("requantize"))


@given(
    st.integers(INT32_MIN, INT32_MAX),
    multipliers_below_one().filter(lambda m: m > 2**-60),
    st.integers(0, 255),
    st.booleans(),
)
def test_definition_is_ieee_arithmetic(
    acc: int, m: np.float32, zero_point: int, relu: bool
) -> None:
    """The definition in numpy is float32 arithmetic as the standard has it, step by step."""
    low = zero_point if relu else 0
    scaled = to_float32(to_float32(Fraction(acc)) * Fraction(float(m)))
    expected = min(255, max(low, nearest_even(scaled) + zero_point))

    assert [expected] == rescale(np.array([acc], np.int32), m, zero_point, low).tolist()


@given(multipliers_below_one(), st.integers(0, 255), st.booleans())
def test_thresholds_are_where_the_result_steps(
    m: np.float32, zero_point: int, relu: bool
) -> None:
    """At a threshold the result reaches its value, one below it does not."""
    low = zero_point if relu else 0
    wanted = np.arange(low + 1, 256)
    at = thresholds(m, zero_point, low)

    inside = at <= INT32_MAX
    assert np.all(rescale(at[inside], m, zero_point, low) >= wanted[inside])
    before = at > INT32_MIN
    assert np.all(rescale(at[before] - 1, m, zero_point, low) < wanted[before])


def test_fitted_form_equals_the_definition() -> None:
    """A fit gives float32's result at every threshold, beside it, and everywhere else."""
    fitted = 0
    for m, zero_point, low in random_multipliers(150, seed=1):
        found = fit_fixed(m, zero_point, low)
        if found is None:
            continue
        fitted += 1
        factor, addend, shift = found
        acc = interesting(m, zero_point, low)
        actual = np.clip((acc.astype(np.int64) * factor + addend) >> shift, low, 255)

        assert np.array_equal(rescale(acc, m, zero_point, low), actual), (m, zero_point, low)
    assert fitted > 75


def test_a_fit_is_accepted_up_to_its_last_addend_and_no_further() -> None:
    """The proof refuses the first addend on either side that gives one wrong result."""
    for m, zero_point, low in random_multipliers(10, seed=2):
        found = fit_fixed(m, zero_point, low)
        if found is None or low == 255:  # a result of 255 alone has no step to miss
            continue
        factor, addend, shift = found
        at = thresholds(m, zero_point, low)
        for step in (-1, 1):
            right, wrong = 0, 2**shift
            while wrong - right > 1:
                middle = (right + wrong) // 2
                accepted = is_fixed_right(factor, addend + step * middle, shift, at, low)
                right, wrong = (middle, wrong) if accepted else (right, middle)
            acc = interesting(m, zero_point, low).astype(np.int64)
            expected = rescale(acc, m, zero_point, low)
            shifted = {
                distance: np.clip((acc * factor + addend + step * distance) >> shift, low, 255)
                for distance in (right, wrong)
            }

            assert np.array_equal(expected, shifted[right])
            assert not np.array_equal(expected, shifted[wrong])


def test_wrong_fits_are_refused() -> None:
    """The proof refuses another shift, another zero point, and what could leave 64 bits."""
    m = np.float32(0.0123)
    factor, addend, shift = fit_fixed(m, 7, 0)
    at = thresholds(m, 7, 0)

    assert is_fixed_right(factor, addend, shift, at, 0)
    assert not is_fixed_right(factor, addend, shift + 1, at, 0)
    assert not is_fixed_right(factor, addend + 2**shift, shift, at, 0)
    assert not is_fixed_right(factor // 2, addend // 2, shift - 1, thresholds(m, 8, 0), 0)
    assert not is_fixed_right(factor, addend, 54, at, 0)
    assert not is_fixed_right(factor, 2**63, shift, at, 0)
    assert not is_fixed_right(2**31, addend, shift, at, 0)
    assert not is_fixed_right(-factor, addend, shift, at, 0)


def test_usual_fixed_point_is_refused_and_differs(in_c: CRequantizer) -> None:
    """Rounding m to 31 bits, as others do, is wrong for some m; proof and C both see it."""
    m = np.float32(0.00033)
    mantissa, exponent = np.frexp(np.float64(m))
    shift = 31 - int(exponent)
    factor, addend = int(np.rint(mantissa * 2.0**31)), 1 << (shift - 1)
    usual = Scaling("fixed", m, 0, 0, (factor, addend, shift))

    assert not is_fixed_right(factor, addend, shift, thresholds(m, 0, 0), 0)
    assert 0 < in_c.compare(usual, 0, 2**21)[0]


@pytest.mark.parametrize("exponent", range(1, ONE + 1))
def test_c_forms_equal_float32(in_c: CRequantizer, exponent: int) -> None:
    """All three forms of the C, for every exponent of m (1.0 is a quantized average's)."""
    rng = np.random.default_rng(exponent)
    mantissas = {0, 1, 0x7FFFFF, *(int(v) for v in rng.integers(0, 2**23, 3))}
    for mantissa in mantissas if exponent < ONE else {0}:
        m = multiplier(exponent, mantissa)
        for zero_point, low in ((0, 0), (int(rng.integers(1, 256)), 0), (117, 117)):
            forms = [Scaling("exact", m, zero_point, low)]
            if 126 - exponent in CHECKED_EXPONENTS:
                forms.append(Scaling("checked", m, zero_point, low))
            fitted = fit_fixed(m, zero_point, low) if exponent < ONE else None
            if fitted is not None:
                forms.append(Scaling("fixed", m, zero_point, low, fitted))
            acc = interesting(m, zero_point, low, seed=mantissa)
            expected = rescale(acc, m, zero_point, low)
            for scaling in forms:
                assert np.array_equal(expected, in_c.apply(scaling, acc)), scaling


def test_c_forms_equal_float32_near_every_tie(in_c: CRequantizer) -> None:
    """Where m is a power of two, ties are everywhere; all of them are to even."""
    acc = np.arange(-(2**17), 2**17).astype(np.int32)
    for k in range(1, 12):
        m = np.float32(2.0**-k)
        for zero_point in (0, 128):
            expected = rescale(acc, m, zero_point, 0)
            assert np.array_equal(expected, in_c.apply(Scaling("exact", m, zero_point, 0), acc))
            if 126 - (ONE - k) in CHECKED_EXPONENTS:
                checked = Scaling("checked", m, zero_point, 0)
                assert np.array_equal(expected, in_c.apply(checked, acc))


def test_float32_in_numpy_and_in_c_are_the_same(in_c: CRequantizer) -> None:
    """The benchmark's definition in C is this page's: it agrees over whole ranges."""
    for m, zero_point, low in random_multipliers(8, seed=3):
        assert (0, 0) == in_c.compare(Scaling("exact", m, zero_point, low), -20000, 20000)
    wrong = Scaling("exact", np.float32(0.25), 3, 0)
    shifted = Scaling("fixed", np.float32(0.25), 3, 0, (2**30, 3 << 32, 32))  # floor, not round
    assert (0, 0) == in_c.compare(wrong, -100, 100)
    assert 0 < in_c.compare(shifted, -100, 100)[0]


def fitted_form(*m: float) -> str:
    bias = np.zeros(len(m), np.int32)

    return fit("layer", bias, np.array(m, np.float32), Quantization(1.0, 0), relu=True).form


def test_cheapest_proved_form_is_taken() -> None:
    """Fixed where every filter has a fit, else checked, else (outside its range of m) exact."""
    assert fit_fixed(np.float32(0.00033), 0, 0) is None

    assert "fixed" == fitted_form(0.0123)
    assert "fixed" == fitted_form(0.0123, 0.4, 0.9999)
    assert "checked" == fitted_form(0.0123, 0.00033)
    assert "exact" == fitted_form(0.0123, 1e-9)
    assert "exact" == fitted_form(0.00033, 0.75)


@pytest.mark.parametrize("m", [0.0, 1.0, 1.5, -0.5, np.inf, np.nan])
def test_multipliers_outside_zero_to_one_are_refused(m: float) -> None:
    """Engines differ from 1 on; the error names the layer and what to do."""
    with pytest.raises(QuantizeError, match="layer: its rescaling factor must lie between"):
        fitted_form(0.5, m)


def test_every_convolution_gets_a_requantizer() -> None:
    """One entry a tensor or a filter, with the saturated bias; other layers stay as they are."""
    graph = build(Member(per_filter=True, vanishing=True))
    done = attach_requantizers(graph)

    for before, conv in zip(graph.convs, done.convs, strict=True):
        assert conv.requantizer is not None
        assert conv.weight_scales.shape == conv.requantizer.multiplier.shape
        assert (conv.out_channels,) == conv.requantizer.bias.shape
        assert conv.weights is before.weights
    biases = np.concatenate([conv.requantizer.bias for conv in done.convs])
    assert {INT32_MIN, INT32_MAX} <= set(biases.tolist())
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
