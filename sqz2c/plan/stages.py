"""
The planner's units: a stage is a step and the 1x1 convolution that takes its rows at once.

In a SqueezeNet: the stem with the first squeeze; each pair of expands (with their pool) and the
next squeeze; the last expands and the head. Stages are cut at squeezes, the smallest tensors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import PixelTable
from sqz2c.ir.program import Step
from sqz2c.plan.cost import turn_cost
from sqz2c.plan.flow import Turn, Wait, turns, waits
from sqz2c.plan.layout import aligned
from sqz2c.plan.steps import geometry


@dataclass(frozen=True, eq=False)
class Stage:
    """
    STEPS of GRAPH. Its one parameter is `rows`: how many rows of its last step it makes a turn.
    """

    graph: Graph
    steps: tuple[Step, ...]

    @cached_property
    def limit(self) -> int:
        return self.steps[-1].limit

    @cached_property
    def choices(self) -> tuple[int, ...]:
        """Rows a turn worth trying: the least for each number of turns."""
        counts = range(1, self.limit + 1)
        return tuple(sorted({-(-self.limit // count) for count in counts}, reverse=True))

    def with_rows(self, rows: int) -> tuple[Step, ...]:
        """
        The steps for ROWS a turn; a table makes single rows, padding of the last adds to its first.
        """
        last = self.steps[-1]
        before = min(rows, self.steps[-2].limit) if len(self.steps) > 1 else rows
        result = []
        for step in self.steps:
            if isinstance(step.layers[0], PixelTable):
                result.append(replace(step, rows=1))
            elif step is last:
                result.append(replace(step, rows=rows))
            else:
                result.append(replace(step, rows=max(1, before - last.convs[0].padding)
                                      if rows < self.limit else step.limit))

        return tuple(result)

    def cost(self, rows: int) -> int:
        """Instructions of decoding, with ROWS a turn."""
        return sum(step.turns * turn_cost(step) for step in self.with_rows(rows))

    @cached_property
    def output_bytes(self) -> int:
        output = self.steps[-1].output
        return aligned(self.graph.tensor(output).size_bytes) if output else 0

    @cached_property
    def input_row_bytes(self) -> int:
        tensor = self.graph.tensor(self.steps[0].input)
        return tensor.width * tensor.channels

    @cached_property
    def input_rows(self) -> int:
        return self.graph.tensor(self.steps[0].input).height

    @cached_property
    def _inside(self) -> dict[int, tuple[dict[str, int], dict[str, int]]]:
        return {}

    def inside(self, rows: int) -> tuple[int, int]:
        """
        (bytes that stay between turns, bytes needed during a turn) of tensors inside the stage.
        """
        staying, passing = self._measured(rows)

        return sum(staying.values()), max(passing.values(), default=0)

    def passing(self, rows: int) -> tuple[str, ...]:
        """
        Tensors inside the stage of which nothing waits while other stages take turns.
        """
        return tuple(self._measured(rows)[1])

    def _measured(self, rows: int) -> tuple[dict[str, int], dict[str, int]]:
        """Bytes of tensors that stay, and of those that pass, with ROWS a turn."""
        if rows not in self._inside:
            self._inside[rows] = self._measure(rows)
        return self._inside[rows]

    def _measure(self, rows: int) -> tuple[dict[str, int], dict[str, int]]:
        steps = self.with_rows(rows)
        geometries = [geometry(self.graph, step) for step in steps]
        order = turns(steps, geometries, fed=False)
        staying: dict[str, int] = {}
        passing: dict[str, int] = {}
        found = waits(steps, geometries, order)[1:-1]
        for step, wait in zip(steps[:-1], found, strict=True):
            tensor = self.graph.tensor(str(step.output))
            size = aligned(min(wait.held, tensor.height) * tensor.width * tensor.channels)
            passes = _is_empty_between(wait, order, len(steps) - 1)
            (passing if passes else staying)[tensor.name] = size

        return staying, passing


def _is_empty_between(wait: Wait, order: Sequence[Turn], last: int) -> bool:
    """
    Whether nothing of a tensor inside a stage waits whenever other stages may take turns: after
    the stage's LAST step went, and when its first step has to wait for input.
    """
    return all(
        wait.begun[at] <= wait.needed[at + 1]
        for at in range(len(order) - 1)
        if order[at].step == last or order[at + 1].step == 0
    )


def stages_of(graph: Graph, steps: Sequence[Step]) -> tuple[Stage, ...]:
    """
    All of STEPS, in order, in stages.
    """
    groups: list[list[Step]] = []
    for step in steps:
        opens = not groups or _ends_stage(groups[-1])
        if opens:
            groups.append([step])
        else:
            groups[-1].append(step)

    return tuple(Stage(graph, tuple(group)) for group in groups)


def _ends_stage(group: Sequence[Step]) -> bool:
    """A stage ends after a 1x1 convolution that is stored as it is."""
    last = group[-1]
    convs = last.convs

    return len(convs) == 1 and last.pool is None and convs[0].kernel_height == 1
