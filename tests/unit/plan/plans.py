"""
Tiny networks and all of their plans, for the tests of the planner.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import product
from random import Random

from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan.choose import realize
from sqz2c.plan.search import Candidate, Cut, frontier
from sqz2c.plan.stages import Choice, Stage, stages_of
from sqz2c.plan.steps import steps_of
from tests.networks import Member, build

MODES: tuple[InputMode, ...] = ("image", "arena", "rows")

# Two and three fires, pools in different places, windows that leave rows over.
SMALL = Member(
    height=24, width=24, fires=((2, 6, 6), (5, 3, 9)), pool_after=(0,), stem=(5, 3, 2, 1)
)
POOLED = Member(height=20, width=17, fires=((4, 8, 8), (4, 8, 8)), pool_after=(0, 1))
PADDED = Member(
    height=21,
    width=21,
    fires=((3, 4, 4), (6, 4, 4)),
    pool_after=(2,),
    stem=(6, 3, 2, 2),
    head_padding=1,
)
TABLED = Member(
    height=24,
    width=20,
    fires=((3, 4, 4), (6, 4, 4), (3, 8, 8)),
    pool_after=(0, 2),
    stem=(6, 3, 2, 2),
    pixel_table=True,
)
# Both kinds of bypass, one of them under a pool.
BYPASSED = Member(
    height=20, width=17, fires=((4, 8, 8), (3, 8, 8)), pool_after=(0, 2), bypass="complex"
)
MEMBERS = {
    "small": SMALL, "pooled": POOLED, "padded": PADDED, "tabled": TABLED, "bypassed": BYPASSED,
}  # fmt: skip


@cache
def graph_of(member: Member) -> Graph:
    return build(member)


@cache
def stages(member: Member) -> tuple[Stage, ...]:
    graph = graph_of(member)
    return stages_of(graph, steps_of(graph))


@cache
def candidates(member: Member, mode: InputMode) -> tuple[Candidate, ...]:
    return frontier(stages(member), mode)


@cache
def programs(member: Member, mode: InputMode) -> tuple[Program, ...]:
    """
    All programs that the search returns for MEMBER.
    """
    graph = graph_of(member)
    return tuple(realize(graph, stages(member), mode, c) for c in candidates(member, mode))


def cuttings(count: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """
    Every way to cut COUNT stages into segments, as (first, last).
    """
    for joined in product([False, True], repeat=count - 1):
        parts, first = [], 0
        for last in range(count):
            if last == count - 1 or not joined[last]:
                parts.append((first, last))
                first = last + 1
        yield tuple(parts)


def anyhow(
    stages: Sequence[Stage], mode: InputMode, count: int, seed: int = 0
) -> tuple[Program, ...]:
    """
    COUNT plans that the search may think nothing of: any cutting, any choices.
    """
    random = Random(seed)
    cuts = [parts for parts in cuttings(len(stages)) if mode != "rows" or len(parts) > 1]
    result = []
    for _ in range(count):
        chosen = [random.choice(stage.choices) for stage in stages]
        parts = random.choice(cuts)
        found = tuple(Cut(a, b, tuple(chosen[a : b + 1])) for a, b in parts)
        result.append(realize(stages[0].graph, stages, mode, Candidate(0, 0, found)))

    return tuple(result)


def limited(
    stages: Sequence[Stage], keep: Callable[[Stage, Choice], bool]
) -> tuple[Stage, ...]:
    """
    The same stages, of whose choices only those that KEEP likes are worth trying.
    """
    result = []
    for stage in stages:
        few = Stage(stage.graph, stage.steps, stage.costs)
        vars(few)["choices"] = tuple(choice for choice in stage.choices if keep(stage, choice))
        result.append(few)

    return tuple(result)


def all_choices(stage: Stage) -> list[Choice]:
    """
    All rows a turn, also those that the search does not try, in all ways that it tries.
    """
    ways = {(c.summed, c.tile_channels, c.quick) for c in stage.choices}
    return [Choice(rows, *way) for rows in range(1, stage.limit + 1) for way in sorted(ways)]


def all_cuts(
    stages: tuple[Stage, ...], mode: InputMode
) -> Iterator[tuple[int, tuple[Cut, ...]]]:
    """
    (cost, cuts) of every plan there is: all cuttings, all rows a turn.
    """
    choices = [all_choices(stage) for stage in stages]
    for chosen in product(*choices):
        cost = sum(stage.cost(choice) for stage, choice in zip(stages, chosen, strict=True))
        for parts in cuttings(len(stages)):
            if mode != "rows" or len(parts) > 1:
                yield cost, tuple(Cut(a, b, tuple(chosen[a : b + 1])) for a, b in parts)
