"""
The judge of every plan: replay it byte by byte, in the order in which the kernels touch memory.

It shares no code with the planner. Each byte of the arena remembers which row of which tensor was
written there last; a kernel may only read rows that are still whole.
"""

import numpy as np

from sqz2c.errors import PlanError
from sqz2c.ir.graph import PIXELS, Graph
from sqz2c.ir.layer import Conv, GlobalAverage, Layer, MaxPool
from sqz2c.ir.program import Buffer, Program, Segment

NOBODY = -1
ROWS = 1 << 16  # tag of row r of tensor t: t * ROWS + r


def check_plan(program: Program) -> None:
    """
    Raise PlanError unless every read of PROGRAM finds what was written for it.
    """
    _Replay(program).run()


class _Replay:
    """The arena's owners, and how far each layer has come."""

    def __init__(self, program: Program) -> None:
        self.graph: Graph = program.graph
        self.program = program
        self.owner = np.full(program.arena.size, NOBODY, np.int64)
        self.index = {tensor.name: i for i, tensor in enumerate(self.graph.tensors)}
        self.done: dict[str, int] = {}

    def run(self) -> None:
        ran = [layer.name for segment in self.program.segments for layer in segment.layers]
        if ran != [layer.name for layer in self.graph.layers]:
            raise PlanError(f"the plan runs {ran}, which is not the network in order.")
        for buffer in self.program.arena.buffers:
            if buffer.offset < 0 or buffer.offset + buffer.size > self.program.arena.size:
                raise PlanError(f"{buffer.tensor}: lies outside of the arena.")
        for segment in self.program.segments:
            for turn in range(segment.rounds):
                self._round(segment, turn)
        for layer in self.graph.layers:
            needed = self._rows_needed(layer)
            if not needed <= self.done[layer.name] <= self._height(layer):
                raise PlanError(
                    f"{layer.name}: {self.done[layer.name]} of {needed} rows are computed."
                )

    def _rows_needed(self, layer: Layer) -> int:
        """Rows of LAYER that anybody reads; a stride may leave the last ones out."""
        height = self._height(layer)
        if isinstance(layer, GlobalAverage) or layer.output == self.graph.head.input:
            return height
        readers = [r for r in self.graph.layers if r.input == layer.output]

        return 1 + max(row for r in readers for row in self._all_rows_read(r, self._height(r)))

    def _round(self, segment: Segment, turn: int) -> None:
        last = segment.layers[-1]
        goals = {last.name: min(self._height(last), segment.rows * (turn + 1))}
        for layer in reversed(segment.layers[:-1]):
            goals[layer.name] = self._goal(segment, layer, goals)
        for layer in segment.layers:
            self._compute(layer, self.done.get(layer.name, 0), goals[layer.name])
            self.done[layer.name] = goals[layer.name]

    def _goal(self, segment: Segment, layer: Layer, goals: dict[str, int]) -> int:
        """Rows LAYER must have computed so that its readers in the segment reach theirs."""
        last = segment.layers[-1]
        if isinstance(last, GlobalAverage) and layer is segment.layers[-2]:
            return goals[last.name]
        assert not isinstance(layer, GlobalAverage)
        readers = [r for r in segment.layers if r.input == layer.output and r.name in goals]
        if not readers:
            return goals[last.name]

        return 1 + max(row for r in readers for row in self._all_rows_read(r, goals[r.name]))

    def _compute(self, layer: Layer, begin: int, end: int) -> None:
        source = self._buffer(layer.input)
        target = None
        if not isinstance(layer, GlobalAverage):
            target = self._buffer(layer.output)
        shares = (
            source is not None
            and target is not None
            and source.offset < target.offset + target.size
            and target.offset < source.offset + source.size
        )
        if isinstance(layer, MaxPool) and shares:
            for row in range(begin, end):
                self._pool_row_in_place(layer, row)
            return

        # A convolution sweeps all rows once for every tile of filters, so what it reads must
        # still be whole after everything was written.
        for _ in range(2):
            for row in range(begin, end):
                for read in self._rows_read(layer, row):
                    self._expect(layer, layer.input, read)
            if target is not None:
                for row in range(begin, end):
                    self._write(layer, row)

    def _height(self, layer: Layer) -> int:
        name = layer.input if isinstance(layer, GlobalAverage) else layer.output
        return self.graph.tensor(name).height

    def _rows_read(self, layer: Layer, row: int) -> range:
        if isinstance(layer, GlobalAverage):
            return range(0)
        height = self.graph.tensor(layer.input).height
        if isinstance(layer, Conv):
            rows, stride, padding = layer.kernel_height, layer.stride, layer.padding
        elif isinstance(layer, MaxPool):
            rows, stride, padding = layer.kernel, layer.stride, layer.padding
        else:
            rows, stride, padding = 1, 1, 0
        top = row * stride - padding

        return range(max(top, 0), min(top + rows, height))

    def _all_rows_read(self, layer: Layer, rows: int) -> list[int]:
        """Rows that the first ROWS rows of LAYER read; the last windows may lie in padding."""
        return [-1, *(read for row in range(rows) for read in self._rows_read(layer, row))]

    def _buffer(self, tensor: str) -> Buffer | None:
        found = [b for b in self.program.arena.buffers if b.tensor == tensor]
        if len(found) > 1 or (not found and tensor not in (PIXELS, self.graph.head.input)):
            raise PlanError(f"{tensor}: has {len(found)} places in the arena.")
        return found[0] if found else None

    def _row(self, tensor: str, row: int) -> np.ndarray:
        """Owners of one row, [width, channels]."""
        shape = self.graph.tensor(tensor)
        buffer = self._buffer(tensor)
        assert buffer is not None
        if buffer.row_bytes != shape.width * shape.channels:
            raise PlanError(f"{tensor}: a row of {buffer.row_bytes} B does not fit its shape.")
        start = buffer.offset + (row % buffer.held) * buffer.row_bytes
        return self.owner[start : start + buffer.row_bytes].reshape(shape.width, shape.channels)

    def _tag(self, tensor: str, row: int) -> int:
        return self.index[tensor] * ROWS + row

    def _expect(self, reader: Layer, tensor: str, row: int) -> None:
        if self._buffer(tensor) is None:
            return
        owners = self._row(tensor, row)
        if not np.all(owners == self._tag(tensor, row)):
            raise PlanError(f"{reader.name}: row {row} of {tensor} is not there when read.")

    def _write(self, layer: Layer, row: int) -> None:
        assert not isinstance(layer, GlobalAverage)
        first, count = 0, self.graph.tensor(layer.output).channels
        if self._buffer(layer.output) is None:
            return
        if isinstance(layer, Conv):
            first, count = layer.first_channel, layer.out_channels
        self._row(layer.output, row)[:, first : first + count] = self._tag(layer.output, row)

    def _pool_row_in_place(self, pool: MaxPool, row: int) -> None:
        out = self._row(pool.output, row)
        width = self.graph.tensor(pool.input).width
        reads = [(self._row(pool.input, r), self._tag(pool.input, r))
                 for r in self._rows_read(pool, row)]
        for x in range(out.shape[0]):
            left = x * pool.stride - pool.padding
            for owners, tag in reads:
                window = owners[max(left, 0) : min(left + pool.kernel, width)]
                if not np.all(window == tag):
                    raise PlanError(f"{pool.name}: overwrites row {row} before it is read.")
            out[x] = self._tag(pool.output, row)
