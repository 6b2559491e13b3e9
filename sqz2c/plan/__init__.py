"""
Graph (quantized) -> Program: what runs when, and where its bytes lie.
"""

from dataclasses import replace

from sqz2c.ir.core import CoreClass
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan.check import check_plan
from sqz2c.plan.choose import choose
from sqz2c.plan.cost import estimates, instructions, layer_estimates
from sqz2c.plan.curve import curve
from sqz2c.plan.fitted import costs_of
from sqz2c.plan.lifetimes import Life, SegmentLives, lifetimes, lower_bound, peak
from sqz2c.plan.search import frontier
from sqz2c.plan.stages import stages_of
from sqz2c.plan.steps import steps_of

__all__ = [
    "Life",
    "SegmentLives",
    "check_plan",
    "curve",
    "estimates",
    "instructions",
    "layer_estimates",
    "lifetimes",
    "lower_bound",
    "peak",
    "plan",
]


def plan(
    graph: Graph,
    mode: InputMode = "image",
    ram_budget: int | None = None,
    core: CoreClass = "dsp",
) -> Program:
    """
    The program of GRAPH that is cheapest on CORE and whose static RAM is at most RAM_BUDGET bytes;
    without a budget the one an engineer would pick. The checker has agreed to it, and it runs on
    every core.
    """
    stages = stages_of(graph, steps_of(graph), costs_of(core))
    candidates = frontier(stages, mode)
    program = choose(graph, stages, mode, candidates, ram_budget)
    check_plan(program)

    return replace(
        program,
        lower_bound_bytes=lower_bound(program),
        estimates=estimates(program),
    )
