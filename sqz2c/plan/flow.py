"""
Replay the turns of a segment, and see how many rows wait where, and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqz2c.ir.program import Step
from sqz2c.plan.steps import Geometry


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
    by one, when nobody can go without.
    """
    done = [0] * len(steps)
    arrived = 0 if fed else geometries[0].in_height
    result: list[Turn] = []
    while True:
        for index in reversed(range(len(steps))):
            end = min(steps[index].limit, done[index] + steps[index].rows)
            reads = geometries[index].reads(done[index], end)
            ready = done[index - 1] if index else arrived
            if end > done[index] and reads[1] <= ready:
                if steps[index].squeeze is not None:
                    result.append(Turn(index, done[index], done[index], *reads))
                    later = geometries[index].reads(end, end + 1)[0]
                    reads = (later, later) if end < steps[index].limit else (1 << 30, 1 << 30)
                result.append(Turn(index, done[index], end, *reads))
                done[index] = end
                break
        else:
            if arrived >= geometries[0].in_height:
                return tuple(result)
            arrived += 1


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
    for tensor in range(-1, len(steps)):
        begun, needed = _progress(tensor, steps, geometries, order)
        held, alive = 0, 0
        for turn, (rows, first) in enumerate(zip(begun, needed, strict=True)):
            if rows > first:
                held = max(held, rows - first)
                alive |= 1 << turn
        result.append(Wait(held, alive, tuple(begun), tuple(needed)))

    return result


def _progress(
    tensor: int,
    steps: Sequence[Step],
    geometries: Sequence[Geometry],
    order: Sequence[Turn],
) -> tuple[list[int], list[int]]:
    """Rows begun, and the first row still needed, of the output of step TENSOR (-1: the input)."""
    begun: list[int] = []
    rows = 0
    for turn in order:
        if tensor >= 0 and turn.step == tensor:
            rows = geometries[tensor].stored(turn.end)
        elif tensor < 0 and turn.step == 0:
            rows = max(rows, turn.reads_end if turn.reads_begin < 1 << 30 else 0)
        begun.append(rows)
    needed: list[int] = []
    is_last = tensor == len(steps) - 1
    first = 0 if is_last else 1 << 30
    for turn in reversed(order):
        if not is_last and turn.step == tensor + 1:
            first = turn.reads_begin
        needed.append(first)
    needed.reverse()

    return begun, needed
