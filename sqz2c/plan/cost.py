"""
What a plan costs in instructions, by the figures of costs.py.

The terms follow the kernels of runtime_c: weights are decoded once a turn, windows of two pixels
are built once a tile, and each group of four filters takes a block of products a window. Kernels
that skip weights of 0 have their own terms (list_cost.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf

import numpy as np

from sqz2c.ir.core import CORE_CLASSES, CoreClass
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, Kernel
from sqz2c.ir.lists import can_be_listed
from sqz2c.ir.program import Program, Step
from sqz2c.ir.scratch import filters_within
from sqz2c.ir.winograd import can_go_by_winograd
from sqz2c.plan.costs import Costs
from sqz2c.plan.fitted import costs_of
from sqz2c.plan.list_cost import adding, chaining, entering, skipping

GROUP = 4
BY_CODE: tuple[Kernel, ...] = ("winograd", "nonzeros", "values")  # beside products
LISTED: tuple[Kernel, ...] = ("nonzeros", "values")
WORTH_CODE = 0.04  # of a convolution's work: what a kernel saves at least, as its code takes flash
KNOWN_COSTS = 4096  # of convolutions in tiles, remembered


@dataclass(frozen=True)
class LayerCost:
    """Instructions of one layer, by what they do."""

    decode: float = 0
    convolve: float = 0
    pool: float = 0

    @property
    def total(self) -> int:
        return round(self.decode + self.convolve + self.pool)


def step_costs(costs: Costs, graph: Graph, step: Step) -> dict[str, LayerCost]:
    """
    LayerCost of each layer of STEP that has one, by name.

    Each turn decodes all weights once more; where a pool lies between expands and a squeeze that
    they are summed into, rows that two turns need are computed by both.
    """
    rows = _computed_rows(graph, step)
    found = {conv.name: _conv_cost(costs, graph, step, conv, rows) for conv in step.convs}
    if step.add is not None:
        tensor = graph.tensor(step.add.input)
        added = costs.add * rows * tensor.width * tensor.channels
        found[step.add.name] = LayerCost(convolve=added)
    if step.pool is not None:
        tensor = graph.tensor(step.pool.input)
        found[step.pool.name] = LayerCost(pool=rows * tensor.width * _pooling(costs, step))
    if step.squeeze is not None:
        found[step.squeeze.name] = _summing(costs, graph, step, step.squeeze)

    return found


def _conv_cost(costs: Costs, graph: Graph, step: Step, conv: Conv, rows: float) -> LayerCost:
    width = graph.tensor(conv.output).width
    tile, is_summed = step.tile_channels, step.squeeze is not None
    decode, row = _costs_of(costs, conv, width, tile, is_summed)[step.kernel_of(conv)]
    pool = costs.average * rows * width * conv.out_channels if step.is_head else 0

    return LayerCost(step.turns * decode, rows * row, pool)


def _pooling(costs: Costs, step: Step) -> float:
    """A pixel of the pool's input, all channels, tile by tile."""
    total = 0.0
    for count, channels in _tiles(step):
        vectors, rest = divmod(channels, costs.at_once)
        values = costs.pool * vectors + costs.pool_rest * rest
        total += count * (costs.pool_pixel + values)

    return total


@lru_cache(maxsize=KNOWN_COSTS)
def _costs_of(
    costs: Costs, conv: Conv, width: int, tile_channels: int, is_summed: bool
) -> dict[Kernel, tuple[float, float]]:
    """To decode CONV once and to sweep it over a row of WIDTH, by each kernel that can."""
    tiles = _up(conv.out_channels, tile_channels)
    by_products = _decoding(costs, conv), _sweeping(costs, conv, width, tiles)
    found: dict[Kernel, tuple[float, float]] = {"products": by_products}
    if can_be_listed(conv) and costs.has_lists:
        read, chained = entering(costs, conv), chaining(costs, conv)
        found["nonzeros"] = costs.open + read, skipping(costs, conv, width, tiles)
        found["values"] = costs.open + chained, adding(costs, conv, width, tiles)
    elif can_be_listed(conv):
        for kernel in LISTED:
            fit = filters_within(conv, kernel, tile_channels, is_summed)
            within = _sweeping(costs, conv, width, _up(conv.out_channels, fit))
            found[kernel] = by_products[0], within
    if can_go_by_winograd(conv):
        transformed = by_products[0] + costs.transform * conv.weights.size
        found["winograd"] = (
            (transformed, _pairing(costs, conv, width, tiles)) if costs.has_pairs else by_products
        )

    return found


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


@cache
def _nonzero(conv: Conv) -> int:
    return int(np.count_nonzero(conv.weights))


def _decoding(costs: Costs, conv: Conv) -> float:
    weights = costs.weight * conv.weights.size + costs.nonzero * _nonzero(conv)

    return costs.open + costs.filter * conv.out_channels + weights


def _up(count: int, size: int) -> int:
    """How many of SIZE hold COUNT."""
    return -(-count // size)


def _sweeping(costs: Costs, conv: Conv, width: int, tiles: int) -> float:
    """A row: windows once a tile, a block for each group and pair of pixels."""
    gathered = 0 if conv.in_channels % costs.lanes == 0 else costs.gathered
    values = (costs.value + gathered) * conv.filter_weights
    windows = tiles * width * (costs.window + costs.window_row * conv.kernel_height + values)
    blocks = _up(conv.out_channels, GROUP) * _up(width, 2)

    return windows + blocks * (
        costs.block + costs.quad * _up(conv.filter_weights, costs.at_once)
    )


def _pairing(costs: Costs, conv: Conv, width: int, tiles: int) -> float:
    """A row: windows of pairs of pixels once a tile, a block for each group and two pairs."""
    pairs = _up(width, 2)
    values = conv.kernel_height * conv.in_channels
    quads, groups = _up(values, 4), _up(conv.out_channels, GROUP)
    windows = tiles * pairs * (costs.pair + costs.pair_value * values)
    blocks = groups * (pairs // 2) * (costs.pairs + costs.pairs_quad * quads)
    lasts = groups * (pairs % 2) * (costs.pairs_last + costs.pairs_last_quad * quads)

    return windows + blocks + lasts


def quickest(costs: Costs, graph: Graph, step: Step) -> tuple[tuple[str, Kernel], ...]:
    """
    Which convolutions of STEP take fewer instructions than product by product, if they are decoded
    once: their names and kernels. Kernels of more code have to be WORTH_CODE quicker.
    """
    found: list[tuple[str, Kernel]] = []
    for conv in step.convs:
        output = graph.tensor(conv.output)
        known = _costs_of(costs, conv, output.width, step.tile_channels, step.squeeze is not None)
        work = {kernel: once + output.height * row for kernel, (once, row) in known.items()}
        best: Kernel = "products"
        for kernel in BY_CODE:
            if work.get(kernel, inf) < (1 - WORTH_CODE) * work[best]:
                best = kernel
        if best != "products":
            found.append((conv.name, best))

    return tuple(found)


def _summing(costs: Costs, graph: Graph, step: Step, squeeze: Conv) -> LayerCost:
    """A squeeze, which takes the channels of a tile at a time."""
    width = graph.tensor(squeeze.output).width
    groups = _up(squeeze.out_channels, GROUP)
    pixels, products, tiles = 0.0, 0.0, 0
    for count, channels in _tiles(step):
        quads = _up(channels, costs.at_once)
        tiles += count
        pixels += count * (costs.run_pixel + costs.value * channels)
        products += count * groups * (costs.sums + costs.quad * quads)
    sums = step.limit * width * groups * GROUP
    parts = tiles * squeeze.out_channels * (costs.filter + costs.run)
    once = costs.open + parts + costs.nonzero * _nonzero(squeeze)
    decode = step.turns * (once + costs.weight * squeeze.weights.size) + costs.begin * sums

    return LayerCost(
        decode,
        costs.finish * sums + step.limit * (width * pixels + _up(width, 2) * products),
    )


def _tiles(step: Step) -> Iterator[tuple[int, int]]:
    """(how many, filters) of the tiles of STEP's convolutions."""
    for conv in step.convs:
        whole, rest = divmod(conv.out_channels, step.tile_channels)
        yield whole, step.tile_channels
        if rest:
            yield 1, rest


def step_cost(costs: Costs, graph: Graph, step: Step) -> int:
    """
    Estimated instructions of STEP, all of its turns.
    """
    return sum(cost.total for cost in step_costs(costs, graph, step).values())


def layer_costs(program: Program, costs: Costs) -> dict[str, LayerCost]:
    """
    LayerCost of each layer of PROGRAM by name; a layer that costs nothing here is left out.
    """
    return {
        name: cost
        for step in program.steps
        for name, cost in step_costs(costs, program.graph, step).items()
    }


def layer_estimates(program: Program, core: CoreClass | None = None) -> dict[str, int]:
    """
    Estimated instructions of each layer on CORE, by default the one that PROGRAM was planned for;
    their sum is `instructions`.
    """
    found = layer_costs(program, costs_of(core or program.core))

    return {name: cost.total for name, cost in found.items()}


def estimates(program: Program) -> dict[CoreClass, dict[str, int]]:
    """
    `layer_estimates` for every class of cores.
    """
    return {core: layer_estimates(program, core) for core in CORE_CLASSES}


def instructions(program: Program) -> int:
    """
    Estimated instructions of one inference.
    """
    return sum(layer_estimates(program).values())
