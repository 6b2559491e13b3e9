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

    return cost + int(sum(_extra(graph, step).values()))


def _extra(graph: Graph, step: Step) -> dict[str, float]:
    """What a layer of STEP costs more because it is summed into a squeeze."""
    if step.squeeze is None:
        return {}
    extra = {step.squeeze.name: (SUMMED_MAC - MAC) * macs(graph, step.squeeze)}
    if step.pool is not None:
        twice = max(0, step.pool.kernel - step.pool.stride) * (step.turns - 1)
        for conv in step.convs:
            height = graph.tensor(conv.output).height
            extra[conv.name] = MAC * twice * macs(graph, conv) / height

    return extra


def layer_estimates(program: Program) -> dict[str, int]:
    """
    Estimated instructions of each layer; a layer that costs nothing here is left out. Their sum is
    `instructions`.
    """
    estimates: dict[str, int] = {}
    for step in program.steps:
        for conv in step.filters:
            cost = MAC * macs(program.graph, conv)
            cost += step.turns * (OPEN + DECODE * conv.weights.size)
            cost += _extra(program.graph, step).get(conv.name, 0.0)
            estimates[conv.name] = round(cost)

    return estimates


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
