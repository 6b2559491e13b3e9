"""
The definition of rescaling, and its steps.
"""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sqz2c.quantize.rescaling import Rescaling
from tests.unit.quantize.rescalings import INT32_MAX, INT32_MIN, multipliers_below_one


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

    assert [expected] == Rescaling(m, zero_point, low).apply(np.array([acc], np.int32)).tolist()


@given(multipliers_below_one(), st.integers(0, 255), st.booleans())
def test_thresholds_are_where_the_result_steps(
    m: np.float32, zero_point: int, relu: bool
) -> None:
    """At a threshold the result reaches its value, one below it does not."""
    low = zero_point if relu else 0
    wanted = np.arange(low + 1, 256)
    rescaling = Rescaling(m, zero_point, low)
    at = rescaling.thresholds()

    inside = at <= INT32_MAX
    assert np.all(rescaling.apply(at[inside]) >= wanted[inside])
    before = at > INT32_MIN
    assert np.all(rescaling.apply(at[before] - 1) < wanted[before])
