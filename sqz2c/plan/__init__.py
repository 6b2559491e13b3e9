"""
Graph (quantized) -> Program: what runs when, and where its bytes lie.
"""

from collections.abc import Sequence

from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan.check import check_plan
from sqz2c.plan.choose import choose, realize
from sqz2c.plan.search import Candidate, frontier
from sqz2c.plan.stages import Stage, stages_of
from sqz2c.plan.steps import steps_of

__all__ = ["check_plan", "plan"]


def candidates_of(stages: Sequence[Stage], mode: InputMode) -> tuple[Candidate, ...]:
    """
    Every program worth having: with and without summing into squeezes, whose scratch differs.
    """
    return (*frontier(stages, mode, summed=False), *frontier(stages, mode))


def plan(
    graph: Graph, mode: InputMode = "image", ram_budget: int | None = None
) -> Program:
    """
    The cheapest program of GRAPH whose static RAM is at most RAM_BUDGET bytes; without a budget
    the one an engineer would pick. The checker has agreed to it.
    """
    stages = stages_of(graph, steps_of(graph))
    candidates = candidates_of(stages, mode)
    program = choose(graph, stages, mode, candidates, ram_budget)
    check_plan(program)

    return program
