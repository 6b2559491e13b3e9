"""
Float32 rescaling as a step function: what it is, and at which accumulators it steps.

PyTorch's qnnpack computes y = clamp(rint((float)acc * m) + zero_point, low, 255) (SPEC.md section
2.3). Of acc this never falls and has at most 255 steps.
"""

from dataclasses import dataclass

import numpy as np

from sqz2c.ir.arithmetic import INT32_MAX, INT32_MIN


@dataclass(frozen=True)
class Rescaling:
    """
    The definition's numbers: M float32 in (0, 1), the output's ZERO_POINT, its smallest value LOW.
    """

    m: np.float32
    zero_point: int
    low: int

    def apply(self, acc: np.ndarray) -> np.ndarray:
        """
        The definition in float32: ACC any int32 values, result LOW..255 as int64.
        """
        rounded = np.rint(acc.astype(np.int32).astype(np.float32) * np.float32(self.m))

        return np.clip(rounded.astype(np.int64) + self.zero_point, self.low, 255)

    def thresholds(self) -> np.ndarray:
        """
        For y in low + 1 .. 255 the smallest int32 acc that gives at least y; 2^31 where none does.
        """
        wanted = np.arange(self.low + 1, 256)
        below = np.full(wanted.shape, INT32_MIN - 1, np.int64)  # gives less than wanted
        above = np.full(wanted.shape, INT32_MAX + 1, np.int64)  # gives at least wanted
        while np.any(above - below > 1):
            middle = (below + above) >> 1
            inside = np.clip(middle, INT32_MIN, INT32_MAX)
            reached = self.apply(inside) >= wanted
            undecided = above - below > 1
            above = np.where(undecided & reached, middle, above)
            below = np.where(undecided & ~reached, middle, below)

        return above
