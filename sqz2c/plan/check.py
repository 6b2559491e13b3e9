"""
The judge of every plan: replay it byte by byte, in the order in which the C touches memory.

It shares no code with the planner. Each byte of the arena remembers which row of which tensor was
written there last; a kernel may only read rows that are still whole.
"""

import math

import numpy as np

from sqz2c.errors import PlanError
from sqz2c.ir.graph import PIXELS, Graph
from sqz2c.ir.layer import Conv, GlobalAverage, Kernel, Layer, MaxPool
from sqz2c.ir.program import Buffer, Program, Segment, Step

NOBODY, SUMS, SCRATCH = -1, -2, -3
ROWS = 1 << 16  # tag of row r of tensor t: t * ROWS + r


def check_plan(program: Program) -> None:
    """
    Raise PlanError unless every read of PROGRAM finds what was written for it.
    """
    Replay(program).run()


class Replay:
    """The arena's owners, and how far each step has come."""

    def __init__(self, program: Program) -> None:
        self.graph: Graph = program.graph
        self.program = program
        self.owner = np.full(program.arena_bytes, NOBODY, np.int64)
        self.index = {tensor.name: i for i, tensor in enumerate(self.graph.tensors)}
        self.segment = program.segments[0]
        self.done: dict[str, int] = {}  # rows by layer name; folded layers too
        self.arrived = 0

    def run(self) -> None:
        ran = [layer.name for step in self.program.steps for layer in step.layers]
        if ran != [layer.name for layer in self.graph.layers]:
            raise PlanError(f"the plan runs {ran}, which is not the network in order.")
        for number, segment in enumerate(self.program.segments):
            self._enter(number, segment)
            while self._turn(segment):
                pass
        self._check_done()

    def after_turn(self) -> None:
        """Called after each turn; for those who want to look."""

    def reads(self, tensor: str, row: int) -> None:
        """Called for each row of TENSOR that is read; for those who want to look."""

    def _enter(self, number: int, segment: Segment) -> None:
        self.segment = segment
        first = segment.steps[0].input
        for buffer in segment.buffers:
            if buffer.offset < 0 or buffer.offset + buffer.size > self.program.arena_bytes:
                raise PlanError(f"{buffer.tensor}: lies outside of the arena.")
        if number == 0:
            self._enter_image()
        elif segment.moved_from is not None:
            buffer = self._buffer(first)
            if not 0 <= segment.moved_from <= self.program.arena_bytes - buffer.size:
                raise PlanError(f"{first}: is moved from outside of the arena.")
            old = slice(segment.moved_from, segment.moved_from + buffer.size)
            self.owner[buffer.offset : buffer.offset + buffer.size] = self.owner[old].copy()
        else:
            written = self.program.segments[number - 1].buffer(first)
            if written is None or written.offset != self._buffer(first).offset:
                raise PlanError(f"{first}: is not where segment {number - 1} left it.")

    def _enter_image(self) -> None:
        if self.program.input_mode == "arena":
            for row in range(self.graph.image.height):
                self._bytes(PIXELS, row)[:] = self._tag(PIXELS, row)
        if self.program.input_mode == "rows":
            self._arrive()
        else:
            self.arrived = self.graph.image.height

    def _arrive(self) -> None:
        """The next row of the image is put where it belongs, if anybody reads it."""
        if self.arrived < self.program.image_rows:
            self._bytes(PIXELS, self.arrived)[:] = self._tag(PIXELS, self.arrived)
        self.arrived += 1

    def _turn(self, segment: Segment) -> bool:
        """One turn of the last step that can go; a row of the image where none can."""
        for position in reversed(range(len(segment.steps))):
            step = segment.steps[position]
            begin = self.done.get(step.name, 0)
            end = min(step.limit, begin + step.rows)
            if end > begin and self._is_ready(segment, position, end):
                self._compute(step, begin, end)
                self.done[step.name] = end
                self.after_turn()
                return True
        is_fed = segment is self.program.segments[0] and self.program.input_mode == "rows"
        if is_fed and self.arrived < self.graph.image.height:
            self._arrive()
            return True

        return False

    def _is_ready(self, segment: Segment, position: int, end: int) -> bool:
        step = segment.steps[position]
        needed = self._window_end(step, end - 1)
        if position:
            return needed <= self.done.get(segment.steps[position - 1].name, 0)
        return step.input != PIXELS or needed <= self.arrived

    def _window_end(self, step: Step, row: int) -> int:
        """Input rows that the C waits for before it computes row ROW: those in the padding too."""
        if step.pool is not None:
            row = self._window(step.pool, row).stop - 1

        return max(self._window(layer, row).stop for layer in step.convs or step.layers[:1])

    def _input_rows(self, step: Step, row: int) -> set[int]:
        """Rows of STEP's input that its output row ROW depends on."""
        middles = [row]
        if step.pool is not None:
            middles = list(self._window(step.pool, row))

        return {
            read
            for middle in middles
            for layer in (step.convs or step.layers[:1])
            for read in self._window(layer, middle)
        }

    def _added_rows(self, step: Step, row: int) -> range:
        """Rows that are added to STEP's convolutions for its output row ROW."""
        if step.add is None:
            return range(0)
        return range(row, row + 1) if step.pool is None else self._window(step.pool, row)

    def _added_in_turn(self, step: Step, begin: int, end: int) -> set[int]:
        """The same for rows [BEGIN, END), without those that an earlier turn has pooled."""
        rows = {r for row in range(begin, end) for r in self._added_rows(step, row)}
        if step.pool is None or begin == 0:
            return rows
        return rows - set(range(self._window(step.pool, begin - 1).stop))

    def _window(self, layer: Layer, row: int) -> range:
        height = self.graph.tensor(layer.input).height
        if isinstance(layer, Conv):
            rows, stride, padding = layer.kernel_height, layer.stride, layer.padding
        elif isinstance(layer, MaxPool):
            rows, stride, padding = layer.kernel, layer.stride, layer.padding
        else:
            rows, stride, padding = 1, 1, 0
        top = row * stride - padding

        return range(max(top, 0), min(top + rows, height))

    def _compute(self, step: Step, begin: int, end: int) -> None:
        """Filters are swept over all rows, tile by tile: what is read must outlive all writes."""
        if step.squeeze is not None:
            self._compute_summed(step, begin, end)
            return
        reads, writes = self._rows_of_turn(step, begin, end)
        adds = self._added_in_turn(step, begin, end)
        scratch = self._scratch(step)
        for conv in step.convs or step.layers[:1]:
            for _ in range(2):
                scratch[:] = SCRATCH
                for row in sorted(reads):
                    self._expect(step, step.input, row)
                for row in sorted(adds):
                    self._expect(step, str(step.addend), row)
                for pooled, is_start in writes:
                    self._write(step, conv, pooled, is_start)
                self._expect_scratch(step, scratch)
        scratch[:] = NOBODY

    def _compute_summed(self, step: Step, begin: int, end: int) -> None:
        """All reads, with the sums beside them; then the output, row by row, out of the sums."""
        buffer = self._buffer(str(step.sums))
        squeeze = step.squeeze
        assert squeeze is not None
        width = self.graph.tensor(squeeze.output).width
        sum_bytes = 4 * (squeeze.out_channels + -squeeze.out_channels % 4)
        if buffer.held < end - begin or buffer.row_bytes != width * sum_bytes:
            raise PlanError(f"{step.name}: its sums of {buffer.size} B are too small.")
        sums = self.owner[buffer.offset : buffer.offset + buffer.size]
        scratch = self._scratch(step)
        sums[:] = SUMS
        for row in range(begin, end):
            scratch[:] = SCRATCH
            for read in sorted(self._input_rows(step, row)):
                self._expect(step, step.input, read)
            for read in self._added_rows(step, row):
                self._expect(step, str(step.addend), read)
        for row in range(begin, end):
            self._write(step, squeeze, row, True)
            left = sums[(row - begin) * buffer.row_bytes : (end - begin) * buffer.row_bytes]
            if not np.all(left == SUMS):
                raise PlanError(f"{step.name}: its sums are overwritten before they are used.")
        self._expect_scratch(step, scratch)
        sums[:] = NOBODY
        scratch[:] = NOBODY

    def _scratch(self, step: Step) -> np.ndarray:
        """Owners of what STEP needs beside its tensors; none without convolutions."""
        if not step.convs:
            return self.owner[:0]
        buffer = self._buffer(str(step.scratch))
        most = max(conv.out_channels for conv in step.convs) + 3
        if step.tile_channels % 4 or not 4 <= step.tile_channels <= most:
            raise PlanError(f"{step.name}: a tile of {step.tile_channels} filters.")
        if buffer.offset % 4:
            raise PlanError(f"{step.name}: its scratch is not aligned to words.")
        needed = _scratch_bytes(self.graph, step)
        if buffer.size < needed:
            raise PlanError(f"{step.name}: {buffer.size} B of scratch, {needed} are needed.")

        return self.owner[buffer.offset : buffer.offset + buffer.size]

    def _expect_scratch(self, step: Step, scratch: np.ndarray) -> None:
        if not np.all(scratch == SCRATCH):
            raise PlanError(f"{step.name}: writes into its own scratch while it is used.")

    def _rows_of_turn(
        self, step: Step, begin: int, end: int
    ) -> tuple[set[int], list[tuple[int, bool]]]:
        """Input rows that a turn reads, and (output row, whether it starts it) that it writes."""
        if step.pool is None:
            reads = {r for row in range(begin, end) for r in self._input_rows(step, row)}
            return reads, [(row, True) for row in range(begin, end)]
        conv, pool = step.convs[0], step.pool
        first = self.done.get(conv.name, 0)
        last = max(self._window(pool, end - 1)) + 1
        self.done[conv.name] = last
        height = self.graph.tensor(pool.output).height
        writes = []
        for row in range(height):
            under = [r for r in self._window(pool, row) if first <= r < last]
            if under:
                writes.append((row, under[0] == self._window(pool, row)[0]))
        reads = {
            read
            for each in step.convs
            for middle in range(first, last)
            for read in self._window(each, middle)
        }

        return reads, writes

    def _buffer(self, tensor: str) -> Buffer:
        found = [b for b in self.segment.buffers if b.tensor == tensor]
        if len(found) != 1:
            raise PlanError(f"{tensor}: has {len(found)} places in the arena.")
        return found[0]

    def _bytes(self, tensor: str, row: int) -> np.ndarray:
        """Owners of one row, [width, channels]."""
        shape = self.graph.tensor(tensor)
        buffer = self._buffer(tensor)
        if buffer.row_bytes != shape.width * shape.channels or buffer.held < 1:
            raise PlanError(f"{tensor}: a row of {buffer.row_bytes} B does not fit its shape.")
        start = buffer.offset + (row % buffer.held) * buffer.row_bytes
        return self.owner[start : start + buffer.row_bytes].reshape(shape.width, shape.channels)

    def _tag(self, tensor: str, row: int) -> int:
        return self.index[tensor] * ROWS + row

    def _expect(self, step: Step, tensor: str, row: int) -> None:
        if tensor == PIXELS and self.program.input_mode == "image":
            return
        self.reads(tensor, row)
        if not np.all(self._bytes(tensor, row) == self._tag(tensor, row)):
            raise PlanError(f"{step.name}: row {row} of {tensor} is not there when read.")

    def _write(self, step: Step, layer: Layer, row: int, is_start: bool) -> None:
        if isinstance(step.layers[-1], GlobalAverage):
            return
        output = str(step.output)
        owners, tag = self._bytes(output, row), self._tag(output, row)
        if isinstance(layer, Conv):
            owners = owners[:, layer.first_channel : layer.first_channel + layer.out_channels]
        if not is_start and not np.all(owners == tag):
            raise PlanError(f"{step.name}: row {row} is gone before its window is complete.")
        if not is_start:
            self.reads(output, row)
        owners[:] = tag

    def _check_done(self) -> None:
        steps = self.program.steps
        for step, reader in zip(steps, [*steps[1:], None], strict=True):
            needed = self.graph.tensor(
                step.layers[-1].input if reader is None else str(step.output)
            ).height
            if reader is not None:
                rows = (r for row in range(reader.limit) for r in self._input_rows(reader, row))
                needed = 1 + max(rows, default=-1)
            if self.done.get(step.name, 0) < needed:
                raise PlanError(
                    f"{step.name}: {self.done.get(step.name, 0)} of {needed} rows are computed."
                )


def _scratch_bytes(graph: Graph, step: Step) -> int:
    """What a turn of STEP needs in words of 4 B, reckoned apart from those who place it."""
    tile, of_tile = step.tile_channels, _words_of(step.tile_channels)
    width = graph.tensor(step.convs[0].output).width
    least = 4 if step.squeeze is None else tile  # filters a tile where MVE takes products
    rooms = [_conv_words(conv, step.kernel_of(conv), tile, least) for conv in step.convs]
    words = 256 + int(np.max(rooms, axis=0).sum())
    if step.pool is not None or step.squeeze is not None or step.is_head:
        words += tile // 4 * width
    if step.squeeze is not None:
        filters = step.squeeze.out_channels
        words += 256 + 4 * math.ceil(filters / 4) * of_tile + 2 * of_tile
        if step.pool is not None:
            held = math.ceil(step.pool.kernel / step.pool.stride)
            words += tile // 4 * held * graph.tensor(step.pool.output).width

    return 4 * words


def _conv_words(conv: Conv, kernel: Kernel, tile: int, least: int) -> tuple[int, int, int]:
    """
    Words of a tile of filters, or of lists and no less than of LEAST filters as vectors; of
    windows; and of sums of equal weights.
    """
    if kernel in ("nonzeros", "values"):
        return _list_words(conv, kernel == "values", tile, least)
    weights = conv.in_channels * conv.kernel_height * conv.kernel_width
    each = 4 * _words_of(weights // 3) if kernel == "winograd" else _words_of(weights)

    return tile * each, 2 * each + 4 * math.ceil(weights / 16), 0


def _list_words(conv: Conv, by_values: bool, tile: int, least: int) -> tuple[int, int, int]:
    """Words of a tile of lists, of the rows that they name, and of the sums of one list."""
    halves, longest = [], 0
    for weights in conv.weights.reshape(conv.out_channels, -1):
        places = np.flatnonzero(weights)
        counts = np.bincount(weights[places].astype(np.int16) + 128)
        runs = int(np.ceil(counts / 128).sum())
        longest = max(longest, runs)
        halves.append(len(places) + 2 * runs + 1 if by_values else 2 * len(places) + 2)
    most = max(sum(halves[at : at + tile]) for at in range(0, len(halves), tile))
    weights = conv.filter_weights
    rows = 4 * weights + max(8, math.ceil(conv.in_channels / 4))
    vectors = 4 * math.ceil(weights / 16)  # and a word, where a core multiplies int8 in vectors
    listed = max(math.ceil(most / 2), least * (vectors + 1))
    rows = max(rows, 2 * (vectors + 1) + vectors)
    if not by_values:
        return listed, rows, 0
    chains = math.ceil((256 * 2 + (weights + 1) * 2 + 256) / 4) + 2 * math.ceil(weights / 4)

    return listed, max(rows, chains), 9 * (longest + 1)


def _words_of(weights: int) -> int:
    """
    The larger of a filter as int16, in fours or, beyond 16, in sixteens; and as int8, in sixteens,
    with a word behind them.
    """
    pairs = 8 * math.ceil(weights / 16) if weights > 16 else 2 * math.ceil(weights / 4)
    return max(pairs, 4 * math.ceil(weights / 16) + 1)
