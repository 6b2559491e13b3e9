"""
What a step needs beside its tensors while it takes a turn: the one place with these sizes.

They hold for every variant of the kernels: a filter in a tile, or one pixel of a window, takes
`filter_bytes`, however a variant lays it out (sqz_scratch_t of runtime_c).
"""

from dataclasses import dataclass

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, Kernel
from sqz2c.ir.lists import weight_lists, window_bytes
from sqz2c.ir.program import Step, open_rows_of
from sqz2c.ir.winograd import PARTS as PARTS_OF_WINOGRAD
from sqz2c.ir.winograd import SIDE

GROUP = 4  # SQZ_GROUP of runtime_c: filters that kernels compute at once
TABLES_BYTES = 2 * 256 * 2  # sizeof(sqz_tables_t)
PIXELS_AT_ONCE = 2  # neighbours of a row that share a window
WORD = 4
VECTOR = 16  # int8 that MVE takes at once
PARTS = ("tables", "tile", "window", "strip", "run", "run_window", "open_rows", "runs")


@dataclass(frozen=True)
class Part:
    """Bytes [OFFSET, OFFSET + SIZE) of a step's scratch."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class Scratch:
    """
    Sizes in bytes, in the order in which the parts lie, each a multiple of a word; 0: none.

    TABLES of the decoder, [2] where a squeeze is summed; TILE: TILE_CHANNELS filters; WINDOW: two
    pixels, and room to gather one; STRIP: a row of the tile's outputs, where they are not stored;
    RUN: the squeeze's weights for the tile's channels; RUN_WINDOW:
    two pixels of the tile's channels; OPEN_ROWS of a pool, the tile's channels; RUNS: by distinct
    values, the sums of MOST_RUNS runs of equal weights. IS_LISTED: a tile may be lists.
    """

    tile_channels: int
    tables: int
    tile: int
    window: int
    strip: int
    run: int
    run_window: int
    open_rows: int
    runs: int = 0
    most_runs: int = 0
    is_listed: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those that there are, one behind the other."""
        found, offset = [], 0
        for name in PARTS:
            size = getattr(self, name)
            if size:
                found.append(Part(name, offset, size))
            offset += size

        return tuple(found)

    @property
    def size(self) -> int:
        return sum(getattr(self, name) for name in PARTS)


def filter_bytes(weights: int) -> int:
    """
    Room for WEIGHTS of one filter in a tile, or one pixel's inputs in a window, in any variant:
    int16 in fours (in sixteens if there are more), or int8 in sixteens and an int32 behind them.
    """
    return max(2 * _up(weights, 16 if weights > 16 else 4), vector_bytes(weights))


def vector_bytes(weights: int) -> int:
    """
    The same for cores with MVE alone, which take layers by lists product by product.
    """
    return _up(weights, VECTOR) + WORD


def most_tile_channels(step: Step) -> int:
    """
    Filters of the largest convolution that STEP sweeps, in whole groups; GROUP where it has none.
    """
    return _up(max((conv.out_channels for conv in step.convs), default=GROUP), GROUP)


@dataclass(frozen=True)
class _Room:
    """What one convolution takes of a Scratch."""

    tile: int
    window: int
    runs: int = 0
    most_runs: int = 0
    is_listed: bool = False


def _list_tile_bytes(conv: Conv, kernel: Kernel, channels: int, is_summed: bool) -> int:
    """
    Room for lists of CHANNELS filters. Where MVE takes products instead, it makes do with a group
    a tile, unless it IS_SUMMED: then weights of the squeeze come by tiles.
    """
    least = channels if is_summed else GROUP
    vectors = least * vector_bytes(conv.filter_weights)

    return max(weight_lists(conv).tile_bytes(kernel, channels), vectors)


def filters_within(conv: Conv, kernel: Kernel, channels: int, is_summed: bool) -> int:
    """
    Filters a tile that cores with MVE take in the room for CONV's lists of CHANNELS filters.
    """
    room = _list_tile_bytes(conv, kernel, channels, is_summed)
    groups = room // (GROUP * vector_bytes(conv.filter_weights))

    return min(channels, GROUP * groups)


def _room_of(conv: Conv, kernel: Kernel, channels: int, is_summed: bool) -> _Room:
    """CONV by KERNEL, in tiles of CHANNELS filters."""
    if kernel in ("nonzeros", "values"):
        lists = weight_lists(conv)
        vectors = vector_bytes(conv.filter_weights)
        tile = _list_tile_bytes(conv, kernel, channels, is_summed)
        window = max(
            window_bytes(kernel, conv.filter_weights, conv.in_channels),
            PIXELS_AT_ONCE * vectors + _up(conv.filter_weights, VECTOR),
        )
        runs = (lists.runs_bytes, lists.most_runs) if kernel == "values" else (0, 0)
        return _Room(tile, window, *runs, is_listed=True)
    each = filter_bytes(conv.filter_weights)
    if kernel == "winograd":
        each = PARTS_OF_WINOGRAD * filter_bytes(conv.filter_weights // SIDE)

    return _Room(channels * each, PIXELS_AT_ONCE * each + _up(conv.filter_weights, 16))


def scratch_of(graph: Graph, step: Step) -> Scratch | None:
    """
    What a turn of STEP needs; None where it has no weights.
    """
    if not step.convs:
        return None
    channels, is_summed = step.tile_channels, step.squeeze is not None
    rooms = [_room_of(conv, step.kernel_of(conv), channels, is_summed) for conv in step.convs]
    width = graph.tensor(step.convs[0].output).width
    is_stored = step.pool is None and step.squeeze is None and not step.is_head
    run = run_window = open_rows = 0
    if step.squeeze is not None:
        filters = step.squeeze.out_channels
        run = _up(filters, GROUP) * filter_bytes(channels)
        run_window = PIXELS_AT_ONCE * filter_bytes(channels)
        if step.pool is not None:
            open_rows = (
                channels * open_rows_of(step.pool) * graph.tensor(step.pool.output).width
            )

    return Scratch(
        tile_channels=channels,
        tables=TABLES_BYTES * (1 if step.squeeze is None else 2),
        tile=max(room.tile for room in rooms),
        window=max(room.window for room in rooms),
        strip=0 if is_stored else _up(channels * width, WORD),
        run=_up(run, WORD),
        run_window=run_window,
        open_rows=_up(open_rows, WORD),
        runs=max(room.runs for room in rooms),
        most_runs=max(room.most_runs for room in rooms),
        is_listed=any(room.is_listed for room in rooms),
    )


def _up(size: int, step: int) -> int:
    """SIZE, rounded up to whole STEPs."""
    return -(-size // step) * step
