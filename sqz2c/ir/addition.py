"""
The integers of an addition (SPEC.md 2.8): PyTorch's quantized add under qnnpack.
"""

from dataclasses import dataclass
from math import frexp

import numpy as np

from sqz2c.ir.tensor import Quantization

LEAST_RATIO, RATIO_END = 2.0**-10, 2.0**8  # qnnpack takes an operand's scale over the sum's so far
FACTOR_BITS = 21


@dataclass(frozen=True)
class Addition:
    """
    t = (a - za) * FACTOR + (b - zb) * OTHER_FACTOR, shifted right by SHIFT, half away from zero.
    """

    factor: int
    other_factor: int
    shift: int


def ratios(a: Quantization, b: Quantization, target: Quantization) -> tuple[float, float]:
    """
    Scales of A and B over TARGET's, each float32.
    """
    with np.errstate(over="ignore", under="ignore"):
        first, second = (np.float32(x.scale) / np.float32(target.scale) for x in (a, b))

    return float(first), float(second)


def addition(a: Quantization, b: Quantization, target: Quantization) -> Addition:
    """
    How values of A and B are added to one of TARGET; their ratios must be in range.
    """
    first, second = ratios(a, b, target)
    exponent = frexp(max(first, second))[1] - 1  # floor(log2)
    shift = FACTOR_BITS - exponent

    return Addition(*(int(np.rint(np.ldexp(x, shift))) for x in (first, second)), shift)
