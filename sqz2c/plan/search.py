"""
The search: which stages flow into each other, where a whole map lies between them, and how many
rows each makes a turn, for the least decoding at every size of RAM.

The model. A segment of stages takes, in bytes: what stays between turns (rings, a pool's open
rows), summed; what is needed during a turn only, the largest; and its input and output map, which
overlap as far as the rows allow. A program takes the largest of its segments; its cost is the sum
of its decoding. Labels (rows of the last stage, bytes that stay, bytes that pass, cost) are
extended stage by stage and dropped only when another one is as good in everything, or when a
program that is already known is as small and as cheap; so the frontier is exact for the model.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from sqz2c.ir.program import InputMode
from sqz2c.plan.flow import backlog
from sqz2c.plan.layout import aligned
from sqz2c.plan.stages import Choice, Stage
from sqz2c.plan.steps import Geometry, geometry


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


@dataclass(frozen=True)
class _Label:
    choices: tuple[Choice, ...]
    stays: int
    passes: int
    cost: int


@dataclass
class _Frontier:
    """The best programs so far for a prefix of the stages: smaller is dearer."""

    sizes: list[int] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)

    def cheapest(self, size: int) -> int | None:
        """Least cost within SIZE bytes."""
        at = bisect_right(self.sizes, size)
        return self.candidates[at - 1].cost if at else None

    def set(self, candidates: Sequence[Candidate]) -> None:
        kept: list[Candidate] = []
        for candidate in sorted(candidates, key=lambda c: (c.bytes, c.cost, len(c.cuts))):
            if not kept or candidate.cost < kept[-1].cost:
                kept.append(candidate)
        self.candidates = kept
        self.sizes = [c.bytes for c in kept]


def frontier(
    stages: Sequence[Stage], mode: InputMode, *, summed: bool = True
) -> tuple[Candidate, ...]:
    """
    All programs that no other beats in both arena and cost, smallest first.

    SUMMED: steps may sum into a squeeze, which takes scratch that the arena does not show.
    """
    return _Search(stages, mode, summed).run()


class _Search:
    def __init__(self, stages: Sequence[Stage], mode: InputMode, summed: bool) -> None:
        self.stages = stages
        self.mode = mode
        self.summed = summed
        count = len(stages)
        self.rest = [0] * (count + 1)  # the least that stages from here on cost
        for index in reversed(range(count)):
            least = min(stages[index].cost(choice) for choice in self._choices(stages[index]))
            self.rest[index] = self.rest[index + 1] + least
        self.whole = _Frontier()
        # no program is smaller than its first stage with the image
        inside = min(label.stays + label.passes for label in self._first(0))
        self.floor = self._input_map(0) + inside

    def run(self) -> tuple[Candidate, ...]:
        """Single-stage segments first: they bound everything that follows."""
        count = len(self.stages)
        self.whole.set(self._join([self._finish(i, i, self._first(i)) for i in range(count)]))
        segments: dict[tuple[int, int], list[Candidate]] = {}
        for first in range(count):
            labels = self._first(first)
            segments[first, first] = self._finish(first, first, labels)
            for last in range(first + 1, count):
                labels = self._extend(first, last, labels)
                segments[first, last] = self._finish(first, last, labels)
        best = [_Frontier() for _ in range(count + 1)]
        best[0].set([Candidate(0, 0, ())])
        for last in range(count):
            found = []
            for first in range(last + 1):
                found += self._combine(best[first].candidates, segments[first, last])
            best[last + 1].set(found)

        return tuple(best[count].candidates)

    def _join(self, parts: Sequence[list[Candidate]]) -> list[Candidate]:
        whole = [Candidate(0, 0, ())]
        for part in parts:
            merged = _Frontier()
            merged.set(self._combine(whole, part))
            whole = merged.candidates

        return whole

    @staticmethod
    def _combine(left: Sequence[Candidate], right: Sequence[Candidate]) -> list[Candidate]:
        return [
            Candidate(max(a.bytes, b.bytes), a.cost + b.cost, a.cuts + b.cuts)
            for a in left
            for b in right
        ]

    def _is_hopeless(self, size: int, cost: int, first: int, last: int) -> bool:
        """
        Whether a known program is as small as any can be with a segment of SIZE, and cheaper than
        COST with all the rest.
        """
        known = self.whole.cheapest(max(size, self.floor))
        least = cost + self.rest[0] - self.rest[first] + self.rest[last + 1]

        return known is not None and known < least

    def _choices(self, stage: Stage) -> list[Choice]:
        return [choice for choice in stage.choices if self.summed or not choice.summed]

    def _first(self, first: int) -> list[_Label]:
        stage = self.stages[first]
        labels = []
        for choice in self._choices(stage):
            stays, passes = stage.inside(choice)
            if first == 0 and self.mode == "rows":
                stays += aligned(_ring(stage, choice, 1) * stage.input_row_bytes)
            labels.append(_Label((choice,), stays, passes, stage.cost(choice)))

        return labels

    def _extend(self, first: int, last: int, labels: Sequence[_Label]) -> list[_Label]:
        """Labels of stages [FIRST, LAST] from those of [FIRST, LAST - 1]."""
        stage, floor = self.stages[last], self._input_map(first)
        result: list[_Label] = []
        for choice in self._choices(stage):
            inside, during = stage.inside(choice)
            cost = stage.cost(choice)
            extended = []
            for label in labels:
                ring = aligned(_ring(stage, choice, label.choices[-1].rows) * stage.input_row_bytes)
                stays = label.stays + ring + inside
                passes = max(label.passes, during)
                least = floor + stays + passes
                if not self._is_hopeless(least, label.cost + cost, first, last):
                    extended.append(
                        _Label((*label.choices, choice), stays, passes, label.cost + cost)
                    )
            result += _undominated(extended)

        return result

    def _finish(self, first: int, last: int, labels: Sequence[_Label]) -> list[Candidate]:
        """Labels as whole segments: with their input and output maps."""
        if first == 0 and last == len(self.stages) - 1 and self.mode == "rows":
            return []  # logits have no place before all rows were pushed
        found = _Frontier()
        candidates = []
        floor = self._input_map(first)
        for label in labels:
            if self._is_hopeless(floor + label.stays + label.passes, label.cost, first, last):
                continue
            maps = self._maps(first, last, label.choices)
            size = label.stays + label.passes + maps
            if not self._is_hopeless(size, label.cost, first, last):
                cut = Cut(first, last, label.choices)
                candidates.append(Candidate(size, label.cost, (cut,)))
        found.set(candidates)

        return found.candidates

    def _input_map(self, first: int) -> int:
        """Bytes of the map that stage FIRST reads, if it begins a segment."""
        if first == 0 and self.mode != "arena":
            return 0
        stage = self.stages[first]
        return aligned(stage.input_rows * stage.input_row_bytes)

    def _maps(self, first: int, last: int, choices: tuple[Choice, ...]) -> int:
        """Bytes of the segment's input and output map, overlapped as the rows allow."""
        stages = self.stages[first : last + 1]
        before, after = self._input_map(first), stages[-1].output_bytes
        if not before or not after:
            return before + after

        return max(after, before + aligned(max(0, _shift(stages, choices))))


def _undominated(labels: Sequence[_Label]) -> list[_Label]:
    """Labels that no cheaper one matches in what stays and what passes."""
    kept: list[_Label] = []
    stays: list[int] = []  # a staircase of the kept: rising, with ever fewer bytes that pass
    passes: list[int] = []
    for label in sorted(labels, key=lambda x: (x.cost, x.stays, x.passes)):
        at = bisect_right(stays, label.stays)
        if at and passes[at - 1] <= label.passes:
            continue
        kept.append(label)
        end = at
        while end < len(stays) and passes[end] >= label.passes:
            end += 1
        begin = at - 1 if at and stays[at - 1] == label.stays else at
        stays[begin:end] = [label.stays]
        passes[begin:end] = [label.passes]

    return kept


@cache
def _geometries(stage: Stage, summed: bool) -> tuple[Geometry, ...]:
    steps = stage.steps_for(Choice(1, summed))
    return tuple(geometry(stage.graph, step) for step in steps)


@cache
def _first_row(stage: Stage, summed: bool, row: int) -> int:
    """The first input row that output row ROW needs, through all steps of STAGE."""
    if row >= stage.limit:
        return stage.input_rows
    for rows in reversed(_geometries(stage, summed)):
        row, _ = rows.reads(row, row + 1)

    return row


@cache
def _rows_for(stage: Stage, end: int) -> int:
    """Input rows that output rows up to END need, through all steps of STAGE."""
    for rows in reversed(_geometries(stage, False)):
        _, end = rows.reads(0, end)

    return end


@cache
def _ring(stage: Stage, choice: Choice, arriving: int) -> int:
    """Rows of STAGE's input that wait when they come ARRIVING at a time."""
    steps = stage.steps_for(choice)
    if len({(step.rows, step.limit) for step in steps}) > 1:
        return backlog(steps, [geometry(stage.graph, step) for step in steps], arriving)
    most, done, here = 0, 0, 0
    while done < stage.limit:
        end = min(stage.limit, done + choice.rows)
        needed = _rows_for(stage, end)
        here = max(here, min(stage.input_rows, -(-needed // arriving) * arriving))
        most = max(most, here - _first_row(stage, choice.summed, done))
        done = end

    return most


def _shift(stages: Sequence[Stage], choices: Sequence[Choice]) -> int:
    """
    How far the output map reaches past the first input row that is still needed, at the worst.
    """
    last, before = stages[-1], stages[0]
    output = last.graph.tensor(str(last.steps[-1].output))
    row_bytes = output.width * output.channels
    reads_while_writing = len(stages) == 1 and len(before.steps) == 1
    worst, done = 0, 0
    while done < last.limit:
        begin, done = done, min(last.limit, done + choices[-1].rows)
        ends = begin if reads_while_writing else done
        for index in range(len(stages) - 1, 0, -1):
            needed, count = _rows_for(stages[index], ends), choices[index - 1].rows
            ends = min(stages[index - 1].limit, -(-needed // count) * count)
        first = _first_row(before, choices[0].summed, ends)
        if first < before.input_rows:
            worst = max(worst, done * row_bytes - first * before.input_row_bytes)

    return worst
