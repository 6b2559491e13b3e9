"""
The fitted form: what it accepts equals float32 everywhere it claims to, and nothing else passes.
"""

import numpy as np
import pytest

from sqz2c.quantize.fixed_point import (
    LIFTS,
    MAX_LIFT,
    SHIFT,
    Fixed,
    Reach,
    apply_fixed,
    fit_fixed,
    is_fixed_right,
)
from sqz2c.quantize.rescaling import Rescaling
from tests.unit.quantize.rescalings import INT32_MAX, INT32_MIN, interesting, random_rescalings

USUAL = Rescaling(np.float32(0.0123), 7, 0)


def reach_of(*filters: tuple[int, int, int]) -> Reach:
    """
    FILTERS are (bias, lowest sum, highest sum).
    """
    return Reach(*(np.array(column, np.int64) for column in zip(*filters, strict=True)))


def symmetric(rescaling: Rescaling, bias: int = 0) -> Reach:
    """
    One filter whose outputs pass both ends of the range.
    """
    widest = int(min(2**22, 2000 / float(rescaling.m)))

    return reach_of((bias, -widest - bias, widest - bias))


def outputs(fixed: Fixed, rescaling: Rescaling, reach: Reach, lift: int, sums: np.ndarray):
    """
    What the C gives for SUMS of the first filter.
    """
    return apply_fixed((sums << lift) + fixed.start[0], fixed.factor, rescaling.low)


def test_fitted_form_equals_the_definition() -> None:
    """A fit gives float32's result at every threshold, beside it, and all that it reaches."""
    fitted = 0
    for number, rescaling in enumerate(random_rescalings(200, seed=1)):
        reach = symmetric(rescaling, bias=number * 10 - 1000)
        found = fit_fixed(rescaling, reach, MAX_LIFT)
        if found is None:
            continue
        fitted += 1
        acc = interesting(rescaling).astype(np.int64)
        sums = acc - reach.bias[0]
        sums = sums[(sums >= reach.lowest[0]) & (sums <= reach.highest[0])]
        expected = rescaling.apply(sums + reach.bias[0])

        assert np.array_equal(expected, outputs(found, rescaling, reach, MAX_LIFT, sums)), rescaling
    assert fitted > 60


def test_every_accumulator_of_a_layer_s_size_is_right() -> None:
    """No step hides between the thresholds: all accumulators that a filter reaches."""
    sums = np.arange(-30_000, 30_001)
    for m, zero_point, low in ((0.0123, 7, 0), (0.0111, 0, 0), (0.0151, 30, 30), (0.0251, 255, 0)):
        rescaling = Rescaling(np.float32(m), zero_point, low)
        reach = reach_of((123, -30_000, 30_000))
        fixed = fit_fixed(rescaling, reach, MAX_LIFT)

        assert np.array_equal(
            rescaling.apply(sums + 123), outputs(fixed, rescaling, reach, MAX_LIFT, sums)
        )


@pytest.mark.parametrize("step", [-1, 1])
def test_a_fit_is_accepted_up_to_its_last_start_and_no_further(step: int) -> None:
    """The proof accepts neighbours of a fit exactly as long as no output changes."""
    for rescaling in random_rescalings(12, seed=2):
        reach = symmetric(rescaling)
        fixed = fit_fixed(rescaling, reach, MAX_LIFT)
        if fixed is None or rescaling.low == 255:
            continue
        at = rescaling.thresholds()
        sums = np.concatenate([at, at - 1, reach.lowest, reach.highest])
        sums = sums[(sums >= reach.lowest[0]) & (sums <= reach.highest[0])]
        verdicts = []
        for distance in (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
            moved = Fixed(fixed.factor, fixed.start + step * distance)
            is_equal = np.array_equal(
                rescaling.apply(sums), outputs(moved, rescaling, reach, MAX_LIFT, sums)
            )
            verdicts.append(is_fixed_right(moved, rescaling, reach, MAX_LIFT))
            assert is_equal == verdicts[-1]
        assert verdicts[0] and not verdicts[-1]


def test_wrong_fits_are_refused() -> None:
    """The proof refuses another lift, factor or zero point, and what could leave 32 bits."""
    reach = symmetric(USUAL)
    fixed = fit_fixed(USUAL, reach, MAX_LIFT)
    factor, start = fixed.factor, fixed.start
    other = Rescaling(USUAL.m, 8, 0)
    lowest, highest = int(reach.lowest[0]), int(reach.highest[0])

    assert is_fixed_right(fixed, USUAL, reach, MAX_LIFT)
    assert not is_fixed_right(fixed, other, reach, MAX_LIFT)
    assert not is_fixed_right(fixed, USUAL, reach, MAX_LIFT - 1)
    assert not is_fixed_right(Fixed(factor + factor // 1000, start), USUAL, reach, MAX_LIFT)
    assert not is_fixed_right(Fixed(factor, start + 2**MAX_LIFT), USUAL, reach, MAX_LIFT)
    assert not is_fixed_right(Fixed(-factor, start), USUAL, reach, MAX_LIFT)
    assert not is_fixed_right(Fixed(factor + 2**31, start), USUAL, reach, MAX_LIFT)
    assert not is_fixed_right(fixed, USUAL, reach_of((0, lowest, 2**23)), MAX_LIFT)
    assert not is_fixed_right(fixed, USUAL, reach_of((0, -(2**23) - 2**16, highest)), MAX_LIFT)


def test_a_difference_at_the_ends_of_the_reach_is_seen() -> None:
    """Outputs that the definition does not have may lie outside of the reach, not inside."""
    reach = reach_of((0, 0, 10))  # 0.0123 * 10: nothing but the zero point
    unit = 2 ** (32 + SHIFT)
    start = -(-7 * unit // 2**30)

    assert is_fixed_right(Fixed(2**30, np.array([start])), USUAL, reach, 4)
    above = Fixed(2**30, np.array([start + unit // 2**30 - 10 * 16]))
    assert not is_fixed_right(above, USUAL, reach, 4)
    assert is_fixed_right(Fixed(2**30, above.start - 1), USUAL, reach, 4)
    assert not is_fixed_right(Fixed(2**30, np.array([start - 1])), USUAL, reach, 4)


def test_usual_fixed_point_is_refused() -> None:
    """Rounding m and one half, as others do, is wrong for some m; the proof sees it."""
    rescaling = Rescaling(np.float32(0.0079), 0, 0)
    reach = symmetric(rescaling)
    factor = round(float(rescaling.m) * 2 ** (32 + SHIFT - MAX_LIFT))
    usual = Fixed(factor, np.array([round(0.5 / float(rescaling.m) * 2**MAX_LIFT)]))

    assert fit_fixed(rescaling, reach, MAX_LIFT) is not None
    assert not is_fixed_right(usual, rescaling, reach, MAX_LIFT)


def test_some_have_no_fit() -> None:
    """Near ties that float32 rounds both ways leave no straight line between them."""
    rescaling = Rescaling(np.float32(0.00033), 0, 0)

    assert [None] * len(LIFTS) == [
        fit_fixed(rescaling, symmetric(rescaling), lift) for lift in LIFTS
    ]


def test_what_is_out_of_reach_makes_a_fit_possible() -> None:
    """Only steps that a filter reaches have to be right."""
    rescaling = Rescaling(np.float32(0.00033), 0, 0)
    reach = reach_of((0, -5000, 5000))

    assert fit_fixed(rescaling, reach, MAX_LIFT) is not None


@pytest.mark.parametrize("bias", [INT32_MIN, -(2**30), -1, 0, 2**30, INT32_MAX])
@pytest.mark.parametrize("m", [0.0123, 2.0**-23, 0.4])
@pytest.mark.parametrize("zero_point, low", [(0, 0), (9, 9), (9, 0), (255, 0)])
def test_constant_filters_fit_whatever_their_bias(
    bias: int, m: float, zero_point: int, low: int
) -> None:
    """A filter of zeros gets a start that gives its one output, alone or beside others."""
    rescaling = Rescaling(np.float32(m), zero_point, low)
    alone = reach_of((bias, 0, 0))
    fixed = fit_fixed(rescaling, alone, MAX_LIFT)
    zero = np.array([0])

    assert np.array_equal(
        rescaling.apply(alone.bias), outputs(fixed, rescaling, alone, MAX_LIFT, zero)
    )
    if m == USUAL.m:
        beside = reach_of((bias, 0, 0), (500, -20000, 20000), (-7, -90000, 100))
        both = fit_fixed(rescaling, beside, MAX_LIFT)
        assert np.array_equal(
            rescaling.apply(alone.bias), outputs(both, rescaling, beside, MAX_LIFT, zero)
        )


def test_a_constant_filter_with_weights_stays_constant() -> None:
    """Far beyond the clamp, or too small to move the output: sums may still vary."""
    rescaling = Rescaling(np.float32(0.001), 20, 0)
    for bias in (-(2**29), -4000, 2000, 2**29):
        reach = reach_of((bias, -400, 90))
        sums = np.arange(-400, 91)
        fixed = fit_fixed(rescaling, reach, MAX_LIFT)

        assert len(set(rescaling.apply(sums + bias))) == 1
        assert np.array_equal(
            rescaling.apply(sums + bias), outputs(fixed, rescaling, reach, MAX_LIFT, sums)
        )


def test_large_accumulators_need_a_smaller_lift() -> None:
    """Where 8 bits more leave int32, fewer do."""
    rescaling = Rescaling(np.float32(0.002001), 0, 0)
    reach = reach_of((0, -(2**24) + 1, 2**24 - 1))

    assert fit_fixed(rescaling, reach, MAX_LIFT) is None
    assert fit_fixed(rescaling, reach, 6) is not None


def test_numbers_that_int32_cannot_hold_are_refused() -> None:
    """Even where they would give the right outputs: they lie in flash as int32."""
    steep = Rescaling(np.float32(0.1417), 0, 0)
    reach = symmetric(steep)
    factor = round(float(steep.m) * 2 ** (32 + SHIFT - MAX_LIFT))
    start = np.array([round(0.5 / float(steep.m) * 2**MAX_LIFT)])
    sums = np.arange(reach.lowest[0], reach.highest[0] + 1)
    large = Fixed(factor, start)
    assert factor > INT32_MAX
    assert np.array_equal(steep.apply(sums), outputs(large, steep, reach, MAX_LIFT, sums))
    assert not is_fixed_right(large, steep, reach, MAX_LIFT)

    beyond = reach_of((2**20 + 10**5, -(2**20), -(2**20)))  # 255, whatever comes
    assert is_fixed_right(Fixed(2**28, np.array([2**31 - 1])), USUAL, beyond, MAX_LIFT)
    assert not is_fixed_right(Fixed(2**28, np.array([2**31])), USUAL, beyond, MAX_LIFT)

    nothing = reach_of((-(10**5), 0, 0))  # 0, whatever comes
    assert is_fixed_right(Fixed(1, np.array([0])), USUAL, nothing, MAX_LIFT)
    assert not is_fixed_right(Fixed(0, np.array([0])), USUAL, nothing, MAX_LIFT)
