"""
The search against all plans there are, for networks small enough to write them all down.
"""

from math import prod
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sqz2c.ir.program import InputMode
from sqz2c.plan import search as search_module
from sqz2c.plan.choose import realize
from sqz2c.plan.layout import aligned
from sqz2c.plan.lifetimes import lower_bound
from sqz2c.plan.search import Candidate, Cut, _open_rows, _ring, _Search, frontier
from sqz2c.plan.stages import Stage, stages_of
from sqz2c.plan.steps import steps_of
from tests.many import many
from tests.networks import Member, build, exists
from tests.unit.plan.plans import (
    MODES,
    all_choices,
    all_cuts,
    cuttings,
    graph_of,
    limited,
    stages,
)

TINY = {
    "two fires": Member(
        height=16, width=16, fires=((2, 6, 6), (5, 3, 9)), pool_after=(0,), stem=(5, 3, 2, 1)
    ),
    "padded head": Member(
        height=15, width=19, fires=((3, 4, 4), (2, 6, 2)), pool_after=(2,), stem=(6, 3, 2, 2),
        head_padding=1,
    ),
    "table, three fires": Member(
        height=13, width=20, fires=((3, 4, 4), (6, 4, 4), (3, 8, 8)), pool_after=(0, 2),
        stem=(6, 3, 2, 2), pixel_table=True,
    ),
    "one fire": Member(
        height=19, width=17, fires=((3, 4, 4),), pool_after=(1,), stem=(6, 5, 1, 2)
    ),
    "bypassed": Member(
        height=16, width=16, fires=((2, 6, 6), (5, 3, 9)), pool_after=(0, 1), stem=(5, 3, 2, 1),
        bypass="complex",
    ),
}  # fmt: skip
FEW = 5  # choices of a stage that are tried without dropping any
EVERY_MODE = pytest.mark.parametrize("mode", MODES)
EVERY_TINY = pytest.mark.parametrize("member", TINY.values(), ids=TINY)


def model_bytes(each: tuple[Stage, ...], mode: InputMode, cut: Cut) -> int:
    """
    What the search's docstring says a segment takes, without labels and without dropping any.
    """
    search = _Search(each, mode)
    stays, passes, arriving, open_rows = 0, 0, 1, 0
    for stage, choice in zip(each[cut.first : cut.last + 1], cut.choices, strict=True):
        inside, during = stage.inside(choice)
        if stage is not each[cut.first] or (cut.first == 0 and mode == "rows"):
            rows = _ring(stage, choice.pace, arriving) + open_rows
            stays += aligned(rows * stage.input_row_bytes)
        stays, passes = stays + inside, max(passes, during)
        arriving, open_rows = choice.rows, _open_rows(stage)

    return stays + passes + search._maps(cut.first, cut.last, cut.choices[-1])


def undominated(points: set[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for size, cost in sorted(points):
        if not kept or cost < kept[-1][1]:
            kept.append((size, cost))

    return kept


@EVERY_MODE
@EVERY_TINY
@pytest.mark.parametrize(
    ("summed", "wide"),
    [
        (False, False),
        pytest.param(True, False, marks=pytest.mark.slow),
        pytest.param(False, True, marks=pytest.mark.slow),
    ],
)
def test_no_plan_beats_the_frontier(
    member: Member, mode: InputMode, summed: bool, wide: bool
) -> None:
    """Of all cuttings and all rows a turn, none is smaller at the same cost or cheaper."""
    each = limited(
        stages(member),
        lambda stage, c: (summed or not c.summed)
        and (wide or c == next(a for a in stage.choices if a.pace == c.pace)),
    )
    sizes: dict[Cut, int] = {}
    points = set()
    for cost, cuts in all_cuts(each, mode):
        for cut in cuts:
            if cut not in sizes:
                sizes[cut] = model_bytes(each, mode, cut)
        points.add((max(sizes[cut] for cut in cuts), cost))
    found = [(c.bytes, c.cost) for c in frontier(each, mode)]
    assert undominated(points) == found


@EVERY_MODE
@EVERY_TINY
def test_no_program_is_larger_than_the_model_says(member: Member, mode: InputMode) -> None:
    """Every plan there is can be laid out in the bytes that the search counts for it."""
    graph, each = graph_of(member), stages(member)
    random = Random(3)
    for _ in range(300):
        chosen = [random.choice(all_choices(stage)) for stage in each]
        parts = random.choice(list(cuttings(len(each)))[1 if mode == "rows" else 0 :])
        cuts = tuple(Cut(a, b, tuple(chosen[a : b + 1])) for a, b in parts)
        size = max(model_bytes(each, mode, cut) for cut in cuts)
        program = realize(graph, each, mode, Candidate(size, 0, cuts))
        assert program.arena_bytes <= max(4, size)
        assert lower_bound(program) <= program.arena_bytes


class Thorough(_Search):
    """The search without bounds."""

    def _are_hopeless(self, sizes: np.ndarray, *_: object) -> np.ndarray:  # type: ignore[override]
        return np.zeros(len(sizes), bool)


def assert_nothing_is_lost(
    member: Member, mode: InputMode, random: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What the search drops on its way, because of its bounds or of better labels, never matters: of
    a few choices of each stage.
    """
    whole = stages_of(build(member), steps_of(build(member)))
    chosen = {
        choice
        for stage in whole
        for choice in random.sample(stage.choices, min(FEW, len(stage.choices)))
    }
    each = limited(whole, lambda _, choice: choice in chosen)
    assume(prod(len(stage.choices) for stage in each) < 20_000)
    found = frontier(each, mode)
    with monkeypatch.context() as patch:
        patch.setattr(search_module, "undominated", lambda a, b, c: np.lexsort((b, a, c)))
        assert found == () or [(c.bytes, c.cost) for c in found] == [
            (c.bytes, c.cost) for c in Thorough(each, mode).run()
        ]


WIDTHS = st.sampled_from([1, 2, 4, 8, 16, 48, 64])
UNEVEN = st.builds(
    Member,
    height=st.integers(17, 60),
    width=st.integers(17, 20),
    stem=st.tuples(st.integers(1, 8), st.sampled_from([1, 3, 5]), st.integers(1, 3), st.just(1)),
    fires=st.lists(st.tuples(WIDTHS, WIDTHS, WIDTHS), min_size=2, max_size=4).map(tuple),
    pool_after=st.sets(st.integers(0, 2), max_size=2).map(sorted).map(tuple),
    head_padding=st.integers(0, 1),
).filter(exists)
PATCHED = [HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=PATCHED)
@given(member=UNEVEN, mode=st.sampled_from(MODES), random=st.randoms(use_true_random=False))
def test_what_the_search_drops_never_matters(
    member: Member, mode: InputMode, random: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without bounds and without dropping labels it finds the same frontier."""
    assert_nothing_is_lost(member, mode, random, monkeypatch)


@pytest.mark.slow
@many(150)
@given(member=UNEVEN, mode=st.sampled_from(MODES), random=st.randoms(use_true_random=False))
def test_what_the_search_drops_for_many_networks_never_matters(
    member: Member, mode: InputMode, random: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for many more."""
    assert_nothing_is_lost(member, mode, random, monkeypatch)


@EVERY_MODE
@EVERY_TINY
def test_the_frontier_falls(member: Member, mode: InputMode) -> None:
    """Each next candidate takes more bytes and costs less."""
    found = frontier(stages(member), mode)
    sizes, costs = [c.bytes for c in found], [c.cost for c in found]
    assert sorted(set(sizes)) == sizes
    assert sorted(set(costs), reverse=True) == costs


@EVERY_MODE
def test_the_same_network_has_the_same_frontier(mode: InputMode) -> None:
    """The search depends on nothing but its input."""
    first = frontier(stages(TINY["two fires"]), mode)
    assert first == frontier(stages(TINY["two fires"]), mode)
