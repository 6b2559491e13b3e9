"""
Replay the turns of a segment, and see how many rows wait where, and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sqz2c.ir.program import Step
from sqz2c.plan.steps import Geometry

NEVER = 1 << 30  # the row that is needed next of what nobody needs any more


@dataclass(frozen=True)
class Turn:
    """
    STEP (an index) computes output rows [BEGIN, END) and reads [READS_BEGIN, READS_END), and from
    ADDS_BEGIN on what is added to its convolutions, if anything is.

    A step that sums into a squeeze reads first and writes afterwards: it has two entries a turn,
    of which the first makes no rows and the second needs only what later turns read.
    """

    step: int
    begin: int
    end: int
    reads_begin: int
    reads_end: int
    adds_begin: int = NEVER

    def first_read(self, step: Step, tensor: str) -> int:
        """The first row of TENSOR that STEP, which the turn is of, reads in it."""
        rows = (self.reads_begin, step.input), (self.adds_begin, step.addend)
        return min((row for row, name in rows if name == tensor), default=NEVER)


def turns(
    steps: Sequence[Step], geometries: Sequence[Geometry], *, fed: bool
) -> tuple[Turn, ...]:
    """
    The turns of a segment, in order: the last step that can go, goes. FED: input rows arrive one
    by one, the first before any turn, the others when nobody can go without.
    """
    count = len(steps)
    arrived = 1 if fed else geometries[0].in_height
    there = [arrived, *[0] * count]  # rows of each step's input; last those of the output
    following = [_turn(index, 0, steps, geometries) for index in range(count)]
    result: list[Turn] = []
    while True:
        for index in reversed(range(count)):
            turn = following[index]
            if turn is None or turn.reads_end > there[index]:
                continue
            result += [turn] if steps[index].squeeze is None else _in_two(turn, steps, geometries)
            there[index + 1] = turn.end
            following[index] = _turn(index, turn.end, steps, geometries)
            break
        else:
            if there[0] >= geometries[0].in_height:
                return tuple(result)
            there[0] += 1


def _turn(
    index: int, begin: int, steps: Sequence[Step], geometries: Sequence[Geometry]
) -> Turn | None:
    """The turn of step INDEX that begins at row BEGIN; None: it has made all."""
    end = min(steps[index].limit, begin + steps[index].rows)

    if end <= begin:
        return None
    adds = NEVER if steps[index].addend is None else geometries[index].middle(begin, end)[0]

    return Turn(index, begin, end, *geometries[index].reads(begin, end), adds)


def _in_two(
    turn: Turn, steps: Sequence[Step], geometries: Sequence[Geometry]
) -> tuple[Turn, Turn]:
    """A turn that sums: it reads, then it writes, while only what later turns read is needed."""
    following = _turn(turn.step, turn.end, steps, geometries)
    later, adds = (following.reads_begin, following.adds_begin) if following else (NEVER, NEVER)

    return (
        replace(turn, end=turn.begin),
        Turn(turn.step, turn.begin, turn.end, later, later, adds),
    )


def backlog(steps: Sequence[Step], geometries: Sequence[Geometry], arriving: int) -> int:
    """
    Input rows of a segment that wait at most, when they come ARRIVING at a time.
    """
    done = [0] * len(steps)
    height, arrived, most = geometries[0].in_height, 0, 0
    while True:
        for index in reversed(range(len(steps))):
            end = min(steps[index].limit, done[index] + steps[index].rows)
            ready = done[index - 1] if index else arrived
            if end > done[index] and geometries[index].reads(done[index], end)[1] <= ready:
                done[index] = end
                break
        else:
            if arrived == height:
                return most
            arrived = min(height, arrived + arriving)
            following = (_turn(i, done[i], steps, geometries) for i in range(len(steps)))
            first = min(
                (t.first_read(steps[t.step], steps[0].input) for t in following if t is not None),
                default=NEVER,
            )
            most = max(most, arrived - first)


@dataclass(frozen=True)
class Wait:
    """
    A tensor's life in a segment: HELD rows at once at most; bit t of ALIVE: needed in turn t.

    For each turn from its birth: rows begun so far, and the first row that is still needed.
    """

    held: int
    alive: int
    begun: tuple[int, ...]
    needed: tuple[int, ...]


def waits(
    steps: Sequence[Step], geometries: Sequence[Geometry], order: Sequence[Turn]
) -> list[Wait]:
    """
    Waits of the segment's input (first), then of each step's output.
    """
    result = []
    ran = np.array([turn.step for turn in order], np.int64)
    for tensor in range(-1, len(steps)):
        begun, needed = _progress(tensor, steps, geometries, order, ran)
        deep = np.maximum(0, begun - needed)
        alive = int.from_bytes(np.packbits(deep > 0, bitorder="little").tobytes(), "little")
        held = int(deep.max(initial=0))
        result.append(Wait(held, alive, tuple(begun.tolist()), tuple(needed.tolist())))

    return result


def _progress(
    tensor: int,
    steps: Sequence[Step],
    geometries: Sequence[Geometry],
    order: Sequence[Turn],
    ran: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """
    For each turn: rows begun, and the first row still needed, of the output of step TENSOR (-1:
    the input). RAN says which step each turn is of.
    """
    begun = np.zeros(len(order), np.int64)
    begun[:1] = tensor < 0  # the first row of the input is there before any turn
    for at in np.flatnonzero(ran == max(tensor, 0)):
        turn = order[at]
        if tensor >= 0:
            begun[at] = geometries[tensor].stored(turn.end)
        elif turn.reads_begin < NEVER:
            begun[at] = max(begun[at], turn.reads_end)
    begun = np.maximum.accumulate(begun)
    if tensor == len(steps) - 1:
        return begun, np.zeros(len(order), np.int64)
    needed = np.full(len(order), NEVER, np.int64)
    name = steps[0].input if tensor < 0 else steps[tensor].output
    for index, step in enumerate(steps):
        if name in (step.input, step.addend):
            for at in np.flatnonzero(ran == index):
                needed[at] = order[at].first_read(step, str(name))

    return begun, np.minimum.accumulate(needed[::-1])[::-1]
