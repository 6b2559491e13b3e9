"""
Replay the turns of a segment, and see how many rows wait where, and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sqz2c.ir.program import Step
from sqz2c.plan.steps import Geometry

NEVER = 1 << 30  # the row that is needed next of what nobody needs any more


@dataclass(frozen=True)
class Turn:
    """
    STEP (an index) computes output rows [BEGIN, END) and reads [READS_BEGIN, READS_END).

    A step that sums into a squeeze reads first and writes afterwards: it has two entries a turn,
    of which the first makes no rows and the second needs only what later turns read.
    """

    step: int
    begin: int
    end: int
    reads_begin: int
    reads_end: int


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

    return Turn(index, begin, end, *geometries[index].reads(begin, end)) if end > begin else None


def _in_two(
    turn: Turn, steps: Sequence[Step], geometries: Sequence[Geometry]
) -> tuple[Turn, Turn]:
    """A turn that sums: it reads, then it writes, while only what later turns read is needed."""
    later = NEVER
    if turn.end < steps[turn.step].limit:
        later = geometries[turn.step].reads(turn.end, turn.end + 1)[0]

    return (
        Turn(turn.step, turn.begin, turn.begin, turn.reads_begin, turn.reads_end),
        Turn(turn.step, turn.begin, turn.end, later, later),
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
            if done[0] < steps[0].limit:
                end = min(steps[0].limit, done[0] + steps[0].rows)
                most = max(most, arrived - geometries[0].reads(done[0], end)[0])


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
        begun, needed = _progress(tensor, len(steps), geometries, order, ran)
        deep = np.maximum(0, begun - needed)
        alive = int.from_bytes(np.packbits(deep > 0, bitorder="little").tobytes(), "little")
        held = int(deep.max(initial=0))
        result.append(Wait(held, alive, tuple(begun.tolist()), tuple(needed.tolist())))

    return result


def _progress(
    tensor: int,
    count: int,
    geometries: Sequence[Geometry],
    order: Sequence[Turn],
    ran: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """
    For each turn: rows begun, and the first row still needed, of the output of step TENSOR of
    COUNT (-1: the input). RAN says which step each turn is of.
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
    if tensor == count - 1:
        return begun, np.zeros(len(order), np.int64)
    needed = np.full(len(order), NEVER, np.int64)
    for at in np.flatnonzero(ran == tensor + 1):
        needed[at] = order[at].reads_begin

    return begun, np.minimum.accumulate(needed[::-1])[::-1]
