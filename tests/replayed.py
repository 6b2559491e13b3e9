"""
What the checker's replay of a plan says about each turn: which bytes of the arena are written,
which are read, and so which ones any later turn still needs.
"""

from dataclasses import dataclass

import numpy as np

from sqz2c.ir.program import Program, Segment
from sqz2c.plan.check import NOBODY, ROWS, SCRATCH, SUMS, Replay


@dataclass(frozen=True, eq=False)
class Row:
    """Row NUMBER of TENSOR, in bytes [BEGIN, END) of the arena."""

    tensor: str
    number: int
    begin: int
    end: int


@dataclass(frozen=True, eq=False)
class Event:
    """
    A turn (IS_TURN), a row of the image that arrives, or a move. NEEDS and CHANGES: a flag for
    each byte of the arena: read by it from before, overwritten by it.
    """

    is_turn: bool
    segment: int
    needs: np.ndarray
    changes: np.ndarray
    reads: tuple[Row, ...]
    writes: tuple[Row, ...]


class Recorder(Replay):
    """
    A replay that keeps what happened, as EVENTS.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.events: list[Event] = []
        self.number = 0
        self._forget()

    def _forget(self) -> None:
        self._reads: list[Row] = []
        self._before = self.owner.copy()

    def reads(self, tensor: str, row: int) -> None:
        buffer = self._buffer(tensor)
        begin = buffer.offset + (row % buffer.held) * buffer.row_bytes
        self._reads.append(Row(tensor, row, begin, begin + buffer.row_bytes))

    def after_turn(self) -> None:
        self._record(is_turn=True)

    def _record(self, *, is_turn: bool) -> None:
        needs = np.zeros(len(self.owner), bool)
        for row in self._reads:
            needs[row.begin : row.end] = True
        changes = self.owner != self._before
        self.events.append(
            Event(is_turn, self.number, needs, changes, tuple(self._reads), self._written(changes))
        )
        self._forget()

    def _written(self, changes: np.ndarray) -> tuple[Row, ...]:
        tags = np.unique(self.owner[changes])
        rows = []
        for tag in tags[~np.isin(tags, (NOBODY, SUMS, SCRATCH))]:
            at = np.flatnonzero((self.owner == tag) & changes)
            name = self.graph.tensors[int(tag) // ROWS].name
            rows.append(Row(name, int(tag) % ROWS, int(at[0]), int(at[-1]) + 1))

        return tuple(rows)

    def _turn(self, segment: Segment) -> bool:
        arrived = self.arrived
        went = super()._turn(segment)
        if self.arrived != arrived:
            self._record(is_turn=False)
        return went

    def _enter(self, number: int, segment: Segment) -> None:
        super()._enter(number, segment)
        self.number = number
        if segment.moved_from is None:
            self._forget()
            return
        buffer = self._buffer(segment.steps[0].input)
        old, new = segment.moved_from, buffer.offset
        self._reads = [Row(buffer.tensor, 0, old, old + buffer.size)]
        self._record(is_turn=False)
        self.events[-1].changes[new : new + buffer.size] = True


def recorded(program: Program) -> list[Event]:
    """
    All that happens in PROGRAM, in order.
    """
    recorder = Recorder(program)
    recorder.run()

    return recorder.events


def needed_after_turns(program: Program) -> list[np.ndarray]:
    """
    For each turn, in order, a flag for each byte of the arena: whether anything reads it later
    before something else is written there.

    What a move brings along without need counts as needed: less is poisoned, never more.
    """
    needed = np.zeros(program.arena_bytes, bool)
    result = []
    for event in reversed(recorded(program)):
        if event.is_turn:
            result.append(needed.copy())
        needed = (needed & ~event.changes) | event.needs

    return result[::-1]

