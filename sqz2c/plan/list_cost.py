"""
What kernels cost in instructions that work on lists of the weights that are not 0 (ir/lists.py).
"""

from collections.abc import Sequence

from sqz2c.ir.layer import Conv
from sqz2c.ir.lists import weight_lists
from sqz2c.plan.costs import Costs

PIXELS_8 = 8  # a block by nonzeros
PAIRS_KEPT = (2, 3, 4)  # pairs of pixels of it that there are loops for
OUTPUTS = 8  # pixels that are multiplied at once, by values


def entering(costs: Costs, conv: Conv) -> float:
    """
    To decode CONV's filters into lists of nonzeros, once.
    """
    listed = costs.listed * float(weight_lists(conv).nonzero.sum())

    return costs.skipped * conv.weights.size + listed + costs.entries * conv.out_channels


def skipping(costs: Costs, conv: Conv, width: int, tiles: int) -> float:
    """
    A row of WIDTH pixels by nonzeros: inputs once for each of TILES, then products on each block.
    """
    nonzero = float(weight_lists(conv).nonzero.sum())
    put, moved = _shares(conv, width, PIXELS_8)
    values = conv.filter_weights * (put * costs.row_8 + moved * costs.moved_8)
    total = tiles * width * (costs.column_8 * put * _columns(conv) + values)
    total += costs.output_8 * width * conv.out_channels
    for pixels in _blocks(width, PIXELS_8):
        total += nonzero * (costs.entry + costs.pair_8 * _pairs(pixels, PAIRS_KEPT))
        total += costs.list_8 * conv.out_channels

    return total


def chaining(costs: Costs, conv: Conv) -> float:
    """
    To decode CONV's filters into lists by value, once.
    """
    lists = weight_lists(conv)
    placed = costs.place * float(lists.nonzero.sum()) + costs.head * float(lists.runs.sum())

    return costs.chain * conv.weights.size + placed + costs.list * conv.out_channels


def adding(costs: Costs, conv: Conv, width: int, tiles: int) -> float:
    """
    A row of WIDTH pixels by values: inputs once for each of TILES, then on each block a sum for
    each position, products for each run.
    """
    nonzero, runs = (float(n.sum()) for n in (weight_lists(conv).nonzero, weight_lists(conv).runs))
    put, moved = _shares(conv, width, costs.block_pixels)
    in_fours = -(-width // 4) * 4
    values = conv.filter_weights * (put * costs.row + moved * costs.moved)
    total = tiles * (width * costs.column * put * _columns(conv) + in_fours * values)
    total += costs.output * width * conv.out_channels
    for pixels in _blocks(width, costs.block_pixels):
        total += nonzero * (costs.position + costs.sum * _pairs(pixels, costs.sums_kept))
        total += runs * (costs.run_of_equals + costs.products * -(-pixels // OUTPUTS))

    return total


def _columns(conv: Conv) -> int:
    return conv.kernel_height * conv.kernel_width


def _shares(conv: Conv, width: int, block: int) -> tuple[float, float]:
    """
    Of a window's values, how many are put and how many moved: where a BLOCK is a whole row, the
    next window has all rows but one in common.
    """
    if width > block or conv.stride > 1:
        return 1.0, 0.0
    put = 1 / conv.kernel_height

    return put, 1 - put


def _blocks(width: int, most: int) -> list[int]:
    """Pixels of each block of a row."""
    return [min(most, width - first) for first in range(0, width, most)]


def _pairs(pixels: int, kept: Sequence[int]) -> int:
    """Pairs of pixels that the loop for PIXELS computes."""
    return next(pairs for pairs in kept if 2 * pairs >= pixels)
