"""
Multipliers and accumulators at which rescaling can go wrong.
"""

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from sqz2c.quantize.rescaling import Rescaling

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


def random_rescalings(count: int, seed: int) -> Iterator[Rescaling]:
    """
    As real layers have them: m of 2^-16 to 1, with and without ReLU.
    """
    rng = np.random.default_rng(seed)
    for _ in range(count):
        m = np.float32(2.0 ** rng.uniform(-16, 0) * (1 - 2.0**-20))
        zero_point = int(rng.choice([0, 0, 1, 117, 255]))
        yield Rescaling(m, zero_point, zero_point if rng.integers(2) else 0)


def interesting(rescaling: Rescaling, seed: int = 0) -> np.ndarray:
    """
    Accumulators at which something can go wrong: each step of the result, where (float)acc begins
    to round, ends of the range; and random ones of every size.
    """
    steps = rescaling.thresholds()
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
