"""
The judge of plans: scratch is overwritten between reads, so nothing that is needed may lie in it.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sqz2c.errors import PlanError
from sqz2c.ir.program import Buffer, Program, Step
from sqz2c.ir.scratch import most_tile_channels
from sqz2c.plan import check_plan
from tests.unit.plan.plans import POOLED
from tests.unit.plan.test_check import (
    program_of,
    summed,
    with_buffer,
    with_segment,
    with_step,
)


def scratch_of_each(program: Program) -> Iterator[tuple[int, Step, Buffer]]:
    """(segment, step, its scratch) of all steps that have some."""
    for number, segment in enumerate(program.segments):
        for step in segment.steps:
            buffer = segment.buffer(str(step.scratch))
            if buffer is not None:
                yield number, step, buffer


EITHER = pytest.mark.parametrize("way", [False, True], ids=["stored", "summed"])


def some_program(way: bool) -> Program:
    return summed() if way else program_of(POOLED, "image", (0, 0, 2), (1, 2, 3))


def apart(program: Program, number: int, tensor: str) -> Program:
    """TENSOR in bytes of its own, above all others."""
    buffer = program.segments[number].buffer(tensor)
    assert buffer is not None
    larger = replace(program, arena_bytes=program.arena_bytes + buffer.size)
    changed = with_buffer(larger, number, tensor, offset=program.arena_bytes)
    check_plan(changed)

    return changed


@EITHER
def test_scratch_that_is_too_small_is_seen(way: bool) -> None:
    """It is exactly what tables, tile, windows and strips need: a word less is too little."""
    program = some_program(way)
    for number, _, buffer in scratch_of_each(program):
        less = with_buffer(program, number, buffer.tensor, row_bytes=buffer.row_bytes - 4)
        with pytest.raises(PlanError, match="B of scratch"):
            check_plan(less)


@EITHER
def test_a_tile_that_outgrows_its_scratch_is_seen(way: bool) -> None:
    """Four more filters a tile, where the layer has as many; and tiles that cannot be."""
    program = some_program(way)
    count = 0
    for number, step, _ in scratch_of_each(program):
        index = program.segments[number].steps.index(step)
        most = most_tile_channels(step)
        if step.tile_channels < most:
            larger = with_step(program, number, index, tile_channels=step.tile_channels + 4)
            with pytest.raises(PlanError, match="B of scratch"):
                check_plan(larger)
            count += 1
        for filters in (0, 6, most + 4):
            with pytest.raises(PlanError, match=f"a tile of {filters} filters"):
                check_plan(with_step(program, number, index, tile_channels=filters))
    assert count


@EITHER
def test_scratch_on_what_a_turn_reads_is_seen(way: bool) -> None:
    """It is written between reads."""
    program = some_program(way)
    for number, step, buffer in scratch_of_each(program):
        source = program.segments[number].buffer(step.input)
        if source is None:
            continue  # the caller's image
        moved = apart(program, number, buffer.tensor)
        place = source.offset // 4 * 4
        with pytest.raises(PlanError, match="is not there when read"):
            check_plan(with_buffer(moved, number, buffer.tensor, offset=place))


@EITHER
def test_output_in_the_scratch_of_its_own_turn_is_seen(way: bool) -> None:
    """A step writes rows while later tiles are still to come."""
    program = some_program(way)
    for number, step, buffer in scratch_of_each(program):
        if step.output is None:
            continue
        moved = apart(program, number, buffer.tensor)
        target = moved.segments[number].buffer(step.output)
        own = moved.segments[number].buffer(buffer.tensor)
        assert target is not None and own is not None
        room = replace(moved, arena_bytes=own.offset + max(own.size, target.size))
        with pytest.raises(PlanError, match="writes into its own scratch|sums are overwritten"):
            check_plan(with_buffer(room, number, step.output, offset=own.offset))


def test_scratch_on_sums_is_seen() -> None:
    """Both are used at once."""
    program = summed()
    for number, step, buffer in scratch_of_each(program):
        sums = program.segments[number].buffer(str(step.sums))
        if sums is None:
            continue
        moved = apart(program, number, buffer.tensor)
        own = moved.segments[number].buffer(buffer.tensor)
        assert own is not None
        room = replace(moved, arena_bytes=own.offset + max(own.size, sums.size))
        with pytest.raises(PlanError, match="sums are overwritten"):
            check_plan(with_buffer(room, number, sums.tensor, offset=own.offset))


@EITHER
def test_scratch_on_rows_that_wait_is_seen(way: bool) -> None:
    """Rows of other steps that a later turn reads, open rows of a pool among them."""
    program = some_program(way)
    seen = 0
    for number, step, buffer in scratch_of_each(program):
        index = program.segments[number].steps.index(step)
        for other in program.segments[number].steps[index + 1 :]:
            waiting = program.segments[number].buffer(other.input)
            if waiting is None or waiting.held < 2 or step.turns < 2:
                continue
            moved = apart(program, number, buffer.tensor)
            place = waiting.offset // 4 * 4
            with pytest.raises(PlanError):
                check_plan(with_buffer(moved, number, buffer.tensor, offset=place))
            seen += 1
    assert seen


@EITHER
def test_scratch_that_is_not_aligned_is_seen(way: bool) -> None:
    """Tables and weights are read by the word."""
    program = some_program(way)
    for number, _, buffer in scratch_of_each(program):
        moved = apart(program, number, buffer.tensor)
        place = moved.segments[number].buffer(buffer.tensor)
        assert place is not None
        room = replace(moved, arena_bytes=moved.arena_bytes + 2)
        with pytest.raises(PlanError, match="not aligned to words"):
            check_plan(with_buffer(room, number, buffer.tensor, offset=place.offset + 2))


@EITHER
def test_scratch_that_is_missing_or_outside_is_seen(way: bool) -> None:
    """Each step has a place of its own, inside of the arena."""
    program = some_program(way)
    for number, _, buffer in scratch_of_each(program):
        others = tuple(b for b in program.segments[number].buffers if b != buffer)
        with pytest.raises(PlanError, match="has 0 places"):
            check_plan(with_segment(program, number, buffers=others))
        for offset in (-4, program.arena_bytes - buffer.size + 4):
            with pytest.raises(PlanError, match="outside of the arena"):
                check_plan(with_buffer(program, number, buffer.tensor, offset=offset))
