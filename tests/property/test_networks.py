"""
Any member of the family through the whole chain: the C equals PyTorch at every layer.
"""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sqz2c.encode import encode
from sqz2c.errors import PlanError
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan import check_plan
from sqz2c.plan.choose import realize
from sqz2c.plan.search import frontier
from sqz2c.plan.stages import stages_of
from sqz2c.plan.steps import steps_of
from sqz2c.quantize import attach_requantizers
from sqz2c.verify import Reference, noise_images
from sqz2c.verify.host import OK
from tests.chain import compiled, differences, host_library
from tests.many import many
from tests.members import members
from tests.networks import Member, build

FAST = settings(max_examples=6, deadline=None, derandomize=True)
MODES = st.sampled_from(["image", "arena", "rows"])


def assert_equal_to_pytorch(program: Program) -> None:
    """
    The C of PROGRAM gives what the reference gives, for noise, all 0 and all 255.
    """
    graph = program.graph
    with host_library(program) as library:
        assert OK == library.check_weights()
        assert [] == differences(graph, library, Reference(graph), noise_images(graph))


@settings(FAST)
@given(members(), MODES)
def test_the_c_of_any_network_equals_pytorch(member: Member, mode: InputMode) -> None:
    """Every layer is equal, wherever the image lies."""
    assert_equal_to_pytorch(compiled(build(member), mode))


@pytest.mark.slow
@many(35)
@given(members(), MODES)
def test_the_c_of_many_networks_equals_pytorch(member: Member, mode: InputMode) -> None:
    """The same for many more."""
    assert_equal_to_pytorch(compiled(build(member), mode))


@st.composite
def any_plans(draw: st.DrawFn, largest: int = 64) -> Program:
    """
    Any network with any plan that the search finds for it, not the preferred one alone.
    """
    graph = attach_requantizers(build(draw(members(largest))))
    mode = draw(MODES)
    stages = stages_of(graph, steps_of(graph))
    candidates = frontier(stages, mode)
    number = draw(st.integers(0, len(candidates) - 1))

    return encode(realize(graph, stages, mode, candidates[number]))


@FAST
@given(any_plans())
def test_no_plan_changes_a_bit(program: Program) -> None:
    """Whichever plan is taken, the checker agrees and the C is equal."""
    check_plan(program)
    assert_equal_to_pytorch(program)


@pytest.mark.slow
@many(35)
@given(any_plans())
def test_no_plan_of_many_changes_a_bit(program: Program) -> None:
    """The same for many more."""
    check_plan(program)
    assert_equal_to_pytorch(program)


@st.composite
def changed_plans(draw: st.DrawFn) -> Program:
    """
    A plan with one buffer moved anywhere or with other rows, as if the planner had erred.
    """
    program = draw(any_plans(32))
    segments = list(program.segments)
    number = draw(st.integers(0, len(segments) - 1))
    buffers = list(segments[number].buffers)
    assume(buffers)
    index = draw(st.integers(0, len(buffers) - 1))
    offset = draw(st.integers(0, program.arena_bytes // 4)) * 4
    held = buffers[index].held - draw(st.integers(0, 2))
    changed = replace(buffers[index], offset=offset, held=max(1, held))
    assume(changed != buffers[index])
    buffers[index] = changed
    segments[number] = replace(segments[number], buffers=tuple(buffers))
    size = max(program.arena_bytes, -(-changed.end // 4) * 4)

    return replace(program, segments=tuple(segments), arena_bytes=size)


def accepts(program: Program) -> bool:
    """
    Whether the checker lets PROGRAM pass.
    """
    try:
        check_plan(program)
    except PlanError:
        return False

    return True


@settings(FAST, max_examples=15)
@given(changed_plans())
def test_a_changed_plan_that_the_checker_accepts_runs_right(program: Program) -> None:
    """The checker misses no overlap: what it lets pass, the C computes right."""
    if accepts(program):
        assert_equal_to_pytorch(program)


@pytest.mark.slow
@many(150)
@given(changed_plans())
def test_many_changed_plans_that_the_checker_accepts_run_right(program: Program) -> None:
    """The same for many more."""
    if accepts(program):
        assert_equal_to_pytorch(program)
