"""
The trade-off: all programs worth having, from the smallest to the cheapest.
"""

from sqz2c.ir.core import CoreClass
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan.choose import realize_all
from sqz2c.plan.cost import instructions
from sqz2c.plan.fitted import costs_of
from sqz2c.plan.search import frontier
from sqz2c.plan.stages import stages_of
from sqz2c.plan.steps import steps_of


def curve(
    graph: Graph, mode: InputMode = "image", core: CoreClass = "dsp"
) -> tuple[Program, ...]:
    """
    The search's frontier as programs, smallest first; each next one needs fewer instructions on
    CORE. The checker has not looked at them.
    """
    stages = stages_of(graph, steps_of(graph), costs_of(core))
    programs = realize_all(graph, stages, mode, frontier(stages, mode))
    kept: list[Program] = []
    for program in sorted(programs, key=lambda p: (p.ram_bytes, instructions(p))):
        if not kept or instructions(program) < instructions(kept[-1]):
            kept.append(program)

    return tuple(kept)
