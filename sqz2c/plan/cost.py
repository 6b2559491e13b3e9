"""
What a plan costs in instructions: the one place with such figures.

They were counted on a Cortex-M4 in QEMU (`sqz2c run --json`) with the portable kernels; only the
part that depends on the plan decides between plans.
"""

from sqz2c.ir.geometry import macs
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv
from sqz2c.ir.program import Program, Step

DECODE = 14  # instructions a decoded weight
OPEN = 3000  # instructions to open a layer's stream and build its tables
WINDOW = 1.2  # instructions a value of a pixel's window, each time it is built: once a tile
MAC = 0.75  # instructions a multiply-accumulate
OUTPUT = 12  # instructions an output of a convolution: bias, rescaling, storing
SUM = 4  # instructions to load, raise and store a squeeze's sum: once a pixel, filter and tile


def step_cost(graph: Graph, step: Step) -> int:
    """
    Instructions of STEP that depend on the plan: each turn decodes its weights once more; each
    tile builds its windows once more; each tile raises the sums of a squeeze; a pool between
    expand and squeeze has rows that two turns compute.
    """
    cost = float(step.turns * sum(OPEN + DECODE * conv.weights.size for conv in step.filters))
    cost += sum(_windows(graph, step, conv) for conv in step.convs)
    if step.squeeze is None:
        return int(cost)
    pixels = _pixels(graph, step.squeeze)
    cost += SUM * pixels * step.squeeze.out_channels * _tiles(step)
    cost += WINDOW * pixels * step.squeeze.in_channels
    if step.pool is not None:
        twice = max(0, step.pool.kernel - step.pool.stride) * (step.turns - 1)
        for conv in step.convs:
            whole = _conv_arithmetic(graph, conv) + _windows(graph, step, conv)
            cost += twice * whole / graph.tensor(conv.output).height

    return int(cost)


def _tiles(step: Step) -> int:
    """How many tiles the filters of STEP make."""
    return sum(-(-conv.out_channels // step.tile_channels) for conv in step.convs)


def _windows(graph: Graph, step: Step, conv: Conv) -> float:
    """Building the windows of CONV, once a tile."""
    tiles = -(-conv.out_channels // step.tile_channels)
    return WINDOW * conv.filter_weights * _pixels(graph, conv) * tiles


def _pixels(graph: Graph, conv: Conv) -> int:
    tensor = graph.tensor(conv.output)
    return tensor.height * tensor.width


def _conv_arithmetic(graph: Graph, conv: Conv) -> float:
    return MAC * macs(graph, conv) + OUTPUT * _pixels(graph, conv) * conv.out_channels


def instructions(program: Program) -> int:
    """
    Estimated instructions of one inference.
    """
    plan = sum(step_cost(program.graph, step) for step in program.steps)

    return arithmetic(program.graph) + plan


def arithmetic(graph: Graph) -> int:
    """
    The part that no plan changes.
    """
    return int(sum(_conv_arithmetic(graph, conv) for conv in graph.convs))
