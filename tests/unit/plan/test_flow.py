"""
Turns: who goes when, and how many rows wait meanwhile.
"""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sqz2c.ir.graph import Graph
from sqz2c.ir.program import Step
from sqz2c.plan.flow import NEVER, Turn, turns, waits
from sqz2c.plan.steps import geometry, steps_of
from tests.members import members
from tests.networks import Member, build

ONE_FIRE = Member(height=9, width=9, stem=(4, 3, 1, 0), fires=((2, 4, 4),), pool_after=())


def flow(graph: Graph, steps: list[Step], *, fed: bool = False) -> tuple[Turn, ...]:
    return turns(steps, [geometry(graph, step) for step in steps], fed=fed)


def drawn(order: tuple[Turn, ...], count: int) -> list[str]:
    """
    A line a step, a column a turn: the last digit of the row that it makes, alone.
    """
    lines = [["."] * len(order) for _ in range(count)]
    for column, turn in enumerate(order):
        assert 1 == turn.end - turn.begin
        lines[turn.step][column] = str(turn.begin)

    return ["".join(line) for line in lines]


def steps_with_rows(graph: Graph, *rows: int) -> list[Step]:
    steps = steps_of(graph)[: len(rows)]
    return [replace(step, rows=count) for step, count in zip(steps, rows, strict=True)]


def test_the_last_step_that_can_go_goes() -> None:
    """Rows are used as soon as they are there: 3x3 windows need one row more, but for the last."""
    graph = build(ONE_FIRE)
    order = flow(graph, steps_with_rows(graph, 1, 1, 1))
    expected = [
        "0.1..2..3..4..5..6...",  # conv1
        ".0.1..2..3..4..5..6..",  # squeeze
        "....0..1..2..3..4..56",  # expands
    ]
    assert expected == drawn(order, 3)


def test_a_step_with_more_rows_a_turn_waits_for_them() -> None:
    """A turn begins when all rows that it reads are there; the last one takes what is left."""
    graph = build(ONE_FIRE)
    order = flow(graph, steps_with_rows(graph, 2, 3, 4))
    expected = [(0, 0, 2), (0, 2, 4), (1, 0, 3), (0, 4, 6), (1, 3, 6), (2, 0, 4), (0, 6, 7),
                (1, 6, 7), (2, 4, 7)]  # fmt: skip
    assert expected == [(turn.step, turn.begin, turn.end) for turn in order]


def test_fed_rows_arrive_only_when_nobody_can_go() -> None:
    """The order of turns is the same, wherever the image comes from."""
    graph = build(ONE_FIRE)
    steps = steps_with_rows(graph, 2, 3, 4)
    assert flow(graph, steps) == flow(graph, steps, fed=True)


def test_rows_that_wait() -> None:
    """A ring holds what was begun and is still needed: three rows for a window of three."""
    graph = build(ONE_FIRE)
    steps = steps_with_rows(graph, 1, 1, 1)
    geometries = [geometry(graph, step) for step in steps]
    image, conv1, squeeze, fire2 = waits(steps, geometries, turns(steps, geometries, fed=True))
    assert [3, 1, 3, 7] == [image.held, conv1.held, squeeze.held, fire2.held]
    # conv1's row is made in one turn and read in the next, which are then repeated.
    assert (0b11, 0b11 << 2, 0b11 << 5) == tuple(
        conv1.alive & bits for bits in (0b11, 0b11 << 2, 0b11 << 5)
    )
    assert 0 == conv1.alive & 1 << 4


def test_a_bypassed_row_waits_until_it_is_added() -> None:
    """The image of the module waits for the row after it, as the 3x3 window has it."""
    member = replace(ONE_FIRE, stem=(8, 3, 1, 0), bypass="simple")
    graph = build(member)
    steps = [replace(step, rows=1) for step in steps_of(graph)[:3]]
    order = flow(graph, steps)
    expected = [
        "0.1..2..3..4..5..6...",  # conv1
        ".0.1..2..3..4..5..6..",  # squeeze
        "....0..1..2..3..4..56",  # expands, to which conv1 is added
    ]
    assert expected == drawn(order, 3)
    assert "conv1" == steps[2].addend
    geometries = [geometry(graph, step) for step in steps]
    _, conv1, squeeze, _ = waits(steps, geometries, order)
    assert [2, 3] == [conv1.held, squeeze.held]
    assert len(order) == conv1.alive.bit_length()


@st.composite
def flows(draw: st.DrawFn) -> tuple[Graph, list[Step], bool]:
    graph = build(draw(members(40)))
    steps = [replace(step, rows=draw(st.integers(1, step.limit))) for step in steps_of(graph)]
    first = draw(st.integers(0, len(steps) - 1))
    last = draw(st.integers(first, len(steps) - 1))

    return graph, steps[first : last + 1], draw(st.booleans())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(flows())
def test_every_row_is_made_once_and_in_order(
    drawn_flow: tuple[Graph, list[Step], bool],
) -> None:
    """Each step makes all rows up to its limit, and reads only rows that are there."""
    graph, steps, fed = drawn_flow
    done = [0] * len(steps)
    for turn in flow(graph, steps, fed=fed):
        assert done[turn.step] == turn.begin
        assert turn.end == min(steps[turn.step].limit, turn.begin + steps[turn.step].rows)
        if turn.step:
            assert turn.reads_end <= done[turn.step - 1]
        done[turn.step] = turn.end
    assert [step.limit for step in steps] == done


@settings(max_examples=60, deadline=None, derandomize=True)
@given(flows())
def test_a_ring_is_as_deep_as_it_must_be(drawn_flow: tuple[Graph, list[Step], bool]) -> None:
    """In no turn are more rows between the oldest that is still read and the newest begun."""
    graph, steps, fed = drawn_flow
    geometries = [geometry(graph, step) for step in steps]
    order = turns(steps, geometries, fed=fed)
    for index, wait in enumerate(waits(steps, geometries, order)[1:-1]):
        deepest = 0
        for at, turn in enumerate(order):
            if turn.step != index:
                continue
            tensor = str(steps[index].output)
            reads = [t.first_read(steps[t.step], tensor) for t in order[at:]]
            reads = [row for row in reads if row < NEVER]
            deepest = max(
                deepest, geometries[index].stored(turn.end) - min(reads, default=turn.end)
            )
        assert deepest == wait.held
