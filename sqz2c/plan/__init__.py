"""
Graph (quantized) -> Program: what runs when, and where its bytes lie.
"""

from sqz2c.ir.graph import Graph
from sqz2c.ir.program import Program, Scratch
from sqz2c.plan.arena import plan_arena
from sqz2c.plan.check import check_plan
from sqz2c.plan.segments import cut

TILE_CHANNELS = 4  # SQZ_TILE_CHANNELS of runtime_c
TABLES_BYTES = 2 * 256 * 2  # sizeof(sqz_tables_t)

__all__ = ["check_plan", "plan"]


def plan(graph: Graph) -> Program:
    """
    Cut GRAPH into segments and place its tensors in one arena; the checker has agreed.
    """
    segments = cut(graph)
    program = Program(graph, segments, plan_arena(graph, segments), _scratch(graph))
    check_plan(program)

    return program


def _scratch(graph: Graph) -> Scratch:
    tile = TILE_CHANNELS * max(conv.filter_weights for conv in graph.convs)

    return Scratch(
        tables=TABLES_BYTES,
        tile=-(-tile // 4) * 4,
        strip=TILE_CHANNELS * graph.tensor(graph.head.input).width,
    )
