"""
What kernels cost in instructions that work on lists of the weights that are not 0 (ir/lists.py).

Counted on a Cortex-M4 in QEMU: `python -m benchmarks.sparse` fits these figures.
"""

from collections.abc import Sequence

from sqz2c.ir.layer import Conv
from sqz2c.ir.lists import weight_lists

# By nonzeros; a block is 8 pixels of a row.
ENTRIES = 73  # a filter's list, written
SKIPPED = 7.7  # a decoded weight, 0 or not
LISTED = 7.2  # one that is not 0
COLUMN_8 = 40  # a pixel and column of its window, each time it is built: once a tile
ROW_8 = 2.55  # a value of it
LIST_8 = 107  # a list on a block
ENTRY = 2.27  # a weight that is not 0 on a block
PAIR = 2.71  # and each pair of pixels of it
OUTPUT_8 = -2.2  # an output: full blocks are rescaled and stored in fewer than short ones
BLOCK_8_PIXELS = 8
PAIRS_KEPT = (2, 3, 4)  # pairs of pixels of a block that there are loops for

# By values; a block is 16 pixels of a row.
LIST = 98  # a filter's list, written
CHAIN = 8.25  # a decoded weight, 0 or not
PLACE = 12.75  # one that is not 0
HEAD = 29  # a run of equal ones
COLUMN = 32  # a pixel and column of its window
ROW = 2.04  # a value of it
POSITION = 1.87  # a weight that is not 0 on a block
SUM = 1.39  # and each pair of pixels of it
RUN = 13.9  # a run on a block
PRODUCTS = 20.5  # and each half of it
OUTPUT = 14.2  # an output
BLOCK_PIXELS = 16
SUMS_KEPT = (4, 6, 7, 8)


def entering(conv: Conv) -> float:
    """
    To decode CONV's filters into lists of nonzeros, once.
    """
    listed = LISTED * float(weight_lists(conv).nonzero.sum())

    return SKIPPED * conv.weights.size + listed + ENTRIES * conv.out_channels


def skipping(conv: Conv, width: int, tiles: int) -> float:
    """
    A row of WIDTH pixels by nonzeros: inputs once for each of TILES, then products on each block.
    """
    nonzero = float(weight_lists(conv).nonzero.sum())
    total = tiles * width * (COLUMN_8 * _columns(conv) + ROW_8 * conv.filter_weights)
    total += OUTPUT_8 * width * conv.out_channels
    for pixels in _blocks(width, BLOCK_8_PIXELS):
        total += nonzero * (ENTRY + PAIR * _pairs(pixels, PAIRS_KEPT))
        total += LIST_8 * conv.out_channels

    return total


def chaining(conv: Conv) -> float:
    """
    To decode CONV's filters into lists by value, once.
    """
    lists = weight_lists(conv)
    placed = PLACE * float(lists.nonzero.sum()) + HEAD * float(lists.runs.sum())

    return CHAIN * conv.weights.size + placed + LIST * conv.out_channels


def adding(conv: Conv, width: int, tiles: int) -> float:
    """
    A row of WIDTH pixels by values: inputs once for each of TILES, then on each block a sum for
    each position, products for each run.
    """
    nonzero, runs = (float(n.sum()) for n in (weight_lists(conv).nonzero, weight_lists(conv).runs))
    inputs = -(-width // 4) * 4 * ROW * conv.filter_weights
    total = tiles * (width * COLUMN * _columns(conv) + inputs)
    total += OUTPUT * width * conv.out_channels
    for pixels in _blocks(width, BLOCK_PIXELS):
        total += nonzero * (POSITION + SUM * _pairs(pixels, SUMS_KEPT))
        total += runs * (RUN + PRODUCTS * -(-pixels // (BLOCK_PIXELS // 2)))

    return total


def _columns(conv: Conv) -> int:
    return conv.kernel_height * conv.kernel_width


def _blocks(width: int, most: int) -> list[int]:
    """Pixels of each block of a row."""
    return [min(most, width - first) for first in range(0, width, most)]


def _pairs(pixels: int, kept: Sequence[int]) -> int:
    """Pairs of pixels that the loop for PIXELS computes."""
    return next(pairs for pairs in kept if 2 * pairs >= pixels)
