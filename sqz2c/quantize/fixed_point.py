"""
Form "fixed": rescaling as one multiplication whose high word is shifted and saturated.

With acc the accumulator of the definition, the C computes

    lifted = (acc << lift) + offset                                 int32
    y = min(255, low + clamp((lifted * factor) >> (32 + SHIFT), 0, 255))

where FACTOR and OFFSET are fitted to the thresholds of the definition, and OFFSET, which holds the
rounding and the zero point, lies in flash as part of the bias. That is two instructions on a core
with SMULL and USAT. The form is proved for every accumulator that a filter can reach.
"""

from dataclasses import dataclass

import numpy as np

from sqz2c.ir.arithmetic import INT32_MAX, INT32_MIN
from sqz2c.quantize.rescaling import Rescaling

SHIFT = 10  # SQZ_REQUANTIZE_SHIFT of the C
MAX_LIFT = 8  # a weight of 8 bits, lifted, fits int16
MULTIPLIER_END = 2.0 ** (MAX_LIFT - 1 - SHIFT)  # from here on a factor would not fit int32
LIFTS = range(MAX_LIFT, 3, -1)  # fewer bits leave too few offsets to choose from
SPREAD = 2.0**-15  # relative distance from the nominal factor up to which others are tried
GRID = 65  # factors looked at together


@dataclass(frozen=True)
class Reach:
    """
    What the filters of one scale can reach: BIAS, and the LOWEST and HIGHEST sum of products that
    any input gives; int64 [filters], bias + sum within int32.
    """

    bias: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    def of(self, chosen: slice | np.ndarray) -> "Reach":
        return Reach(self.bias[chosen], self.lowest[chosen], self.highest[chosen])


@dataclass(frozen=True, eq=False)
class Fixed:
    """
    One scale's FACTOR, and per filter START int64: what an accumulator starts from, int32.
    """

    factor: int
    start: np.ndarray


def fit_fixed(rescaling: Rescaling, reach: Reach, lift: int) -> Fixed | None:
    """
    The form for all filters of REACH, proved; or None where there is none.

    A filter whose output never changes gets whatever start gives that output.
    """
    lowest, highest = reach.bias + reach.lowest, reach.bias + reach.highest
    ends = rescaling.apply(lowest), rescaling.apply(highest)
    is_constant = ends[0] == ends[1]
    factors = [1 << bit for bit in range(30, -1, -1)]
    start = np.zeros(len(reach.bias), np.int64)
    if not is_constant.all():
        moving = ~is_constant
        span = int(lowest[moving].min()), int(highest[moving].max())
        fitted = _fit_factor(rescaling, span, lift)
        if fitted is None:
            return None
        factor, offset = fitted
        factors = [factor]
        start[moving] = (reach.bias[moving] << lift) + offset

    for factor in factors:
        for at in np.flatnonzero(is_constant):
            sums = int(reach.lowest[at]) << lift, int(reach.highest[at]) << lift
            constant = _constant_start(factor, int(ends[0][at]), rescaling.low, sums)
            if constant is None:
                break
            start[at] = constant
        else:
            found = Fixed(factor, start)
            return found if is_fixed_right(found, rescaling, reach, lift) else None

    return None


def is_fixed_right(fixed: Fixed, rescaling: Rescaling, reach: Reach, lift: int) -> bool:
    """
    The proof: every filter of REACH gives the definition's output for every accumulator it reaches.

    Both are monotone in acc, so it is enough to compare the ends of a filter's range and, of each
    threshold T inside, T and T - 1: between two neighbours of these the definition is constant,
    and so is what lies between two equal values of a function that never falls.
    """
    if not (0 < fixed.factor <= INT32_MAX and 0 <= lift <= MAX_LIFT):
        return False
    at = rescaling.thresholds()
    for bias, lowest, highest, start in zip(
        *(reach.bias.tolist(), reach.lowest.tolist(), reach.highest.tolist()),
        fixed.start.tolist(),
        strict=True,
    ):
        sums = np.concatenate([[lowest, highest], at - bias, at - 1 - bias])
        sums = sums[(sums >= lowest) & (sums <= highest)]
        lifted = (sums << lift) + start
        if not (INT32_MIN <= start <= INT32_MAX) or np.any(
            (lifted < INT32_MIN) | (lifted > INT32_MAX)
        ):
            return False
        if not np.array_equal(
            rescaling.apply(sums + bias), apply_fixed(lifted, fixed.factor, rescaling.low)
        ):
            return False

    return True


def apply_fixed(lifted: np.ndarray, factor: int, low: int) -> np.ndarray:
    """
    What the C computes from LIFTED accumulators, int64 values within int32.
    """
    above = np.clip((lifted * factor) >> (32 + SHIFT), 0, 255)

    return np.minimum(255, low + above)


def _fit_factor(
    rescaling: Rescaling, span: tuple[int, int], lift: int
) -> tuple[int, int] | None:
    """
    (factor, offset) with the right thresholds for accumulators of SPAN, both ends included.

    The number of offsets that a factor leaves is, but for rounding, concave in the factor: so the
    best of a grid is enclosed by its neighbours.
    """
    nominal = float(rescaling.m) * 2.0 ** (32 + SHIFT - lift)
    if not 1 <= nominal <= INT32_MAX:
        return None
    at = np.clip(rescaling.thresholds(), span[0], span[1] + 1)
    distance = max(GRID, int(nominal * SPREAD))
    first = max(1, int(nominal) - distance)
    last = min(INT32_MAX, int(nominal) + distance)
    while True:
        factors = np.unique(np.linspace(first, last, GRID).astype(np.int64))
        least, most = _offsets(factors, at, span, lift)
        best = int(np.argmax(most - least))
        if len(factors) == last - first + 1:
            break
        first = int(factors[max(0, best - 2)])
        last = int(factors[min(len(factors) - 1, best + 2)])
    if most[best] < least[best]:
        return None

    return int(factors[best]), int(least[best] + most[best]) // 2


def _offsets(
    factors: np.ndarray, at: np.ndarray, span: tuple[int, int], lift: int
) -> tuple[np.ndarray, np.ndarray]:
    """
    The smallest and largest offset, int64 [factors], with which the threshold of value low + i + 1
    is AT[i]: span[0] if all accumulators of SPAN reach it, span[1] + 1 if none does.
    """
    units = np.arange(1, len(at) + 1, dtype=np.int64) << (32 + SHIFT)
    needed = -(-units // factors[:, np.newaxis])  # smallest lifted accumulator that gives it
    least = needed - (np.minimum(at, span[1]) << lift)
    most = needed - 1 - ((np.maximum(at, span[0] + 1) - 1) << lift)
    least[:, at > span[1]] = -(2**62)
    most[:, at <= span[0]] = 2**62

    return least.max(axis=1), most.min(axis=1)


def _constant_start(factor: int, y: int, low: int, sums: tuple[int, int]) -> int | None:
    """
    The start nearest to 0 that gives Y, 0..255, for every lifted sum of SUMS; None: there is none.
    """
    unit = 1 << (32 + SHIFT)
    least, most = INT32_MIN - sums[0], INT32_MAX - sums[1]
    if y > low:
        least = max(least, -(-(y - low) * unit // factor) - sums[0])
    if y < 255:
        most = min(most, -(-(y - low + 1) * unit // factor) - 1 - sums[1])
    least, most = max(least, INT32_MIN), min(most, INT32_MAX)

    return min(max(least, 0), most) if least <= most else None
