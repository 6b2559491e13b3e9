"""
Lifetimes to offsets: a search for the smallest arena, with the bound that shows how small is left.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqz2c.errors import PlanError
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import MaxPool
from sqz2c.ir.program import ArenaPlan, Buffer, Segment
from sqz2c.plan.segments import held_rows, output_of, stored_tensors

ALIGNMENT = 4
MAX_NODES = 20_000  # placements tried for one arena size


def plan_arena(graph: Graph, segments: Sequence[Segment]) -> ArenaPlan:
    """
    Place every stored tensor.

    Raises PlanError when no placement is found (never for a chain of layers).
    """
    buffers = [_lifetime(graph, segments, name) for name in stored_tensors(graph, segments)]
    shifts = _in_place_shifts(graph, segments)
    bound = lower_bound(buffers, shifts, len(segments))
    capacity = bound
    while capacity <= 2 * bound + ALIGNMENT:
        placed = _place(buffers, shifts, capacity)
        if placed is not None:
            size = max((_aligned(b.end) for b in placed), default=0)
            return ArenaPlan(tuple(placed), size, bound)
        capacity = _aligned(capacity + max(ALIGNMENT, capacity // 128))

    raise PlanError(f"found no arena of at most {capacity} B for {len(buffers)} buffers.")


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _lifetime(graph: Graph, segments: Sequence[Segment], name: str) -> Buffer:
    """A tensor lives from its first writer to its last reader; inside one segment as a ring."""
    tensor = graph.tensor(name)
    writers, readers = [], []
    for index, segment in enumerate(segments):
        writers += [index for layer in segment.layers if output_of(layer) == name]
        readers += [index for layer in segment.layers if layer.input == name]
    born, dead = min(writers), max(readers) + 1
    is_ring = dead == born + 1
    held = held_rows(graph, segments[born], name) if is_ring else tensor.height

    return Buffer(name, min(held, tensor.height), tensor.width * tensor.channels, born, dead)


def _in_place_shifts(graph: Graph, segments: Sequence[Segment]) -> dict[tuple[str, str], int]:
    """
    (output, input) of pools over whole maps: the output may overlap the input if it lies at
    least this many bytes lower.
    """
    shifts = {}
    for segment in segments:
        layer = segment.layers[-1]
        if len(segment.layers) == 1 and isinstance(layer, MaxPool):
            shifts[layer.output, layer.input] = in_place_shift(graph, layer)

    return shifts


def in_place_shift(graph: Graph, pool: MaxPool) -> int:
    """
    How far below its input POOL's output must start: each pixel is written after its own window
    was read, so its end may not pass the first byte that a later pixel reads.
    """
    before, after = graph.tensor(pool.input), graph.tensor(pool.output)

    def first_read(row: int, x: int) -> int:
        top = max(0, row * pool.stride - pool.padding)
        left = max(0, x * pool.stride - pool.padding)
        return (top * before.width + left) * before.channels

    shift = 0
    later = before.size_bytes
    for row in reversed(range(after.height)):
        for x in reversed(range(after.width)):
            end = (row * after.width + x + 1) * after.channels
            shift = max(shift, end - later)
            later = min(later, first_read(row, x))

    return _aligned(shift)


def lower_bound(
    buffers: Sequence[Buffer], shifts: dict[tuple[str, str], int], count: int
) -> int:
    """
    The most bytes alive in one segment; an output that may overlap its input counts once.
    """
    most = 0
    for segment in range(count):
        alive = {b.tensor: _aligned(b.size) for b in buffers if b.born <= segment < b.dead}
        shared = sum(
            min(alive[output], alive[source])
            for output, source in shifts
            if output in alive and source in alive
        )
        most = max(most, sum(alive.values()) - shared)

    return most


def _place(
    buffers: Sequence[Buffer], shifts: dict[tuple[str, str], int], capacity: int
) -> list[Buffer] | None:
    """Depth-first, in order of birth; each buffer touches an end of the arena or a neighbour."""
    order = sorted(buffers, key=lambda b: (b.born, -b.size, b.tensor))
    nodes = 0

    def candidates(buffer: Buffer, around: Sequence[Buffer]) -> list[int]:
        offsets = {0, capacity - _aligned(buffer.size)}
        for other in around:
            offsets |= {_aligned(other.end), other.offset - _aligned(buffer.size)}
            if (buffer.tensor, other.tensor) in shifts:
                offsets.add(other.offset - shifts[buffer.tensor, other.tensor])
        return sorted(o for o in offsets if 0 <= o <= capacity - buffer.size)

    def extend(placed: list[Buffer]) -> list[Buffer] | None:
        nonlocal nodes
        if len(placed) == len(order):
            return placed
        buffer = order[len(placed)]
        around = [p for p in placed if p.meets(buffer)]
        for offset in candidates(buffer, around):
            nodes += 1
            if nodes > MAX_NODES:
                return None
            here = replace(buffer, offset=offset)
            if all(_compatible(here, other, shifts) for other in around):
                result = extend([*placed, here])
                if result is not None:
                    return result
        return None

    return extend([])


def _compatible(a: Buffer, b: Buffer, shifts: dict[tuple[str, str], int]) -> bool:
    if a.end <= b.offset or b.end <= a.offset:
        return True
    if (a.tensor, b.tensor) in shifts:
        return a.offset + shifts[a.tensor, b.tensor] <= b.offset
    if (b.tensor, a.tensor) in shifts:
        return b.offset + shifts[b.tensor, a.tensor] <= a.offset

    return False
