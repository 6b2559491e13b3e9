"""
The search: which stages flow into each other, where a whole map lies between them, and how many
rows each makes a turn, for the least decoding at every size of RAM.

The model. A segment of stages takes, in bytes: what stays between turns (rings, a pool's open
rows), summed; what is needed during a turn only, the largest; and its input and output map, which
overlap as far as the rows that the last stage made allow. A program takes the largest of its
segments; its cost is the sum of theirs. Labels (rows of the last stage, bytes that stay, bytes
that pass, cost) are extended stage by stage and dropped only when another one is as good in
everything, or when a program that is already known is as small and as cheap; so the frontier is
exact for the model. In networks of more than EXACT_STAGES stages, of labels that are much alike
only the cheapest is kept, so that an answer takes seconds: `python -m benchmarks.plan --exact`.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, groupby

import numpy as np

from sqz2c.ir.program import InputMode
from sqz2c.plan.flow import backlog
from sqz2c.plan.labels import Labels, thinned, undominated
from sqz2c.plan.layout import ALIGNMENT, aligned
from sqz2c.plan.stages import Choice, Stage
from sqz2c.plan.steps import Geometry, geometry

NEVER = 1 << 60  # the cost of what does not fit at all
EXACT_STAGES = 12  # networks of more are searched with labels thinned
MOST_LABELS = 80  # that are then kept of a segment and the rows that its last stage makes a turn
LESSONS = (0, 1, 2, 3, 5, 8, 12, 16)  # lengths of segments after which bounds are drawn anew


@dataclass(frozen=True)
class Cut:
    """Stages [FIRST, LAST] as one segment, with the CHOICES of each."""

    first: int
    last: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Candidate:
    """A whole program: arena BYTES by the model, COST in instructions of decoding."""

    bytes: int
    cost: int
    cuts: tuple[Cut, ...]


@dataclass
class _Frontier:
    """The best programs so far for a prefix of the stages: smaller is dearer."""

    sizes: list[int] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)

    def cheapest(self, size: int) -> Candidate | None:
        """The one of least cost within SIZE bytes."""
        at = bisect_right(self.sizes, size)
        return self.candidates[at - 1] if at else None

    def followed_by(self, other: "_Frontier") -> list[Candidate]:
        """The best of one of these and then one of OTHER, at each size that either has."""
        found = []
        for size in sorted({*self.sizes, *other.sizes}):
            a, b = self.cheapest(size), other.cheapest(size)
            if a is not None and b is not None:
                found.append(Candidate(max(a.bytes, b.bytes), a.cost + b.cost, a.cuts + b.cuts))

        return found

    def set(self, candidates: Sequence[Candidate]) -> None:
        kept: list[Candidate] = []
        for candidate in sorted(candidates, key=lambda c: (c.bytes, c.cost, len(c.cuts))):
            if not kept or candidate.cost < kept[-1].cost:
                kept.append(candidate)
        self.candidates = kept
        self.sizes = [c.bytes for c in kept]


def frontier(
    stages: Sequence[Stage], mode: InputMode, exact_stages: int = EXACT_STAGES
) -> tuple[Candidate, ...]:
    """
    All programs that no other beats in both arena and cost, smallest first; for more than
    EXACT_STAGES nearly so.
    """
    return _Search(stages, mode, thins=len(stages) > exact_stages).run()


class _Search:
    def __init__(self, stages: Sequence[Stage], mode: InputMode, thins: bool = False) -> None:
        self.stages = stages
        self.thins = thins
        self.mode = mode
        self.whole = _Frontier()
        # no program is smaller than its first stage with the image
        labels = self._first(0)
        self.floor = self._input_map(0) + int((labels.stays + labels.passes).min())
        self.alone = [self._alone(index) for index in range(len(stages))]
        self.least: list[list[int]] = []
        self.places = np.zeros(1, np.int64)
        self.ceilings: dict[tuple[int, int], list[int]] = {}
        self.rings: dict[tuple[int, tuple[int, bool]], np.ndarray] = {}

    def run(self) -> tuple[Candidate, ...]:
        """Short segments first: the programs made of them bound what is worth extending."""
        count = len(self.stages)
        self._bound()
        labels = [self._first(first) for first in range(count)]
        segments: dict[tuple[int, int], _Frontier] = {}
        for length in range(count):
            for first in range(count - length):
                last = first + length
                if length:
                    labels[first] = self._extend(first, last, labels[first])
                segments[first, last] = self._finish(first, last, labels[first])
            if length in LESSONS or length == count - 1:
                self._learn(segments)

        return tuple(self.whole.candidates)

    def _learn(self, segments: dict[tuple[int, int], _Frontier]) -> None:
        """Join the segments known so far to whole programs, and bound the rest by them."""
        count = len(self.stages)
        best = [_Frontier() for _ in range(count + 1)]
        best[0].set([Candidate(0, 0, ())])
        for last in range(count):
            found: list[Candidate] = []
            for first in range(last + 1):
                if (first, last) in segments:
                    found += best[first].followed_by(segments[first, last])
            best[last + 1].set(found)
        self.whole.set([*self.whole.candidates, *best[count].candidates])
        self._bound()

    def _bound(self) -> None:
        """
        How many known programs each number of words has room for; and what each stage must cost at
        least in the sizes from each of them to the next.
        """
        self.ceilings = {}
        self.least = []
        sizes = np.arange(0, max(self.whole.sizes, default=0) + ALIGNMENT, ALIGNMENT)
        self.places = np.searchsorted(np.array(self.whole.sizes, np.int64), sizes, side="right")
        for at in range(len(self.whole.sizes)):
            size = self.whole.sizes[at + 1] - 1 if at + 1 < len(self.whole.sizes) else NEVER
            sums = [0]
            for sizes, costs in self.alone:
                place = bisect_right(sizes, size)
                sums.append(sums[-1] + (costs[place - 1] if place else NEVER))
            self.least.append(sums)

    def _alone(self, index: int) -> tuple[list[int], list[int]]:
        """
        (sizes, costs): stage INDEX takes a cost at least within each size, in whatever segment.
        """
        stage = self.stages[index]
        after = self.stages[index + 1] if index + 1 < len(self.stages) else None
        enters = self._input_map(0) if index == 0 else 0
        leaves: dict[int, int] = {}
        found = []
        for choice in stage.choices:
            if index or self.mode == "rows":
                enters = aligned(_ring(stage, choice.pace, 1) * stage.input_row_bytes)
            if choice.rows not in leaves:
                leaves[choice.rows] = _least_ring(after, choice.rows) if after else 0
            size = sum(stage.inside(choice)) + max(enters, leaves[choice.rows])
            found.append((size, stage.cost(choice)))
        found.sort()

        return [size for size, _ in found], list(accumulate((cost for _, cost in found), min))

    def _are_hopeless(
        self, sizes: np.ndarray, costs: np.ndarray, first: int, last: int
    ) -> np.ndarray:
        """
        For each of SIZES and COSTS of stages [FIRST, LAST] whether, at any size from there on, a
        known program costs no more than with the least that all others can cost in that size.
        """
        words = np.maximum(sizes, self.floor) // ALIGNMENT
        at = self.places[np.minimum(words, len(self.places) - 1)]
        ceilings = np.array([NEVER, *self._ceiling(first, last)], np.int64)

        return costs >= ceilings[at]

    def _ceiling(self, first: int, last: int) -> list[int]:
        """What stages [FIRST, LAST] must cost less than, from each size of a known program on."""
        if (first, last) not in self.ceilings:
            result: list[int] = []
            most = -NEVER
            pairs = zip(reversed(self.whole.candidates), reversed(self.least), strict=True)
            for known, sums in pairs:
                most = max(most, known.cost - sums[first] - sums[-1] + sums[last + 1])
                result.append(most)
            self.ceilings[first, last] = result[::-1]

        return self.ceilings[first, last]

    def _first(self, first: int) -> Labels:
        """Labels of stage FIRST alone."""
        stage = self.stages[first]
        rows = []
        for number, choice in enumerate(stage.choices):
            stays, passes = stage.inside(choice)
            if first == 0 and self.mode == "rows":
                stays += aligned(_ring(stage, choice.pace, 1) * stage.input_row_bytes)
            rows.append((stays, passes, stage.cost(choice), number, 0))

        return Labels(*np.array(rows, np.int64).T, stage.choices, None)

    def _extend(self, first: int, last: int, labels: Labels) -> Labels:
        """
        Labels of stages [FIRST, LAST] from those of [FIRST, LAST - 1]. What follows depends on the
        rows alone that LAST makes a turn: of its other choices the best are kept.
        """
        stage, floor = self.stages[last], self._input_map(first)
        parts = []
        for _, group in groupby(enumerate(stage.choices), key=lambda pair: pair[1].rows):
            choices = list(group)
            inside = np.array([(*stage.inside(c), stage.cost(c)) for _, c in choices], np.int64)
            rings = np.array([self._rings(last, choice)[labels.last] for _, choice in choices])
            stays = (labels.stays + rings + inside[:, :1]).ravel()
            passes = np.maximum(labels.passes, inside[:, 1:2]).ravel()
            cost = (labels.cost + inside[:, 2:]).ravel()
            hopeless = self._are_hopeless(floor + stays + passes, cost, first, last)
            kept = np.flatnonzero(~hopeless)
            if self.thins:
                kept = kept[thinned(stays[kept], passes[kept], cost[kept], MOST_LABELS)]
            kept = kept[undominated(stays[kept], passes[kept], cost[kept])]
            which, extends = np.divmod(kept, max(1, len(labels.cost)))
            numbers = np.array([number for number, _ in choices], np.int64)[which]
            parts.append(np.array([stays[kept], passes[kept], cost[kept], numbers, extends]))

        return Labels(*np.concatenate(parts, axis=1), stage.choices, labels)

    def _rings(self, last: int, choice: Choice) -> np.ndarray:
        """Bytes of the rows that wait for stage LAST, for each choice of the stage before."""
        key = last, choice.pace
        if key not in self.rings:
            stage, extra = self.stages[last], _open_rows(self.stages[last - 1])
            bytes_of = {
                rows: aligned((_ring(stage, choice.pace, rows) + extra) * stage.input_row_bytes)
                for rows in {before.rows for before in self.stages[last - 1].choices}
            }
            self.rings[key] = np.array(
                [bytes_of[before.rows] for before in self.stages[last - 1].choices], np.int64
            )
        return self.rings[key]

    def _finish(self, first: int, last: int, labels: Labels) -> _Frontier:
        """Labels as whole segments: with their input and output maps."""
        found = _Frontier()
        if first == 0 and last == len(self.stages) - 1 and self.mode == "rows":
            return found  # logits have no place before all rows were pushed
        paces = {choice.pace: choice for choice in labels.choices}  # nothing else matters to maps
        known = {pace: self._maps(first, last, choice) for pace, choice in paces.items()}
        maps = np.array([known[choice.pace] for choice in labels.choices], np.int64)
        sizes = labels.stays + labels.passes + maps[labels.last]
        hopeless = self._are_hopeless(sizes, labels.cost, first, last)
        order = np.lexsort((sizes, labels.cost))
        order = order[~hopeless[order]]
        least = np.minimum.accumulate(sizes[order])  # of those that cost no more
        is_best = np.diff(least, prepend=NEVER) < 0
        found.set([
            Candidate(int(sizes[at]), int(labels.cost[at]), (Cut(first, last, labels.chosen(at)),))
            for at in order[is_best]
        ])  # fmt: skip

        return found

    def _input_map(self, first: int) -> int:
        """Bytes of the map that stage FIRST reads, if it begins a segment."""
        if first == 0 and self.mode != "arena":
            return 0
        stage = self.stages[first]
        return aligned(stage.input_rows * stage.input_row_bytes)

    def _maps(self, first: int, last: int, choice: Choice) -> int:
        """Bytes of the segment's input and output map, overlapped; CHOICE is the last stage's."""
        before, after = self._input_map(first), self.stages[last].output_bytes
        if not before or not after:
            return before + after
        shift = _shift(self.stages[first : last + 1], choice)

        return max(after, before + aligned(max(0, shift)))


@cache
def _geometries(stage: Stage, summed: bool) -> tuple[Geometry, ...]:
    steps = stage.steps_for(Choice(1, summed))
    return tuple(geometry(stage.graph, step) for step in steps)


@cache
def _first_row(stage: Stage, summed: bool, row: int) -> int:
    """
    The first input row that output row ROW needs, through all steps of STAGE; inside, rows are made
    that a wide stride leaves out.
    """
    if row >= stage.limit:
        return stage.input_rows
    first, *others = _geometries(stage, summed)
    for rows in reversed(others):
        row = min(rows.reads(row, row + 1)[0], rows.reads(0, row)[1])

    return first.reads(row, row + 1)[0]


@cache
def _rows_for(stage: Stage, end: int) -> int:
    """Input rows that output rows up to END need, through all steps of STAGE."""
    for rows in reversed(_geometries(stage, False)):
        _, end = rows.reads(0, end)

    return end


@cache
def _ring(stage: Stage, pace: tuple[int, bool], arriving: int) -> int:
    """Rows of STAGE's input that wait when it goes by PACE and they come ARRIVING at a time."""
    choice = Choice(*pace)
    steps = stage.steps_for(choice)
    if len({(step.rows, step.limit) for step in steps}) > 1 or any(s.add for s in steps):
        return backlog(steps, [geometry(stage.graph, step) for step in steps], arriving)
    most, done, here = 0, 0, 0
    while done < stage.limit:
        end = min(stage.limit, done + choice.rows)
        needed = _rows_for(stage, end)
        here = max(here, min(stage.input_rows, -(-needed // arriving) * arriving))
        most = max(most, here - _first_row(stage, choice.summed, done))
        done = end

    return most


def _least_ring(stage: Stage, arriving: int) -> int:
    """Bytes of STAGE's input that wait at least when rows come ARRIVING at a time."""
    rows = min(_ring(stage, pace, arriving) for pace in {c.pace for c in stage.choices})

    return aligned(rows * stage.input_row_bytes)


@cache
def _first_rows(stage: Stage, summed: bool) -> np.ndarray:
    """_first_row of each output row, and of their end."""
    return np.array([_first_row(stage, summed, row) for row in range(stage.limit + 1)])


@cache
def _rows_for_each(stage: Stage) -> np.ndarray:
    """_rows_for each number of output rows."""
    return np.array([_rows_for(stage, end) for end in range(stage.limit + 1)])


@cache
def _open_rows(stage: Stage) -> int:
    """Rows of STAGE's output that are begun, at most, before they are done: those of a pool."""
    rows = geometry(stage.graph, stage.steps[-1])
    return max(rows.stored(end) - end for end in range(stage.limit + 1))


def _shift(stages: Sequence[Stage], choice: Choice) -> int:
    """
    How far the output map reaches past the first input row that is still needed, at the worst, if
    each stage has made no more rows than those after it need and the last one goes by CHOICE.
    """
    last, before = stages[-1], stages[0]
    output = last.graph.tensor(str(last.steps[-1].output))
    done = np.minimum(np.arange(choice.rows, last.limit + choice.rows, choice.rows), last.limit)
    ends = done
    read_last = {before.steps[-1].input, before.steps[-1].addend}
    if len(stages) == 1 and before.steps[0].input in read_last:
        ends = done - np.diff(done, prepend=0)  # what a turn reads outlives what it writes
    for stage in reversed(stages[1:]):
        ends = _rows_for_each(stage)[ends]
    ways = {choice.summed} if len(stages) == 1 else {False, before.can_sum}
    first = np.min([_first_rows(before, summed)[ends] for summed in ways], axis=0)
    begun = done + np.where(done < last.limit, _open_rows(last), 0)
    reach = begun * (output.width * output.channels) - first * before.input_row_bytes

    return int(np.max(reach, where=first < before.input_rows, initial=0))
