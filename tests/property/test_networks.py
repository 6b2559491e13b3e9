"""
Any member of the family through the whole chain: the C equals PyTorch at every layer.
"""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sqz2c.ir.program import ArenaPlan, Program
from sqz2c.plan import check_plan
from sqz2c.plan.arena import plan_arena
from sqz2c.verify import Reference, noise_images
from sqz2c.verify.host import OK
from tests.chain import compiled, differences, host_library
from tests.members import members
from tests.networks import Member, build

FAST = settings(max_examples=20, deadline=None, derandomize=True)
SLOW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_equal_to_pytorch(program: Program) -> None:
    """
    The C of PROGRAM gives what the reference gives, for noise, all 0 and all 255.
    """
    graph = program.graph
    with host_library(program) as library:
        assert OK == library.check_weights()
        assert [] == differences(graph, library, Reference(graph), noise_images(graph))


@FAST
@given(members())
def test_the_c_of_any_network_equals_pytorch(member: Member) -> None:
    """Every layer is equal, the plan passes its checker and respects its bound."""
    program = compiled(build(member))

    check_plan(program)
    assert program.arena.lower_bound <= program.arena.size
    assert_equal_to_pytorch(program)


@pytest.mark.slow
@SLOW
@given(members())
def test_the_c_of_many_networks_equals_pytorch(member: Member) -> None:
    """The same for many more."""
    assert_equal_to_pytorch(compiled(build(member)))


def with_rows(program: Program, rows: int) -> Program:
    """
    PROGRAM with ROWS rows a round in its first segment, buffers placed anew.
    """
    first, *others = program.segments
    height = program.graph.tensor(first.layers[-1].output).height
    segments = (replace(first, rows=rows, rounds=-(-height // rows)), *others)

    return replace(program, segments=segments, arena=plan_arena(program.graph, segments))


@settings(FAST, max_examples=10)
@given(members(largest=40), st.integers(1, 9))
def test_rows_per_round_change_no_bit(member: Member, rows: int) -> None:
    """However many rows flow through the first segment at a time, the results are the same."""
    program = compiled(build(replace(member, pool_after=(0,))))
    changed = with_rows(program, rows)

    check_plan(changed)
    assert_equal_to_pytorch(changed)


def moved(program: Program, number: int, offset: int, held: int) -> Program:
    """
    PROGRAM with one buffer somewhere else and of another depth.
    """
    buffers = list(program.arena.buffers)
    buffers[number] = replace(buffers[number], offset=offset, held=held)
    size = max(program.arena.size, *(b.end for b in buffers))

    return replace(program, arena=ArenaPlan(tuple(buffers), -(-size // 4) * 4, 0))


@st.composite
def faulty_plans(draw: st.DrawFn) -> Program:
    """
    A plan with one buffer moved anywhere, or with fewer rows.
    """
    program = compiled(build(draw(members(largest=32))))
    number = draw(st.integers(0, len(program.arena.buffers) - 1))
    buffer = program.arena.buffers[number]
    offset = draw(st.integers(0, program.arena.size // 4)) * 4
    held = draw(st.sampled_from([buffer.held, max(1, buffer.held - 1)]))
    assume((buffer.offset, buffer.held) != (offset, held))

    return moved(program, number, offset, held)


def accepts(program: Program) -> bool:
    """
    Whether the checker lets PROGRAM pass.
    """
    from sqz2c.errors import PlanError

    try:
        check_plan(program)
    except PlanError:
        return False

    return True


@settings(FAST, max_examples=15, suppress_health_check=[HealthCheck.filter_too_much])
@given(faulty_plans())
def test_a_changed_plan_that_passes_the_checker_still_runs_right(program: Program) -> None:
    """What the checker lets pass, the C computes right: it misses no overlap."""
    assume(accepts(program))

    assert_equal_to_pytorch(program)


@pytest.mark.slow
@settings(SLOW, suppress_health_check=list(HealthCheck))
@given(faulty_plans())
def test_many_changed_plans_that_pass_the_checker_run_right(program: Program) -> None:
    """The same for many more."""
    assume(accepts(program))

    assert_equal_to_pytorch(program)
