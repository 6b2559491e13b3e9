"""
What the kernels cost in instructions, a class of cores: the one place with such figures.

Counted in QEMU: `python -m benchmarks.cost` measures networks and plans of many kinds layer by
layer, fits these figures and prints by how much the model is off.
"""

from dataclasses import dataclass, fields

from sqz2c.ir.core import CoreClass


@dataclass(frozen=True, eq=False)
class Costs:
    """
    Instructions by what they are for; cost.py and list_cost.py say how often. All costs are linear
    in those that are float.
    """

    core: CoreClass
    at_once: int  # values that a step of the inner product takes
    lanes: int  # channels that a window takes without gathering them first
    has_pairs: bool  # otherwise layers "winograd" are computed by products
    has_lists: bool  # otherwise layers by lists are, in the lists' room
    block_pixels: int  # of a row at once, by values
    sums_kept: tuple[int, ...]  # of two pixels each, that there are loops for

    # decoding
    open: float  # a layer's stream and its tables
    filter: float  # a filter, or a part of it that is read on its own
    weight: float
    nonzero: float  # more for a weight that is not 0
    # by products
    window: float  # a pixel's window, each time it is built
    window_row: float  # a row of it
    value: float  # a value of it
    gathered: float  # more for a value where channels are gathered
    block: float  # four filters on two pixels: bias, rescaling, storing
    quad: float  # four filters on two pixels, AT_ONCE values
    # summed into a squeeze
    run: float  # a filter's weights for a tile, beside those of `filter`
    run_pixel: float  # a pixel of a tile's outputs, as a window
    sums: float  # four sums on two pixels, loaded and stored, instead of rescaled
    begin: float  # a sum, begun
    finish: float  # and rescaled
    # what is folded in
    add: float  # a value that something is added to: a pixel and channel
    pool: float  # an input of a pool: AT_ONCE channels of a pixel
    pool_rest: float  # one of those that are left
    pool_pixel: float  # a pixel of a tile
    average: float  # a pixel and channel of an average
    # with fewer products; a block is four filters on two pairs of pixels
    transform: float  # a decoded weight more
    pair: float  # a pair's window
    pair_value: float  # a channel and row of it
    pairs: float  # a block
    pairs_quad: float  # four values of each of its four sums
    pairs_last: float  # a block of a single pair, at the end of a row
    pairs_last_quad: float
    # by nonzeros; a block is 8 pixels of a row
    entries: float  # a filter's list, written
    skipped: float  # a decoded weight, 0 or not
    listed: float  # one that is not 0
    column_8: float  # a pixel and column of its window, each time it is built: once a tile
    row_8: float  # a value of it
    moved_8: float  # a value that the row above left
    list_8: float  # a list on a block
    entry: float  # a weight that is not 0 on a block
    pair_8: float  # and each pair of pixels of it
    output_8: float  # an output
    # by values; a block is BLOCK_PIXELS of a row
    list: float  # a filter's list, written
    chain: float  # a decoded weight, 0 or not
    place: float  # one that is not 0
    head: float  # a run of equal ones
    column: float  # a pixel and column of its window
    row: float  # a value of it
    moved: float  # a value that the row above left
    position: float  # a weight that is not 0 on a block
    sum: float  # and each pair of pixels of it
    run_of_equals: float  # a run on a block
    products: float  # and each 8 pixels of it
    output: float  # an output


TERMS = tuple(field.name for field in fields(Costs) if field.type is float)
