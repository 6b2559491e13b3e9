"""
3x3 convolutions with a third fewer products: which can be, and what they take.

Winograd's F(2, 3) along the row (runtime_c/sqz_winograd.c): weights g of a row become
2 g0, g0 + g1 + g2, g0 - g1 + g2 and -2 g2, lifted by one bit less, as int16.
"""

import numpy as np

from sqz2c.ir.layer import Conv

SIDE = 3  # of the window
PARTS = 4  # transformed weights of a row, products of a pair of outputs
GROUP = 4
LEAST_CHANNELS = 8  # three rows of fewer do not fill a step of the inner product
LARGEST = 2**15 - 1  # int16


def is_shape_for_winograd(conv: Conv) -> bool:
    """
    Whether the kernel takes CONV's window and channels.
    """
    window = (conv.kernel_height, conv.kernel_width, conv.stride)
    in_groups = conv.in_channels % GROUP == 0 and conv.out_channels % GROUP == 0

    return window == (SIDE, SIDE, 1) and in_groups and conv.in_channels >= LEAST_CHANNELS


def largest_lift(conv: Conv, lift: int) -> int:
    """
    The largest lift up to LIFT with which CONV's transformed weights are int16.
    """
    g0, g1, g2 = np.moveaxis(conv.weights.astype(np.int64), 3, 0)
    parts = (2 * g0, g0 + g1 + g2, g0 - g1 + g2, 2 * g2)
    largest = max(int(np.abs(part).max()) for part in parts)
    while lift > 1 and largest << (lift - 1) > LARGEST:
        lift -= 1

    return lift


def can_go_by_winograd(conv: Conv) -> bool:
    """
    Whether CONV may be computed so: its form of rescaling is "fixed", with a lift that fits, and
    nothing follows it. Before it is quantized only its shape is asked.
    """
    if not is_shape_for_winograd(conv):
        return False
    if conv.requantizer is None:
        return True
    lift = conv.requantizer.lift

    return (
        conv.requantizer.form == "fixed"
        and conv.quantization is None
        and 1 <= lift == largest_lift(conv, lift)
    )
