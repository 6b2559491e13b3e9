"""
The judge of plans: it lets none pass in which a byte is gone before it is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sqz2c.errors import PlanError
from sqz2c.ir.program import Buffer, InputMode, Program, Segment, Step
from sqz2c.plan import check_plan, lifetimes
from sqz2c.plan.choose import realize
from sqz2c.plan.search import Candidate, Cut
from sqz2c.plan.stages import Choice
from tests.networks import Member
from tests.unit.plan.plans import MEMBERS, MODES, POOLED, TABLED, graph_of, programs, stages

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


def overlaps(program: Program) -> Iterator[tuple[int, Buffer, int]]:
    """(segment, buffer, offset) where BUFFER would lie on one that is needed at the same time."""
    for number, segment in enumerate(program.segments):
        found = lifetimes(program, number)
        places = {buffer.tensor: buffer for buffer in segment.buffers}
        for turn in range(len(found.order)):
            lives = found.during(turn)
            for lower, upper in zip(lives, lives[1:], strict=False):
                buffer = places[upper.tensor]
                yield number, buffer, buffer.offset - (upper.low - lower.high) - 1


@EVERY_MODE
@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_a_buffer_that_slides_onto_a_needed_one_is_seen(member: Member, mode: InputMode) -> None:
    """One byte of overlap, in any segment, at any turn, for any neighbour."""
    seen = set()
    for program in programs(member, mode):
        for number, buffer, offset in overlaps(program):
            key = (id(program), number, buffer.tensor, offset)
            if offset < 0 or key in seen or len(seen) > 60:
                continue
            seen.add(key)
            with pytest.raises(PlanError):
                check_plan(with_buffer(program, number, buffer.tensor, offset=offset))
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


def test_sums_that_are_too_small_are_seen() -> None:
    """An accumulator for each filter and pixel of a turn."""
    found = 0
    for program in programs(TABLED, "image"):
        for number, segment in enumerate(program.segments):
            for buffer in segment.buffers:
                if buffer.kind == "sums":
                    found += 1
                    with pytest.raises(PlanError, match="are too small"):
                        check_plan(
                            with_buffer(program, number, buffer.tensor, held=buffer.held - 1)
                        )
    assert found


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
    "moved from outside": lambda: with_segment(moved()[0], 1, moved_from=moved()[0].arena_bytes - 1),
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
