"""
One plan out of many: within a budget, or the one an engineer would pick.
"""

import re
from dataclasses import replace

import pytest

from sqz2c.errors import PlanError
from sqz2c.ir.layer import Conv
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan import check_plan, curve, instructions, plan
from sqz2c.plan.choose import SAME, WORTH
from sqz2c.plan.layout import aligned
from sqz2c.plan.lifetimes import lower_bound
from tests.networks import Member
from tests.unit.plan.plans import MEMBERS, MODES, PADDED, POOLED, graph_of, programs

EVERY_MODE = pytest.mark.parametrize("mode", MODES)
EVERY_MEMBER = pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)


def figures(program: Program) -> tuple[int, int]:
    return program.ram_bytes, instructions(program)


@EVERY_MODE
@EVERY_MEMBER
def test_a_budget_gets_the_cheapest_plan_that_fits(member: Member, mode: InputMode) -> None:
    """At every budget that a plan just meets, and a byte below it; or one that costs the SAME."""
    all_figures = [figures(program) for program in programs(member, mode)]
    least = min(ram for ram, _ in all_figures)
    for budget in {ram - below for ram, _ in all_figures for below in (0, 1)}:
        if budget < least:
            continue
        ram, cost = figures(plan(graph_of(member), mode, budget))
        assert ram <= budget
        cheapest = min(c for r, c in all_figures if r <= budget)
        assert cheapest <= cost <= (1 + SAME) * cheapest + 1


@EVERY_MODE
@EVERY_MEMBER
def test_without_a_budget_little_speed_buys_much_ram(member: Member, mode: InputMode) -> None:
    """The smallest plan of those that cost at most 5 % more than the cheapest."""
    all_figures = [figures(program) for program in programs(member, mode)]
    allowed = min(cost for _, cost in all_figures) * (1 + WORTH)
    ram, cost = figures(plan(graph_of(member), mode))
    assert cost <= allowed + 1
    assert min(r for r, c in all_figures if c < allowed - 1) >= ram


@pytest.mark.parametrize(
    ("mode", "advice"),
    [
        ("image", ""),
        ("arena", "feed rows (--input rows), "),
        ("rows", ""),
    ],
)
def test_an_impossible_budget_is_refused_with_the_least_ram(
    mode: InputMode, advice: str
) -> None:
    """One sentence: the smallest RAM that would do, the layer that needs it, the way out."""
    least = min(programs(PADDED, mode), key=lambda program: program.ram_bytes)
    with pytest.raises(PlanError) as refusal:
        plan(graph_of(PADDED), mode, least.ram_bytes - 1)
    found = re.fullmatch(
        r"([\d,]+) B of RAM are too few: the smallest plan takes ([\d,]+) B, because of (\S+); "
        rf"give more RAM, {re.escape(advice)}or train a smaller network\.",
        str(refusal.value),
    )
    assert found is not None, refusal.value
    assert f"{least.ram_bytes - 1:,}" == found[1]
    assert f"{least.ram_bytes:,}" == found[2]
    assert found[3] in {step.name for step in least.steps}
    assert least.ram_bytes == plan(graph_of(PADDED), mode, least.ram_bytes).ram_bytes


def test_the_layer_that_is_blamed_needs_the_ram() -> None:
    """Wide expands before the head: they are named, not the narrow layers before them."""
    fires = ((1, 1, 1), (16, 64, 64))
    member = Member(height=17, width=17, stem=(1, 3, 1, 1), fires=fires, pool_after=())
    with pytest.raises(PlanError, match=r"because of (fire3/expand1x1\+\S*|conv4\+average);"):
        plan(graph_of(member), "image", 100)


@EVERY_MODE
@EVERY_MEMBER
def test_every_plan_passes_its_judge(member: Member, mode: InputMode) -> None:
    """Whatever the search returns, the checker agrees; and what it is said to take it takes."""
    for program in programs(member, mode):
        check_plan(program)
        assert program.arena_bytes == aligned(max(s.arena_bytes for s in program.segments))
        assert 0 < lower_bound(program) <= program.arena_bytes


@EVERY_MODE
@EVERY_MEMBER
def test_the_curve_is_the_best_of_all_plans(member: Member, mode: InputMode) -> None:
    """Smallest first, each next one cheaper, and none of all plans beats one of them."""
    points = [figures(program) for program in curve(graph_of(member), mode)]
    assert sorted(points) == points
    assert sorted({cost for _, cost in points}, reverse=True) == [cost for _, cost in points]
    for ram, cost in map(figures, programs(member, mode)):
        assert any(r <= ram and c <= cost for r, c in points)


def test_plans_look_at_zeros_and_equal_weights_alone() -> None:
    """Lists are as long with all signs turned, so nothing changes."""
    graph = graph_of(POOLED)
    turned = tuple(
        replace(layer, weights=-layer.weights) if isinstance(layer, Conv) else layer
        for layer in graph.layers
    )
    for mode in MODES:
        first, second = (curve(g, mode) for g in (graph, replace(graph, layers=turned)))
        assert [figures(p) for p in first] == [figures(p) for p in second]
        assert [[s.buffers for s in p.segments] for p in first] == [
            [s.buffers for s in p.segments] for p in second
        ]
