"""
What runs, in which order, and where its bytes lie: all that emit may know.

Time is counted in segments. A segment is a run of layers through which rows flow: each of its
rounds computes some rows of the last layer and, before that, the rows of the earlier layers that
these need. A segment with one round works on whole maps.
"""

from dataclasses import dataclass, field

from sqz2c.ir.filters import PackedFilters
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Layer


@dataclass(frozen=True)
class Buffer:
    """
    A tensor's place in the arena: HELD rows as a ring (row r at r mod held); all rows: a map.

    Alive in segments [BORN, DEAD). OFFSET and SIZE in bytes.
    """

    tensor: str
    held: int
    row_bytes: int
    born: int
    dead: int
    offset: int = 0

    @property
    def size(self) -> int:
        return self.held * self.row_bytes

    @property
    def end(self) -> int:
        return self.offset + self.size

    def meets(self, other: "Buffer") -> bool:
        """Whether both are alive in some segment."""
        return self.born < other.dead and other.born < self.dead


@dataclass(frozen=True)
class ArenaPlan:
    """
    Buffers with their offsets. LOWER_BOUND: no placement of these buffers can be smaller.
    """

    buffers: tuple[Buffer, ...]
    size: int
    lower_bound: int

    def of(self, tensor: str) -> Buffer | None:
        """The buffer of TENSOR; None when it never lies in the arena (the image, the head)."""
        for buffer in self.buffers:
            if buffer.tensor == tensor:
                return buffer
        return None


@dataclass(frozen=True, eq=False)
class Segment:
    """
    LAYERS run ROUNDS times, the last of them ROWS rows a round (fewer in the last round).

    ROWS counts rows of the last layer's own output (of the head: of its unstored convolution).
    """

    layers: tuple[Layer, ...]
    rows: int
    rounds: int

    @property
    def name(self) -> str:
        return "+".join(layer.name for layer in self.layers)


@dataclass(frozen=True)
class Scratch:
    """RAM beside the arena, bytes: the decoder's tables, a tile of weights, a strip of outputs."""

    tables: int
    tile: int
    strip: int


@dataclass(frozen=True, eq=False)
class Program:
    """
    A quantized graph, cut into segments, with every buffer placed. FILTERS is filled by encode.
    """

    graph: Graph
    segments: tuple[Segment, ...]
    arena: ArenaPlan
    scratch: Scratch
    filters: dict[str, PackedFilters] = field(default_factory=dict)
