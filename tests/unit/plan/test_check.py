"""
The judge of plans: it lets none pass in which a byte is gone before it is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sqz2c.errors import PlanError
from sqz2c.ir.program import Buffer, InputMode, Program, Segment, Step
from sqz2c.plan import check_plan
from sqz2c.plan.check import Replay
from sqz2c.plan.choose import realize
from sqz2c.plan.flow import turns
from sqz2c.plan.search import Candidate, Cut, frontier
from sqz2c.plan.stages import Choice, stages_of
from sqz2c.plan.steps import geometry, steps_of
from tests.members import members
from tests.networks import Member, build
from tests.replayed import Row, recorded
from tests.unit.plan.plans import (
    BYPASSED,
    MEMBERS,
    MODES,
    POOLED,
    TABLED,
    anyhow,
    graph_of,
    programs,
    stages,
)

EVERY_MODE = pytest.mark.parametrize("mode", MODES)


def program_of(member: Member, mode: InputMode, *cuts: tuple[int, int, int]) -> Program:
    """MEMBER cut into (first stage, last stage, rows a turn)."""
    parts = tuple(Cut(a, b, (Choice(rows),) * (b + 1 - a)) for a, b, rows in cuts)
    return realize(graph_of(member), stages(member), mode, Candidate(1 << 30, 0, parts))


def with_segment(program: Program, number: int, **changed: object) -> Program:
    segments = list(program.segments)
    segments[number] = replace(segments[number], **changed)
    return replace(program, segments=tuple(segments))


def with_buffer(program: Program, number: int, tensor: str, **changed: object) -> Program:
    segment = program.segments[number]
    buffers = tuple(replace(b, **changed) if b.tensor == tensor else b for b in segment.buffers)
    assert buffers != segment.buffers
    return with_segment(program, number, buffers=buffers)


def with_step(program: Program, number: int, index: int, **changed: object) -> Program:
    steps = list(program.segments[number].steps)
    steps[index] = replace(steps[index], **changed)
    return with_segment(program, number, steps=tuple(steps))


def clashes(program: Program) -> Iterator[tuple[int, str, int]]:
    """
    (segment, tensor, offset): there, a row that TENSOR writes would lie on a row of another one
    that was written before and is read afterwards.
    """
    events = recorded(program)
    for at, event in enumerate(events):
        for kept in event.reads:
            made = max(
                (n for n in range(at) for w in events[n].writes if same_row(w, kept)),
                default=None,
            )
            if made is None or events[made].segment != event.segment:
                continue
            for between in events[made + 1 : at]:
                for row in between.writes:
                    if row.tensor != kept.tensor:
                        buffer = program.segments[event.segment].buffer(row.tensor)
                        assert buffer is not None
                        yield event.segment, row.tensor, buffer.offset + kept.begin - row.begin


def same_row(a: Row, b: Row) -> bool:
    return (a.tensor, a.number) == (b.tensor, b.number)


@EVERY_MODE
@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_a_row_that_lands_on_a_needed_one_is_seen(member: Member, mode: InputMode) -> None:
    """In any segment, at any turn, for any two tensors."""
    seen = set()
    for program in (*programs(member, mode)[::3], *anyhow(stages(member), mode, 5)):
        for number, tensor, offset in clashes(program):
            buffer = program.segments[number].buffer(tensor)
            assert buffer is not None
            if offset < 0:
                continue
            room = replace(program, arena_bytes=program.arena_bytes + buffer.size)
            key = (id(program), number, tensor, offset)
            if key not in seen and len(seen) < 40:
                seen.add(key)
                with pytest.raises(PlanError):
                    check_plan(with_buffer(room, number, tensor, offset=offset))
    assert seen


@EVERY_MODE
def test_a_ring_that_is_too_small_is_seen(mode: InputMode) -> None:
    """Every ring of every plan is as small as it can be: a row less, and something is gone."""
    count = 0
    for program in programs(POOLED, mode):
        for number, segment in enumerate(program.segments):
            for buffer in segment.buffers:
                if buffer.kind == "ring":
                    with pytest.raises(PlanError):
                        check_plan(
                            with_buffer(program, number, buffer.tensor, held=buffer.held - 1)
                        )
                    count += 1
    assert count


def summed() -> Program:
    """Every stage but the last sums into its squeeze."""
    each = stages(TABLED)
    choices = tuple(Choice(2, stage.can_sum) for stage in each)
    cut = Cut(0, len(each) - 1, choices)
    program = realize(graph_of(TABLED), each, "image", Candidate(1 << 30, 0, (cut,)))
    check_plan(program)
    return program


def sums_of(program: Program) -> list[Buffer]:
    return [buffer for buffer in program.segments[0].buffers if buffer.kind == "sums"]


def test_sums_that_are_too_small_are_seen() -> None:
    """An accumulator for each filter and pixel of a turn."""
    for buffer in sums_of(summed()):
        for changed in ({"held": 1}, {"row_bytes": buffer.row_bytes // 4}):
            with pytest.raises(PlanError, match="are too small"):
                check_plan(with_buffer(summed(), 0, buffer.tensor, **changed))


def test_sums_on_what_a_turn_reads_are_seen() -> None:
    """Accumulators are written while rows are read: they may not lie on them."""
    program = summed()
    for buffer in sums_of(program):
        step = next(s for s in program.segments[0].steps if s.sums == buffer.tensor)
        source = program.segments[0].buffer(step.input)
        assert source is not None
        with pytest.raises(PlanError):
            check_plan(with_buffer(program, 0, buffer.tensor, offset=source.offset))


def test_sums_that_the_output_overwrites_are_seen() -> None:
    """A row of the squeeze may lie on sums only once they are used."""
    program = summed()
    for buffer in sums_of(program):
        step = next(s for s in program.segments[0].steps if s.sums == buffer.tensor)
        target = program.segments[0].buffer(str(step.output))
        assert target is not None
        # In fresh bytes: the sums of row 0, then those of row 1 where row 0 of the output goes.
        room, row = program.arena_bytes, buffer.row_bytes
        size = room + row + max(target.size, buffer.size)
        changed = with_buffer(
            replace(program, arena_bytes=size), 0, target.tensor, offset=room + row
        )
        with pytest.raises(PlanError, match="sums are overwritten before they are used"):
            check_plan(with_buffer(changed, 0, buffer.tensor, offset=room))
        apart = with_buffer(changed, 0, target.tensor, offset=room + 2 * row)
        apart = replace(apart, arena_bytes=size + row)
        check_plan(with_buffer(apart, 0, buffer.tensor, offset=room))


def test_a_bypassed_row_that_is_overwritten_is_seen() -> None:
    """What is added is read by the last step of a fire module, after the squeeze has read it."""
    program = program_of(BYPASSED, "image", (0, 0, 2), (1, 1, 2), (2, 2, 2))
    check_plan(program)
    segment = program.segments[2]
    kept = segment.buffer("fire2/add")
    assert kept is not None and segment.steps[1].addend == "fire2/add"
    room = program.arena_bytes
    larger = replace(program, arena_bytes=room + kept.size)
    squeezed = segment.buffer("fire3/squeeze")
    assert squeezed is not None
    offsets = range(0, kept.size - squeezed.size, kept.row_bytes)
    assert len(offsets) > 2
    for offset in offsets:
        moved = with_buffer(larger, 2, "fire3/squeeze", offset=kept.offset + offset)
        with pytest.raises(PlanError, match="row . of fire2/add is not there when read"):
            check_plan(moved)
    check_plan(with_buffer(larger, 2, "fire3/squeeze", offset=room))


TWO = ((0, 0, 2), (1, 2, 3))  # two segments: a map is handed over


def two_segments() -> Program:
    program = program_of(POOLED, "image", *TWO)
    check_plan(program)
    return program


def moved() -> tuple[Program, int]:
    """Two segments, of which the second first moves its input, and where it was."""
    program = two_segments()
    buffer = program.segments[0].buffer(program.segments[1].steps[0].input)
    assert buffer is not None
    first = program.segments[1].steps[0].input
    place = program.arena_bytes
    larger = replace(program, arena_bytes=place + buffer.size)
    larger = with_buffer(larger, 1, first, offset=place)
    larger = with_segment(larger, 1, moved_from=buffer.offset)
    check_plan(larger)
    return larger, buffer.offset


FAULTS: dict[str, Callable[[], Program]] = {
    "moved from a byte above": lambda: with_segment(moved()[0], 1, moved_from=moved()[1] + 1),
    "moved from outside": lambda: with_segment(
        moved()[0], 1, moved_from=moved()[0].arena_bytes - 1
    ),
    "moved from below": lambda: with_segment(moved()[0], 1, moved_from=-1),
    "not moved": lambda: with_segment(moved()[0], 1, moved_from=None),
    "a limit too small": lambda: with_step(
        two_segments(), 0, 0, limit=two_segments().segments[0].steps[0].limit - 1
    ),
    "the last limit too small": lambda: with_step(
        two_segments(), 1, -1, limit=two_segments().segments[1].steps[-1].limit - 1
    ),
    "no rows a turn": lambda: with_step(two_segments(), 0, 1, rows=0),
    "a step twice": lambda: with_segment(
        two_segments(), 1, steps=(*two_segments().segments[1].steps[:1],
                                  *two_segments().segments[1].steps)
    ),
    "a step missing": lambda: with_segment(
        two_segments(), 1, steps=two_segments().segments[1].steps[1:]
    ),
    "segments swapped": lambda: replace(
        two_segments(), segments=two_segments().segments[::-1]
    ),
    "a buffer missing": lambda: with_segment(
        two_segments(), 1, buffers=two_segments().segments[1].buffers[1:]
    ),
    "a buffer twice": lambda: with_segment(
        two_segments(), 1, buffers=two_segments().segments[1].buffers * 2
    ),
    "a buffer outside": lambda: replace(two_segments(), arena_bytes=two_segments().arena_bytes - 4),
    "a buffer below": lambda: with_buffer(two_segments(), 0, "fire2/squeeze", offset=-4),
    "rows of another width": lambda: with_buffer(two_segments(), 0, "fire2/squeeze", row_bytes=4),
    "a ring of no rows": lambda: with_buffer(two_segments(), 0, "pool1", held=0),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_refused(fault: Callable[[], Program]) -> None:
    """Whatever is wrong with a plan, it is a PlanError and nothing else."""
    with pytest.raises(PlanError):
        check_plan(fault())


def test_steps_in_another_order_are_refused() -> None:
    """The network's layers, each once, in order."""
    program = two_segments()
    steps: list[Step] = list(program.segments[1].steps)
    steps[0], steps[1] = steps[1], steps[0]
    with pytest.raises(PlanError, match="not the network in order"):
        check_plan(with_segment(program, 1, steps=tuple(steps)))


def test_an_image_that_is_read_too_late_is_seen() -> None:
    """A picture in the arena may be overwritten only where it was read."""
    program = program_of(POOLED, "arena", (0, 2, 2))
    check_plan(program)
    segment: Segment = program.segments[0]
    image = segment.buffer("pixels")
    assert image is not None
    with pytest.raises(PlanError):
        check_plan(with_buffer(program, 0, "pixels", offset=image.offset - 1))


def test_image_rows_that_are_not_kept_are_seen() -> None:
    """Fed rows beyond IMAGE_ROWS are dropped: nobody may read them."""
    program = program_of(POOLED, "rows", (0, 1, 2), (2, 2, 2))
    check_plan(program)
    with pytest.raises(PlanError):
        check_plan(replace(program, image_rows=program.image_rows - 1))


class Ordered(Replay):
    """A replay that writes down its turns."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.order: list[tuple[str, int, int]] = []

    def _compute(self, step: Step, begin: int, end: int) -> None:
        self.order.append((step.name, begin, end))
        super()._compute(step, begin, end)


def planned_order(program: Program) -> Iterator[tuple[str, int, int]]:
    for number, segment in enumerate(program.segments):
        geometries = [geometry(program.graph, step) for step in segment.steps]
        fed = number == 0 and program.input_mode == "rows"
        for turn in turns(segment.steps, geometries, fed=fed):
            if turn.end > turn.begin:
                yield segment.steps[turn.step].name, turn.begin, turn.end


ONLY_PADDING = Member(  # windows of the stem that see no pixel at all
    height=17, width=17, channels=1, stem=(1, 1, 3, 1), fires=((1, 1, 1),), pool_after=(0,),
    pixel_table=True,
)  # fmt: skip


@settings(max_examples=30, deadline=None, derandomize=True)
@example(ONLY_PADDING, "image", 0)
@example(replace(ONLY_PADDING, stem=(1, 1, 1, 1), pool_after=()), "rows", 0)
@given(members(40), st.sampled_from(MODES), st.integers(0, 99))
def test_planner_and_judge_agree_on_the_order(member: Member, mode: InputMode, at: int) -> None:
    """Both let the last step go that can, as the C does."""
    graph = build(member)
    each = stages_of(graph, steps_of(graph))
    candidates = frontier(each, mode)
    program = realize(graph, each, mode, candidates[at % len(candidates)])
    replay = Ordered(program)
    replay.run()
    assert list(planned_order(program)) == replay.order


PADDING_BELOW = Member(  # the stem's last window lies below the image
    height=17, width=33, channels=1, stem=(5, 3, 4, 3), fires=((5, 1, 1),), pool_after=(0,),
    classes=6, head_padding=1, density=0.33, values=2,
)  # fmt: skip


def test_rows_that_only_padding_waits_for_are_not_stored() -> None:
    """They arrive when the first outputs may lie in their place already."""
    graph = build(PADDING_BELOW)
    each = stages_of(graph, steps_of(graph))
    for candidate in frontier(each, "rows"):
        program = realize(graph, each, "rows", candidate)
        assert 16 == program.image_rows
        check_plan(program)
