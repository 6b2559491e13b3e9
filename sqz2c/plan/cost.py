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


def turn_cost(step: Step) -> int:
    """
    Instructions that every further turn of STEP costs: its weights are decoded once more.
    """
    return sum(OPEN + DECODE * conv.weights.size for conv in step.convs)


def instructions(program: Program) -> int:
    """
    Estimated instructions of one inference.
    """
    work = arithmetic(program.graph)

    return work + sum(step.turns * turn_cost(step) for step in program.steps)


def arithmetic(graph: Graph) -> int:
    """
    The part that no plan changes.
    """
    return int(MAC * sum(macs(graph, layer) for layer in graph.layers))
