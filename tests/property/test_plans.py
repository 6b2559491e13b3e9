"""
Every plan that the search can return, and some that it does not, is executed: the C equals PyTorch
at every layer, also when everything in the arena that no later turn needs is overwritten with
noise after every turn.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqz2c.encode import encode
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan import check_plan, curve, plan
from sqz2c.plan.choose import realize
from sqz2c.plan.search import frontier
from sqz2c.plan.stages import stages_of
from sqz2c.plan.steps import steps_of
from sqz2c.quantize import attach_requantizers
from sqz2c.verify import HostLibrary, Reference, noise_images
from tests.chain import differences, host_library
from tests.many import many
from tests.members import members
from tests.networks import Member, build
from tests.replayed import needed_after_turns
from tests.unit.plan.plans import anyhow

FAST = settings(max_examples=8, deadline=None, derandomize=True)
MODES: tuple[InputMode, ...] = ("image", "arena", "rows")

ANYHOW = 12  # plans that the search thinks nothing of

TINY = Member(height=20, width=17, fires=((4, 8, 8), (4, 8, 8)), pool_after=(0, 1), density=1.0)
OTHERS = {
    "padded": Member(
        height=21, width=21, fires=((3, 4, 4), (6, 4, 4)), pool_after=(2,), stem=(6, 3, 2, 2),
        head_padding=1, differing_scales=True,
    ),
    "tabled": Member(
        height=24, width=20, fires=((3, 4, 4), (6, 4, 4), (3, 8, 8)), pool_after=(0, 2),
        stem=(6, 3, 2, 2), pixel_table=True, zero_points=True,
    ),
    "wide": Member(
        height=25, width=33, fires=((5, 9, 3), (2, 3, 9)), pool_after=(1,), stem=(7, 7, 2, 0),
        quantized_average=True, per_filter=True,
    ),
    "only padding": Member(  # windows of the stem that see no pixel at all
        height=17, width=17, channels=1, stem=(1, 1, 3, 1), fires=((1, 1, 1),), pool_after=(0,),
        pixel_table=True,
    ),
    "padding first": Member(
        height=17, width=17, channels=1, stem=(1, 1, 1, 1), fires=((1, 1, 1),), pool_after=(),
        pixel_table=True,
    ),
    "bypassed": Member(
        height=19, width=21, fires=((3, 6, 6), (3, 6, 6), (2, 4, 5)), pool_after=(0, 2),
        bypass="complex", zero_points=True,
    ),
    "no pools": Member(height=17, width=19, fires=((3, 6, 6), (3, 6, 6)), pool_after=()),
}  # fmt: skip


class Poison:
    """
    Noise over all bytes that NEEDED, flags for each turn and byte, does not protect.
    """

    def __init__(self, needed: list[np.ndarray]) -> None:
        self.needed = needed
        self.turn = 0
        self.random = np.random.default_rng(5)

    def __call__(self, arena: np.ndarray) -> None:
        spoiled = ~self.needed[self.turn]
        arena[spoiled] = self.random.integers(0, 256, int(spoiled.sum()), np.uint8)
        self.turn += 1


def all_plans(member: Member, mode: InputMode) -> list[Program]:
    graph = attach_requantizers(build(member))
    stages = stages_of(graph, steps_of(graph))
    found = [realize(graph, stages, mode, c) for c in frontier(stages, mode)]

    return [encode(program) for program in (*found, *anyhow(stages, mode, ANYHOW))]


def assert_equal_when_poisoned(program: Program, needed: list[np.ndarray] | None = None) -> None:
    """
    Each image gives what the reference gives, in exactly the turns that the checker replayed.
    """
    graph = program.graph
    check_plan(program)
    with host_library(program) as library:
        reference = Reference(graph)
        for image in noise_images(graph):
            poison = Poison(needed or needed_after_turns(program))
            library.on_turn(poison)
            assert [] == differences(graph, library, reference, [image])
            assert len(poison.needed) == poison.turn


@pytest.mark.parametrize("mode", MODES)
def test_every_plan_of_a_network_runs(mode: InputMode) -> None:
    """The whole frontier and what it leaves out, each plan as C."""
    for program in all_plans(TINY, mode):
        assert_equal_when_poisoned(program)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("member", OTHERS.values(), ids=OTHERS)
def test_every_plan_of_other_networks_runs(member: Member, mode: InputMode) -> None:
    """The same for networks of other shapes."""
    for program in all_plans(member, mode):
        assert_equal_when_poisoned(program)


@st.composite
def budgeted(draw: st.DrawFn, largest: int = 48) -> tuple[Program, int]:
    """A network, planned for a budget that some plan just meets, or nearly the next one."""
    graph = attach_requantizers(build(draw(members(largest))))
    mode = draw(st.sampled_from(MODES))
    sizes = [program.ram_bytes for program in curve(graph, mode)]
    budget = draw(st.sampled_from(sizes)) + draw(st.integers(0, 3))

    return encode(plan(graph, mode, budget)), budget


def check_budgeted(program: Program, budget: int) -> None:
    assert program.ram_bytes <= budget
    assert_equal_when_poisoned(program)


@FAST
@given(budgeted())
def test_any_network_runs_in_any_budget(planned: tuple[Program, int]) -> None:
    """Every layer is equal, in the RAM that was granted."""
    check_budgeted(*planned)


@pytest.mark.slow
@many(50)
@given(budgeted(64))
def test_many_networks_run_in_any_budget(planned: tuple[Program, int]) -> None:
    """The same for many more."""
    check_budgeted(*planned)


def changes_something(library: HostLibrary, program: Program, needed: list[np.ndarray]) -> bool:
    graph = program.graph
    library.on_turn(Poison(needed))
    return bool(differences(graph, library, Reference(graph), noise_images(graph)[-1:]))


@pytest.mark.parametrize("mode", MODES)
def test_a_poisoned_byte_that_is_needed_is_noticed(mode: InputMode) -> None:
    """What the replay calls needed is: without it some layer changes."""
    program = all_plans(TINY, mode)[0]
    needed = needed_after_turns(program)
    noticed = []
    with host_library(program) as library:
        assert not changes_something(library, program, needed)
        for turn in range(0, len(needed) - 1, 7):
            first = int(np.flatnonzero(needed[turn])[0])
            exposed = [flags.copy() for flags in needed]
            exposed[turn][first] = False
            noticed.append(changes_something(library, program, exposed))
            exposed[turn][:] = False
            assert changes_something(library, program, exposed), turn
    assert any(noticed)
