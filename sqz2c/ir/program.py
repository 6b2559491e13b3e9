"""
What runs, in which order, and where its bytes lie: all that emit may know.

A program is a list of segments. Inside a segment rows flow: the steps take turns, and always the
last step that has the input rows for its next turn goes first (`turns`). So rows wait as little
as possible, and the order is the same in the planner, in its checker and in the generated C.
Between segments one tensor lies in the arena as a whole map.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from sqz2c.ir.core import CoreClass
from sqz2c.ir.filters import PackedFilters
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Kernel, Layer, MaxPool

TILE_CHANNELS = 4  # the fewest filters a tile

InputMode = Literal["image", "arena", "rows"]
BufferKind = Literal["map", "ring", "sums", "scratch"]


@dataclass(frozen=True, eq=False)
class Step:
    """
    Layers that run together: a pixel table; a pool; or convolutions that write side by side, with
    the addition, the pool or the average that follows them folded in, so that their own output is
    never stored.
    Where a squeeze follows in the same step, even the pool's output is not: each tile of channels
    is summed into the squeeze's int32 accumulators at once (sqz_fire).

    A turn computes ROWS rows of the step's output (of the head: of its convolution), the last turn
    what is left of LIMIT, the rows that anybody reads. Its weights are decoded once a turn, in
    tiles of TILE_CHANNELS filters, each swept over all rows of the turn. KERNELS names
    those of its convolutions that are not computed product by product.
    """

    layers: tuple[Layer, ...]
    rows: int
    limit: int
    tile_channels: int = TILE_CHANNELS
    kernels: tuple[tuple[str, Kernel], ...] = ()

    @cached_property
    def convs(self) -> tuple[Conv, ...]:
        """The convolutions that read the step's input."""
        return tuple(c for c in self.filters if c.input == self.input)

    def kernel_of(self, conv: Conv) -> Kernel:
        """How CONV is computed."""
        return dict(self.kernels).get(conv.name, "products")

    @cached_property
    def filters(self) -> tuple[Conv, ...]:
        """All convolutions, the squeeze included."""
        return tuple(layer for layer in self.layers if isinstance(layer, Conv))

    @property
    def squeeze(self) -> Conv | None:
        """The 1x1 convolution that the others are summed into."""
        last = self.layers[-1]
        return last if isinstance(last, Conv) and last.input != self.input else None

    @property
    def sums(self) -> str | None:
        """Name of the buffer of the squeeze's accumulators."""
        return f"{self.squeeze.name} sums" if self.squeeze else None

    @property
    def scratch(self) -> str | None:
        """Name of the buffer of what it needs beside its tensors; None without convolutions."""
        return f"{self.filters[-1].name} scratch" if self.filters else None

    @property
    def sums_bytes(self) -> int:
        """Bytes of the squeeze's accumulators at one pixel: int32, filters in whole groups."""
        assert self.squeeze is not None
        return 4 * (-(-self.squeeze.out_channels // TILE_CHANNELS) * TILE_CHANNELS)

    @property
    def add(self) -> Add | None:
        """The addition that is folded into the convolutions."""
        return next((layer for layer in self.layers if isinstance(layer, Add)), None)

    @property
    def addend(self) -> str | None:
        """The map that is added to what the convolutions make."""
        return self.add.other if self.add else None

    @property
    def pool(self) -> MaxPool | None:
        """The pool that is folded into the convolutions."""
        return next((layer for layer in self.layers[1:] if isinstance(layer, MaxPool)), None)

    @property
    def is_head(self) -> bool:
        return isinstance(self.layers[-1], GlobalAverage)

    @property
    def input(self) -> str:
        return self.layers[0].input

    @property
    def output(self) -> str | None:
        """The tensor it stores; None for the head."""
        last = self.layers[-1]
        return None if isinstance(last, GlobalAverage) else last.output

    @property
    def turns(self) -> int:
        """How often it runs an image, and how often each of its weights is decoded."""
        return -(-self.limit // self.rows)

    @property
    def name(self) -> str:
        return "+".join(layer.name for layer in self.layers)


def open_rows_of(pool: MaxPool) -> int:
    """
    Rows of POOL's output whose windows are open at once.
    """
    return -(-pool.kernel // pool.stride)


@dataclass(frozen=True)
class Buffer:
    """
    A tensor's place while one segment runs: HELD rows as a ring (row r at r mod held); all of its
    rows: a map; or a step's int32 sums or its scratch, which live during its turns only. OFFSET,
    SIZE in bytes.
    """

    tensor: str
    held: int
    row_bytes: int
    offset: int
    kind: BufferKind

    @property
    def size(self) -> int:
        return self.held * self.row_bytes

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True, eq=False)
class Segment:
    """
    STEPS in network order and the BUFFERS of all tensors they touch in the arena. The input map
    is moved from MOVED_FROM first, where its place differs from the one it was written to.
    """

    steps: tuple[Step, ...]
    buffers: tuple[Buffer, ...]
    moved_from: int | None = None

    @property
    def name(self) -> str:
        return f"{self.steps[0].name} .. {self.steps[-1].name}" if self.flows else (
            self.steps[0].name
        )

    @property
    def flows(self) -> bool:
        """Whether steps take turns; otherwise each runs once."""
        return len(self.steps) > 1 or self.steps[0].turns > 1

    @property
    def arena_bytes(self) -> int:
        return max((buffer.end for buffer in self.buffers), default=0)

    def buffer(self, tensor: str) -> Buffer | None:
        """The place of TENSOR; None for the caller's image and for what is never stored."""
        for buffer in self.buffers:
            if buffer.tensor == tensor:
                return buffer
        return None


@dataclass(frozen=True, eq=False)
class Program:
    """
    A quantized graph, cut into segments, with every buffer placed. FILTERS is filled by encode.

    IMAGE_ROWS is how many rows of the image anybody reads; a stride may leave the last ones out.
    LOWER_BOUND_BYTES are needed at once in the fullest turn: no placement of these turns can do
    with less arena (0: not computed). ESTIMATES are the cost model's instructions of each layer on
    each class of cores; CORE is the one it was planned for. It runs on all of them.
    """

    graph: Graph
    input_mode: InputMode
    segments: tuple[Segment, ...]
    image_rows: int
    arena_bytes: int
    lower_bound_bytes: int = 0
    filters: dict[str, PackedFilters] = field(default_factory=dict)
    estimates: dict[CoreClass, dict[str, int]] = field(default_factory=dict)
    core: CoreClass = "dsp"

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for segment in self.segments for step in segment.steps)

    def kernel_of(self, conv: Conv) -> Kernel:
        """How CONV is computed."""
        return next((s.kernel_of(conv) for s in self.steps if conv in s.layers), "products")

    @property
    def decoded_weights(self) -> int:
        """Weights decoded for one image, each as often as its step runs."""
        return sum(step.turns * conv.weights.size for step in self.steps for conv in step.filters)

    @property
    def counting_steps(self) -> tuple[Step, ...]:
        """Steps that take turns, and so count their rows in the context struct."""
        return tuple(
            step
            for number, segment in enumerate(self.segments)
            if self.takes_turns(number)
            for step in segment.steps
        )

    def takes_turns(self, number: int) -> bool:
        """Whether the steps of segment NUMBER take turns; those that are fed always do."""
        return self.segments[number].flows or (number == 0 and self.input_mode == "rows")

    @property
    def scratch_bytes(self) -> int:
        """The most that a step needs beside its tensors, inside of the arena."""
        buffers = (buffer for segment in self.segments for buffer in segment.buffers)
        return max((b.size for b in buffers if b.kind == "scratch"), default=0)

    @property
    def context_bytes(self) -> int:
        """Counters of rows; where rows are fed also the image's, a state and a status."""
        extra = 3 if self.input_mode == "rows" else 0
        return 4 * (len(self.counting_steps) + extra)

    @property
    def ram_bytes(self) -> int:
        """All static RAM: sizeof the context struct."""
        return self.arena_bytes + self.context_bytes
