"""
What a plan costs in instructions: the one place with such figures.

Counted on a Cortex-M4 in QEMU (`sqz2c profile`, `python -m benchmarks.cost`). The terms follow the
kernels of runtime_c: weights are decoded once a turn, windows of two pixels are built once a tile,
and each group of four filters takes a block of products a window. Kernels that skip weights of 0
have their own terms (list_cost.py).
"""

from dataclasses import dataclass
from functools import lru_cache
from math import inf

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, Kernel
from sqz2c.ir.lists import can_be_listed
from sqz2c.ir.program import Program, Step
from sqz2c.ir.winograd import can_go_by_winograd
from sqz2c.plan.list_cost import adding, chaining, entering, skipping

OPEN = 3000  # to open a layer's stream and build its tables
DECODE = 17  # a decoded weight, its place in a group included
WINDOW = 100  # a pixel's window, each time it is built
VALUE = 1.6  # a value of it
BLOCK = 68  # four filters on two pixels: bias, rescaling, storing
QUAD = 24.25  # four values of it
SUMS = 34  # four sums on two pixels, loaded and stored, instead of rescaled
FINISH = 22  # a sum, begun and rescaled
ADD = 18  # a value that something is added to: a pixel and channel
POOL = 4.5  # an input of a pool that is folded in: a pixel and channel
GROUP = 4
BY_CODE: tuple[Kernel, ...] = ("winograd", "nonzeros", "values")  # beside products
WORTH_CODE = 0.04  # of a convolution's work: what a kernel saves at least, as its code takes flash
KNOWN_COSTS = 4096  # of convolutions in tiles, remembered

# With fewer products; a block is four filters on two pairs of pixels.
TRANSFORM = 4  # a decoded weight more
PAIR = 130  # a pair's window
PAIR_VALUE = 9.5  # a channel and row of it
PAIRS = 420  # a block
PAIRS_QUAD = 94  # four values of each of its four sums
PAIRS_LAST = 0.65  # of a block, where a row ends with a single pair


@dataclass(frozen=True)
class LayerCost:
    """Instructions of one layer, by what they do."""

    decode: float = 0
    convolve: float = 0
    pool: float = 0

    @property
    def total(self) -> int:
        return round(self.decode + self.convolve + self.pool)


def step_costs(graph: Graph, step: Step) -> dict[str, LayerCost]:
    """
    LayerCost of each layer of STEP that has one, by name.

    Each turn decodes all weights once more; where a pool lies between expands and a squeeze that
    they are summed into, rows that two turns need are computed by both.
    """
    rows = _computed_rows(graph, step)
    costs = {conv.name: _conv_cost(graph, step, conv, rows) for conv in step.convs}
    if step.add is not None:
        tensor = graph.tensor(step.add.input)
        costs[step.add.name] = LayerCost(convolve=ADD * rows * tensor.width * tensor.channels)
    if step.pool is not None:
        tensor = graph.tensor(step.pool.input)
        costs[step.pool.name] = LayerCost(pool=POOL * rows * tensor.width * tensor.channels)
    if step.squeeze is not None:
        costs[step.squeeze.name] = LayerCost(
            step.turns * _decoding(step.squeeze), _summing(graph, step, step.squeeze)
        )

    return costs


def _conv_cost(graph: Graph, step: Step, conv: Conv, rows: float) -> LayerCost:
    width = graph.tensor(conv.output).width
    decode, row = _costs_of(conv, width, step.tile_channels)[step.kernel_of(conv)]

    return LayerCost(step.turns * decode, rows * row)


@lru_cache(maxsize=KNOWN_COSTS)
def _costs_of(conv: Conv, width: int, tile_channels: int) -> dict[Kernel, tuple[float, float]]:
    """To decode CONV once and to sweep it over a row of WIDTH, by each kernel that can."""
    tiles = _up(conv.out_channels, tile_channels)
    costs: dict[Kernel, tuple[float, float]] = {
        "products": (_decoding(conv), _sweeping(conv, width, tiles))
    }
    if can_be_listed(conv):
        costs["nonzeros"] = OPEN + entering(conv), skipping(conv, width, tiles)
        costs["values"] = OPEN + chaining(conv), adding(conv, width, tiles)
    if can_go_by_winograd(conv):
        costs["winograd"] = _transforming(conv), _pairing(conv, width, tiles)

    return costs


def _computed_rows(graph: Graph, step: Step) -> float:
    """Rows that the convolutions of STEP compute, those that two turns compute counted twice."""
    if not step.convs:
        return 0
    height = graph.tensor(step.convs[0].output).height
    if step.pool is None:
        return min(height, step.limit)
    if step.squeeze is None:
        return height

    return height + max(0, step.pool.kernel - step.pool.stride) * (step.turns - 1)


def _decoding(conv: Conv) -> float:
    return OPEN + DECODE * conv.weights.size


def _up(count: int, size: int) -> int:
    """How many of SIZE hold COUNT."""
    return -(-count // size)


def _sweeping(conv: Conv, width: int, tiles: int) -> float:
    """A row: windows once a tile, a block for each group and pair of pixels."""
    windows = tiles * width * (WINDOW + VALUE * conv.filter_weights)
    blocks = _up(conv.out_channels, GROUP) * _up(width, 2)

    return windows + blocks * (BLOCK + QUAD * _up(conv.filter_weights, 4))


def _transforming(conv: Conv) -> float:
    return _decoding(conv) + TRANSFORM * conv.weights.size


def _pairing(conv: Conv, width: int, tiles: int) -> float:
    """A row: windows of pairs of pixels once a tile, a block for each group and two pairs."""
    pairs = _up(width, 2)
    values = conv.kernel_height * conv.in_channels
    windows = tiles * pairs * (PAIR + PAIR_VALUE * values)
    blocks = _up(conv.out_channels, GROUP) * (pairs // 2 + PAIRS_LAST * (pairs % 2))

    return windows + blocks * (PAIRS + PAIRS_QUAD * _up(values, 4))


def quickest(graph: Graph, step: Step) -> tuple[tuple[str, Kernel], ...]:
    """
    Which convolutions of STEP take fewer instructions than product by product, if they are decoded
    once: their names and kernels. Kernels of more code have to be WORTH_CODE quicker.
    """
    found: list[tuple[str, Kernel]] = []
    for conv in step.convs:
        output = graph.tensor(conv.output)
        costs = _costs_of(conv, output.width, step.tile_channels)
        work = {kernel: once + output.height * row for kernel, (once, row) in costs.items()}
        best: Kernel = "products"
        for kernel in BY_CODE:
            if work.get(kernel, inf) < (1 - WORTH_CODE) * work[best]:
                best = kernel
        if best != "products":
            found.append((conv.name, best))

    return tuple(found)


def _summing(graph: Graph, step: Step, squeeze: Conv) -> float:
    """The same for a squeeze, which takes the channels of a tile at a time."""
    width = graph.tensor(squeeze.output).width
    groups = _up(squeeze.out_channels, GROUP)
    pairs = 0.0  # instructions on two pixels
    for conv in step.convs:
        whole, rest = divmod(conv.out_channels, step.tile_channels)
        for count, channels in ((whole, step.tile_channels), (1, rest)):
            if channels:
                products = groups * (SUMS + QUAD * _up(channels, 4))
                pairs += count * (2 * VALUE * channels + products)

    return step.limit * (FINISH * width * groups * GROUP + _up(width, 2) * pairs)


def step_cost(graph: Graph, step: Step) -> int:
    """
    Estimated instructions of STEP, all of its turns.
    """
    return sum(cost.total for cost in step_costs(graph, step).values())


def layer_costs(program: Program) -> dict[str, LayerCost]:
    """
    LayerCost of each layer of PROGRAM by name; a layer that costs nothing here is left out.
    """
    return {
        name: cost
        for step in program.steps
        for name, cost in step_costs(program.graph, step).items()
    }


def layer_estimates(program: Program) -> dict[str, int]:
    """
    Estimated instructions of each layer; their sum is `instructions`.
    """
    return {name: cost.total for name, cost in layer_costs(program).items()}


def instructions(program: Program) -> int:
    """
    Estimated instructions of one inference.
    """
    return sum(layer_estimates(program).values())
