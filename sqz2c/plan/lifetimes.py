"""
When each byte of the arena is needed: a program's buffers turn by turn, for people to look at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqz2c.ir.graph import PIXELS
from sqz2c.ir.program import Buffer, Program, Segment
from sqz2c.plan.flow import Turn, Wait, turns, waits
from sqz2c.plan.steps import geometry


@dataclass(frozen=True)
class Life:
    """
    In turns [BEGIN, END) of its segment, bytes [LOW, HIGH) of the arena hold TENSOR: of a ring
    all of it, of a map the rows that are written and still needed.
    """

    tensor: str
    begin: int
    end: int
    low: int
    high: int


@dataclass(frozen=True)
class SegmentLives:
    """The ORDER of a segment's turns, and the LIVES of its tensors meanwhile."""

    order: tuple[Turn, ...]
    lives: tuple[Life, ...]

    def during(self, turn: int) -> tuple[Life, ...]:
        """What is needed in TURN, from the lowest byte up."""
        found = [life for life in self.lives if life.begin <= turn < life.end]
        return tuple(sorted(found, key=lambda life: (life.low, life.tensor)))

    @property
    def turns(self) -> int:
        """How many turns there are; one that sums into a squeeze has two entries in ORDER."""
        return sum(turn.end > turn.begin for turn in self.order)

    def live_bytes(self, turn: int) -> int:
        return sum(life.high - life.low for life in self.during(turn))


def lifetimes(program: Program, number: int) -> SegmentLives:
    """
    What lives where in segment NUMBER of PROGRAM, and when.
    """
    segment = program.segments[number]
    geometries = [geometry(program.graph, step) for step in segment.steps]
    is_fed = number == 0 and program.input_mode == "rows"
    order = turns(segment.steps, geometries, fed=is_fed)
    tensors = [segment.steps[0].input, *(step.output for step in segment.steps)]
    found = waits(segment.steps, geometries, order)
    lives: list[Life] = []
    for index, (tensor, wait) in enumerate(zip(tensors, found, strict=True)):
        buffer = segment.buffer(tensor) if tensor is not None else None
        if buffer is None:
            continue
        is_whole = index == 0 and not (is_fed and tensor == PIXELS)
        is_map = is_whole or _is_output_map(segment, index)
        lives += _merged(tensor, _moments(buffer, wait, is_whole, is_map))
    for index, step in enumerate(segment.steps):
        for name in (step.sums, step.scratch):
            own = segment.buffer(name) if name is not None else None
            if own is not None:
                lives += _merged(own.tensor, _busy(own, index, order))

    return SegmentLives(order, tuple(lives))


def _is_output_map(segment: Segment, index: int) -> bool:
    return index == len(segment.steps)


def _moments(
    buffer: Buffer, wait: Wait, is_whole: bool, is_map: bool
) -> Iterator[tuple[int, int, int]]:
    """(turn, low, high) wherever BUFFER is needed. IS_WHOLE: it was written before."""
    for turn, (begun, needed) in enumerate(zip(wait.begun, wait.needed, strict=True)):
        begun = buffer.held if is_whole else begun
        if begun <= needed:
            continue
        if is_map:
            yield turn, buffer.offset + needed * buffer.row_bytes, (
                buffer.offset + begun * buffer.row_bytes
            )
        else:
            yield turn, buffer.offset, buffer.end


def _busy(buffer: Buffer, index: int, order: Sequence[Turn]) -> Iterator[tuple[int, int, int]]:
    """(turn, low, high) of what step INDEX needs in its turns alone."""
    for number, turn in enumerate(order):
        if turn.step == index:
            yield number, buffer.offset, buffer.end


def _merged(tensor: str, moments: Iterator[tuple[int, int, int]]) -> list[Life]:
    """Neighbouring turns with the same bytes as one life."""
    lives: list[Life] = []
    for turn, low, high in moments:
        last = lives[-1] if lives else None
        if last is not None and (last.end, last.low, last.high) == (turn, low, high):
            lives[-1] = Life(tensor, last.begin, turn + 1, low, high)
        else:
            lives.append(Life(tensor, turn, turn + 1, low, high))

    return lives


@dataclass(frozen=True)
class Peak:
    """
    Where the arena is fullest: TURN (from 0) of TURNS in SEGMENT, while STEP computes output rows
    [BEGIN, END); LIVES are what it needs then.
    """

    segment: int
    turn: int
    turns: int
    step: str
    begin: int
    end: int
    lives: tuple[Life, ...]


def peak(program: Program) -> Peak:
    """
    The first turn with the most needed bytes, in the segment that makes the arena as large as it
    is.
    """
    sizes = [segment.arena_bytes for segment in program.segments]
    number = sizes.index(max(sizes))
    lives = lifetimes(program, number)
    needed = [lives.live_bytes(turn) for turn in range(len(lives.order))]
    turn = needed.index(max(needed))
    at = lives.order[turn]
    made = next(t for t in lives.order[turn:] if t.step == at.step and t.end > t.begin)

    return Peak(
        segment=number,
        turn=turn,
        turns=len(lives.order),
        step=program.segments[number].steps[at.step].name,
        begin=made.begin,
        end=made.end,
        lives=lives.during(turn),
    )


def lower_bound(program: Program) -> int:
    """
    The most bytes that one turn needs: whatever the placement, these turns need as much arena.
    """
    return max(
        lives.live_bytes(turn)
        for lives in (lifetimes(program, number) for number in range(len(program.segments)))
        for turn in range(len(lives.order))
    )
