"""
Where the tensors of one segment lie.

Rings that are never needed at the same time share bytes. What waits longer stands on top of what
is needed for a turn or two, and the output map on top of both. The input map comes last, as low as
the rows that were read and are dead by then allow: the others grow into its beginning. Of a few
ways to stack them the lowest is taken; one of them is the search's model, so no plan grows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sqz2c.ir.graph import Graph
from sqz2c.ir.program import Buffer, BufferKind, Step
from sqz2c.ir.scratch import scratch_of
from sqz2c.plan.flow import Turn, Wait, turns, waits
from sqz2c.plan.steps import Geometry, geometry

ALIGNMENT = 4


@dataclass(frozen=True)
class _Item:
    """A tensor that needs room: WAIT says when; a map keeps all of its rows."""

    tensor: str
    held: int
    row_bytes: int
    wait: Wait
    kind: BufferKind

    @property
    def size(self) -> int:
        return aligned(self.held * self.row_bytes)

    @property
    def born(self) -> int:
        """The first turn that writes it."""
        return (self.wait.alive & -self.wait.alive).bit_length() - 1

    @property
    def pauses(self) -> bool:
        """Whether it is needed only now and then."""
        bits = self.wait.alive >> self.born
        return bits & (bits + 1) != 0

    @property
    def extents(self) -> np.ndarray:
        """For each turn bytes from its offset on that are in use or were before; int64."""
        begun = np.array(self.wait.begun, np.int64)
        extents = begun * self.row_bytes if self.kind == "map" else np.full(len(begun), self.size)
        extents[: max(0, self.born)] = 0

        return extents


def aligned(size: int) -> int:
    """
    SIZE, rounded up to whole words.
    """
    return -(-size // ALIGNMENT) * ALIGNMENT


def lay_out(
    graph: Graph,
    steps: Sequence[Step],
    input_place: str,
    passing: Mapping[str, int] | None = None,
) -> tuple[tuple[Buffer, ...], int]:
    """
    (buffers, arena bytes) of a segment. PASSING gives tensors offsets at which no two of them that
    are ever needed together overlap.

    INPUT_PLACE: "map": the segment's input is a whole map in the arena; "rows": it arrives row by
    row; "outside": it is the caller's.
    """
    geometries = [geometry(graph, step) for step in steps]
    order = turns(steps, geometries, fed=input_place == "rows")
    source, *outputs = waits(steps, geometries, order)
    items = [
        _item(graph, step, wait, step is steps[-1])
        for step, wait in zip(steps, outputs, strict=True)
        if step.output is not None
    ]
    items += [*_sums(graph, steps, order), *_scratch(graph, steps, order)]
    if input_place == "rows":
        items.append(_input_item(graph, steps[0], geometries[0], source))
    reach = [item.extents for item in items] if input_place == "map" else []
    found = []
    for buffers in _stackings(items, passing or {}):
        if input_place == "map":
            buffers.append(_input_map(graph, steps[0], source, items, reach, buffers))
        found.append((aligned(max((b.end for b in buffers), default=0)), buffers))
    size, lowest = min(found, key=lambda sized: sized[0])

    return tuple(lowest), size


def _item(graph: Graph, step: Step, wait: Wait, is_map: bool) -> _Item:
    tensor = graph.tensor(str(step.output))
    held = tensor.height if is_map else min(wait.held, tensor.height)

    kind = "map" if is_map else "ring"

    return _Item(tensor.name, held, tensor.width * tensor.channels, wait, kind)


def _sums(graph: Graph, steps: Sequence[Step], order: Sequence[Turn]) -> list[_Item]:
    """int32 accumulators [rows a turn, width, filters] of steps that sum into a squeeze."""
    items = []
    for index, step in enumerate(steps):
        if step.squeeze is None:
            continue
        tensor = graph.tensor(step.squeeze.output)
        row_bytes = tensor.width * step.sums_bytes
        items.append(
            _Item(str(step.sums), step.rows, row_bytes, _busy(index, order, step.rows), "sums")
        )

    return items


def _scratch(graph: Graph, steps: Sequence[Step], order: Sequence[Turn]) -> list[_Item]:
    """What steps need beside their tensors."""
    items = []
    for index, step in enumerate(steps):
        scratch = scratch_of(graph, step)
        if scratch is not None:
            wait = _busy(index, order, 1)
            items.append(_Item(str(step.scratch), 1, scratch.size, wait, "scratch"))

    return items


def _busy(index: int, order: Sequence[Turn], held: int) -> Wait:
    """The life of what HELD rows of are needed in the turns of step INDEX alone."""
    alive = sum(1 << t for t, turn in enumerate(order) if turn.step == index)

    return Wait(held, alive, (0,) * len(order), (0,) * len(order))


def _input_item(graph: Graph, step: Step, rows: Geometry, wait: Wait) -> _Item:
    tensor = graph.tensor(step.input)
    held = max(1, min(wait.held, rows.in_height))

    return _Item(tensor.name, held, tensor.width * tensor.channels, wait, "ring")


def _stackings(items: Sequence[_Item], passing: Mapping[str, int]) -> Iterator[list[Buffer]]:
    """
    First fit, by two orders: what pauses, or what is PASSING, comes first, then what stays, then
    the map, each in order of birth. Last the plain stack of the search's model.
    """
    yield _first_fit(
        sorted(items, key=lambda i: (i.kind == "map", not i.pauses, i.born, i.tensor))
    )
    order = sorted(
        items, key=lambda i: (i.kind == "map", i.tensor not in passing, i.born, i.tensor)
    )
    yield _first_fit(order)
    offset = max((passing[i.tensor] + i.size for i in items if i.tensor in passing), default=0)
    plain = []
    for item in order:
        is_passing = item.tensor in passing
        place = passing[item.tensor] if is_passing else offset
        plain.append(Buffer(item.tensor, item.held, item.row_bytes, place, item.kind))
        offset += 0 if is_passing else item.size
    yield plain


def _first_fit(order: Sequence[_Item]) -> list[Buffer]:
    """Each where nothing lies that is ever needed at the same time, as low as possible."""
    placed: list[tuple[_Item, Buffer]] = []
    for item in order:
        taken = sorted(
            (b.offset, aligned(b.end)) for i, b in placed if i.wait.alive & item.wait.alive
        )
        offset = 0
        for begin, end in taken:
            if offset + item.size > begin:
                offset = max(offset, end)
            else:
                break
        placed.append((item, Buffer(item.tensor, item.held, item.row_bytes, offset, item.kind)))

    return [buffer for _, buffer in placed]


def _input_map(
    graph: Graph,
    step: Step,
    wait: Wait,
    items: Sequence[_Item],
    reach: Sequence[np.ndarray],
    buffers: Sequence[Buffer],
) -> Buffer:
    """
    The lowest place at which nothing ever reaches a row of it that is still needed; REACH is how
    far each of ITEMS does.
    """
    tensor = graph.tensor(step.input)
    row_bytes = tensor.width * tensor.channels
    offsets = {buffer.tensor: buffer.offset for buffer in buffers}
    needed = np.array(wait.needed, np.int64)
    still = needed < tensor.height
    lowest = 0
    for item, extents in zip(items, reach, strict=True):
        ends = offsets[item.tensor] + extents - needed * row_bytes
        lowest = max(lowest, int(np.max(ends, where=still & (extents > 0), initial=0)))

    return Buffer(tensor.name, tensor.height, row_bytes, aligned(lowest), "map")
