"""
What a plan costs in instructions: the one place with such figures.

They were counted on a Cortex-M4 in QEMU (`sqz2c run --json`) with the portable kernels; only the
part that depends on the plan decides between plans.
"""

from sqz2c.ir.geometry import macs
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import Program, Step

DECODE = 14  # instructions a decoded weight
OPEN = 3000  # instructions to open a layer's stream and build its tables
MAC = 3.6  # instructions a multiply-accumulate, its share of rescaling included
SUMMED_MAC = 6.0  # the same, in a squeeze that tiles of channels are summed into


def step_cost(graph: Graph, step: Step) -> int:
    """
    Instructions of STEP that depend on the plan: each turn decodes its weights once more; a pool
    between expand and squeeze has rows that two turns compute; and summing is dearer.
    """
    cost = step.turns * sum(OPEN + DECODE * conv.weights.size for conv in step.filters)
    if step.squeeze is None:
        return cost
    extra = (SUMMED_MAC - MAC) * macs(graph, step.squeeze)
    if step.pool is not None:
        twice = max(0, step.pool.kernel - step.pool.stride) * (step.turns - 1)
        for conv in step.convs:
            extra += MAC * twice * macs(graph, conv) / graph.tensor(conv.output).height

    return cost + int(extra)


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
    return int(MAC * sum(macs(graph, layer) for layer in graph.layers))
