"""
Where buffers lie: what shares bytes, what must not.
"""

from dataclasses import replace

import pytest

from sqz2c.ir.program import Buffer, InputMode, Program
from sqz2c.plan import SegmentLives, lifetimes, peak
from sqz2c.plan.layout import ALIGNMENT, aligned, lay_out
from sqz2c.plan.steps import steps_of
from tests.networks import Member, build
from tests.unit.plan.plans import MEMBERS, MODES, graph_of, programs

EVERY_MODE = pytest.mark.parametrize("mode", MODES)
EVERY_MEMBER = pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)

CHAIN = Member(
    height=18, width=12, stem=(4, 3, 1, 1), fires=((2, 4, 4), (2, 4, 4), (2, 4, 4)), pool_after=()
)


def placed(member: Member, rows: int, input_place: str, *, last: int) -> dict[str, Buffer]:
    """The buffers of the first LAST steps as one segment, ROWS a turn each."""
    graph = build(member)
    steps = [replace(step, rows=rows) for step in steps_of(graph)[:last]]
    buffers, size = lay_out(graph, steps, input_place)
    assert size == aligned(max(buffer.end for buffer in buffers))

    return {buffer.tensor: buffer for buffer in buffers}


def overlap(a: Buffer, b: Buffer) -> bool:
    return a.offset < b.end and b.offset < a.end


def test_rings_that_pause_share_bytes() -> None:
    """What an expand makes, its squeeze takes at once: two such rings lie on each other."""
    buffers = placed(CHAIN, 1, "outside", last=6)
    assert 0 == buffers["conv1"].offset == buffers["fire2"].offset == buffers["fire3"].offset
    assert (1, 1) == (buffers["fire2"].held, buffers["fire3"].held)


def test_rings_that_wait_have_bytes_of_their_own() -> None:
    """A squeeze's rows wait for the window of three: nothing may lie on them."""
    buffers = placed(CHAIN, 1, "outside", last=6)
    assert 3 == buffers["fire2/squeeze"].held
    others = [b for name, b in buffers.items() if name != "fire2/squeeze"]
    assert not any(overlap(buffers["fire2/squeeze"], other) for other in others)


def test_the_output_grows_into_the_input_that_was_read() -> None:
    """An input map and an output map of the same rows need little more than one of them."""
    buffers = placed(CHAIN, 1, "map", last=2)
    image, squeeze = buffers["pixels"], buffers["fire2/squeeze"]
    assert (18, "map") == (image.held, image.kind)
    assert (18, "map") == (squeeze.held, squeeze.kind)
    assert overlap(image, squeeze)
    alone = placed(CHAIN, 1, "outside", last=2)
    assert alone["fire2/squeeze"] == squeeze  # the input gives way, nothing else
    assert image.end < squeeze.end + image.size


def test_fed_rows_are_a_ring() -> None:
    """Three rows of the image for a window of three, wherever the rest is."""
    image = placed(CHAIN, 1, "rows", last=2)["pixels"]
    assert (3, 12 * 3, "ring") == (image.held, image.row_bytes, image.kind)


def all_lives(program: Program) -> list[SegmentLives]:
    return [lifetimes(program, number) for number in range(len(program.segments))]


@EVERY_MODE
@EVERY_MEMBER
def test_no_two_things_that_are_needed_share_a_byte(member: Member, mode: InputMode) -> None:
    """Turn by turn, in every plan; offsets are whole words."""
    for program in programs(member, mode):
        for segment, found in zip(program.segments, all_lives(program), strict=True):
            for turn in range(len(found.order)):
                lives = found.during(turn)
                for lower, upper in zip(lives, lives[1:], strict=False):
                    assert lower.high <= upper.low, (program.steps, turn)
            assert all(buffer.offset % ALIGNMENT == 0 for buffer in segment.buffers)
            assert all(life.high <= program.arena_bytes for life in found.lives)


@EVERY_MODE
@EVERY_MEMBER
def test_the_peak_is_where_most_is_needed(member: Member, mode: InputMode) -> None:
    """In the segment that makes the arena as large as it is, no turn needs more."""
    for program in programs(member, mode):
        found = peak(program)
        assert program.arena_bytes == aligned(program.segments[found.segment].arena_bytes)
        lives = lifetimes(program, found.segment)
        assert lives.during(found.turn) == found.lives
        most = max(lives.live_bytes(turn) for turn in range(found.turns))
        assert most == sum(life.high - life.low for life in found.lives) <= program.arena_bytes


@EVERY_MODE
def test_every_buffer_lives(mode: InputMode) -> None:
    """What lies in the arena is needed at some time, and only while its segment runs."""
    for program in programs(MEMBERS["tabled"], mode):
        for segment, found in zip(program.segments, all_lives(program), strict=True):
            named = {buffer.tensor for buffer in segment.buffers}
            assert named == {life.tensor for life in found.lives}
            assert all(0 <= x.begin < x.end <= len(found.order) for x in found.lives)


def test_lives_of_an_image_in_the_arena_shrink() -> None:
    """Rows of an input map that were read are no longer needed."""
    program = programs(MEMBERS["pooled"], "arena")[0]
    image = [x for x in lifetimes(program, 0).lives if x.tensor == "pixels"]
    assert [x.low for x in image] == sorted(x.low for x in image)
    assert 1 < len(image)
    assert graph_of(MEMBERS["pooled"]).image.size_bytes == image[0].high - image[0].low
