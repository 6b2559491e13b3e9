"""
Layers to steps: what runs together, which input rows a turn reads, which rows nobody needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool
from sqz2c.ir.program import Step


def steps_of(graph: Graph) -> tuple[Step, ...]:
    """
    The steps of GRAPH, in order; each would compute all of its rows in one turn.
    """
    groups: list[list[Layer]] = []
    for layer in graph.layers:
        if groups and _joins(groups[-1], layer):
            groups[-1].append(layer)
        else:
            groups.append([layer])
    steps = [Step(tuple(group), 1, 1) for group in groups]
    needed: dict[str, int] = {}
    for index in reversed(range(len(steps))):
        height = output_height(graph, steps[index])
        output = steps[index].output
        limit = height if output is None else min(height, needed.get(output, height))
        steps[index] = replace(steps[index], rows=limit, limit=limit)
        rows = geometry(graph, steps[index])
        reads = rows.reads(0, limit)[1]
        needed[steps[index].input] = max(needed.get(steps[index].input, 0), reads)
        addend = steps[index].addend
        if addend is not None:
            needed[addend] = max(needed.get(addend, 0), rows.middle(0, limit)[1])

    return tuple(steps)


def _joins(group: Sequence[Layer], layer: Layer) -> bool:
    """Whether LAYER can be folded into the convolutions of GROUP."""
    last = group[-1]
    if isinstance(last, Add):
        return isinstance(layer, MaxPool)
    if not isinstance(last, Conv):
        return False
    if isinstance(layer, Conv):
        return layer.output == last.output and layer.input == last.input
    if isinstance(layer, Add):
        return layer.input == last.output

    return isinstance(layer, MaxPool | GlobalAverage)


def output_height(graph: Graph, step: Step) -> int:
    """
    Rows of what STEP stores; for the head, of its convolution.
    """
    last = step.layers[-1]
    name = last.input if isinstance(last, GlobalAverage) else last.output

    return graph.tensor(name).height


@dataclass(frozen=True)
class Window:
    """Rows that one row of output reads: HEIGHT from `row * stride - padding` on."""

    height: int
    stride: int
    padding: int

    def begin(self, row: int) -> int:
        return max(0, row * self.stride - self.padding)

    def end(self, row: int, height: int) -> int:
        """The end of what rows up to ROW, inclusive, read of HEIGHT rows."""
        return max(0, min(height, row * self.stride - self.padding + self.height))


@dataclass(frozen=True)
class Geometry:
    """
    Rows of a step: it computes OUT_HEIGHT rows from IN_HEIGHT, through the window of its
    convolution (a union, where several write side by side) and, if folded, of its pool over
    MIDDLE_HEIGHT rows that are never stored.
    """

    in_height: int
    middle_height: int
    out_height: int
    window: Window
    pool: Window | None
    keeps_open_rows: bool  # between turns; otherwise rows that two turns need are computed by both

    def middle(self, begin: int, end: int) -> tuple[int, int]:
        """Rows of the convolution that a turn for output rows [BEGIN, END) computes."""
        if self.pool is None or end <= begin:
            return begin, end
        if not self.keeps_open_rows:
            first = self.pool.begin(begin)
        else:
            first = self.pool.end(begin - 1, self.middle_height) if begin else 0

        return first, max(first, self.pool.end(end - 1, self.middle_height))

    def reads(self, begin: int, end: int) -> tuple[int, int]:
        """Input rows that a turn for output rows [BEGIN, END) reads."""
        first, last = self.middle(begin, end)
        if last <= first:
            at = min(self.in_height, self.window.begin(first))
            return at, at
        begins = min(self.in_height, self.window.begin(first))

        return begins, max(begins, self.window.end(last - 1, self.in_height))

    def rows_read(self, end: int) -> int:
        """
        The end of the input rows that output rows up to END read: windows that lie in the padding
        below wait for all rows, but read none.
        """
        rows = range(*self.middle(0, end))
        windows = (row for row in rows if self.window.begin(row) < self.in_height)

        return max((self.window.end(row, self.in_height) for row in windows), default=0)

    def stored(self, end: int) -> int:
        """Output rows begun once rows up to END are done: a pool's next row may be open."""
        if self.pool is None or not self.keeps_open_rows or end in (0, self.out_height):
            return end
        done = self.pool.end(end - 1, self.middle_height)
        while end < self.out_height and self.pool.begin(end) < done:
            end += 1

        return end


def geometry(graph: Graph, step: Step) -> Geometry:
    """
    The rows of STEP.
    """
    first = step.layers[0]
    if isinstance(first, Conv):
        windows = [Window(c.kernel_height, c.stride, c.padding) for c in step.convs]
        stride = windows[0].stride
        padding = max(w.padding for w in windows)
        reach = max(w.height - w.padding for w in windows)
        window = Window(reach + padding, stride, padding)
    elif isinstance(first, MaxPool):
        window = Window(first.kernel, first.stride, first.padding)
    else:
        window = Window(1, 1, 0)
    pool = step.pool
    assert not isinstance(first, GlobalAverage)

    return Geometry(
        in_height=graph.tensor(step.input).height,
        middle_height=graph.tensor(first.output).height,
        out_height=output_height(graph, step),
        window=window,
        pool=Window(pool.kernel, pool.stride, pool.padding) if pool else None,
        keeps_open_rows=step.squeeze is None,
    )
