"""
Lists of the weights that are not 0, for kernels that skip the others: what they take.

Kernel "nonzeros" has an entry a weight (runtime_c/sqz_nonzeros.c). Kernel "values" adds up the
inputs of equal weights, then multiplies once (sqz_values.h). Sizes follow from the actual weights.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from sqz2c.ir.layer import Conv, Kernel

ROW_BYTES = 16  # SQZ_ROW_BYTES: the inputs of a block of pixels at one position
LANE_RUN = 128  # SQZ_LANE_RUN: positions in a run
SUMS_BYTES = 36  # SQZ_SUMS_BYTES: of a run
HALF = 2  # bytes of a number in a list
VALUES = 256  # an int8 weight, taken as a byte
MOST_WEIGHTS = 65535 // ROW_BYTES  # of a filter, so that lists can name the last row
WORD = 4


@dataclass(frozen=True, eq=False)
class WeightLists:
    """
    The lists of a convolution's filters. NONZERO weights and RUNS of equal ones, of at most
    LANE_RUN positions: int64 [out_channels].
    """

    nonzero: np.ndarray
    runs: np.ndarray

    @cached_property
    def most_runs(self) -> int:
        return int(self.runs.max())

    @property
    def runs_bytes(self) -> int:
        """Room for the sums of the most runs that a filter has, and the value 0 behind them."""
        return SUMS_BYTES * (self.most_runs + 1)

    def tile_bytes(self, kernel: Kernel, tile_channels: int) -> int:
        """Room for the lists of the largest tile of TILE_CHANNELS filters."""
        starts = range(0, len(self.nonzero), tile_channels)
        each = self._filter_bytes[kernel]
        largest = max(int(each[first : first + tile_channels].sum()) for first in starts)

        return _up(largest, WORD)

    @cached_property
    def _filter_bytes(self) -> dict[Kernel, np.ndarray]:
        """A word an entry, and how many; or halves: one a position, two a run, and the end."""
        return {
            "nonzeros": WORD * (self.nonzero + 1),
            "values": HALF * (self.nonzero + 2 * self.runs + 1),
        }


@cache
def weight_lists(conv: Conv) -> WeightLists:
    """
    The lists of CONV's filters, int8.
    """
    filters = conv.weights.reshape(conv.out_channels, -1).view(np.uint8)
    counts = np.stack([np.bincount(weights, minlength=VALUES) for weights in filters])
    counts[:, 0] = 0

    return WeightLists(counts.sum(axis=1), -(-counts // LANE_RUN).sum(axis=1))


def can_be_listed(conv: Conv) -> bool:
    """
    Whether lists can name all positions of a filter of CONV, whose weights must be int8.
    """
    return conv.weights.dtype == np.int8 and conv.filter_weights <= MOST_WEIGHTS


def window_bytes(kernel: Kernel, weights: int, channels: int) -> int:
    """
    Room for padding, a byte for each of CHANNELS of the input and at least two rows, and a row
    for each of WEIGHTS of a filter; by values, while lists are read, for chains of equal weights.
    """
    rows = max(2 * ROW_BYTES, _up(channels, WORD)) + ROW_BYTES * weights
    if kernel == "nonzeros":
        return rows
    chains = VALUES * HALF + HALF * (weights + 1) + VALUES + HALF * _up(weights, WORD)

    return max(rows, _up(chains, WORD))


def _up(size: int, step: int) -> int:
    """SIZE, rounded up to whole STEPs."""
    return -(-size // step) * step
