"""
What weights cost in flash, before anything is coded: bits a symbol, by how often it occurs.
"""

import numpy as np
import torch

LIMIT = 127  # weights are -127..127
SYMBOLS = 2 * LIMIT + 1
CODEBOOK_BITS = 8.0  # each distinct value is listed once


class Prices:
    """
    Bits of each weight value -127..127 under an entropy code, its place in the codebook included.

    Huffman with significance flags of 8 weights stays within a percent of this.
    """

    def __init__(self, counts: torch.Tensor) -> None:
        """COUNTS [255]: how often each value occurs, -127 first."""
        seen = counts.double()
        # Values that do not occur could: half an occurrence each, where neighbours are used.
        likely = seen + 0.5 * (seen == 0) * _near(seen)
        likely = likely.clamp_min(1e-3)
        self.bits = (
            torch.log2(likely.sum() / likely) + CODEBOOK_BITS / seen.clamp_min(1.0)
        ).float()
        self.zero = float(self.bits[LIMIT])

    def of(self, integers: torch.Tensor) -> torch.Tensor:
        """Give the bits of each of INTEGERS (float tensor of whole numbers)."""
        return self.bits[(integers + LIMIT).long()]


def _near(seen: torch.Tensor) -> torch.Tensor:
    used = (seen > 0).double()
    left = torch.cat([used[1:], used.new_zeros(1)])
    right = torch.cat([used.new_zeros(1), used[:-1]])

    return torch.maximum(left, right)


def count_symbols(integers: torch.Tensor) -> torch.Tensor:
    """Count the values -127..127 among INTEGERS."""
    return torch.bincount((integers + LIMIT).long().flatten(), minlength=SYMBOLS)


def entropy_bits(counts: torch.Tensor) -> float:
    """Give the size of a stream with COUNTS at its zero-order entropy, with its codebook."""
    seen = counts[counts > 0].double()
    total = seen.sum()

    return float((seen * torch.log2(total / seen)).sum()) + CODEBOOK_BITS * len(seen)


def stream_bits(integers: np.ndarray) -> float:
    """The same of an array of weights."""
    return entropy_bits(count_symbols(torch.from_numpy(integers.astype(np.float32))))
