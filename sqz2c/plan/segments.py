"""
Cut the chain of layers into segments, and replay their rounds to see how many rows each holds.

The cut here is the simple one: the layers that see the image flow row by row into the first pool,
so the widest map never exists; both expands of a fire module share a segment; the head never
stores what it averages. Everything else works on whole maps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, GlobalAverage, Layer, MaxPool, PixelTable
from sqz2c.ir.program import Segment


def cut(graph: Graph) -> tuple[Segment, ...]:
    """
    All layers of GRAPH, in order, in segments.
    """
    groups: list[list[Layer]] = []
    for layer in graph.layers:
        if groups and _joins(graph, groups, layer):
            groups[-1].append(layer)
        else:
            groups.append([layer])

    return tuple(_segment(graph, tuple(group), first=i == 0) for i, group in enumerate(groups))


def _joins(graph: Graph, groups: list[list[Layer]], layer: Layer) -> bool:
    """Whether LAYER continues the last group."""
    last = groups[-1][-1]
    if isinstance(layer, GlobalAverage):
        return True
    if isinstance(last, PixelTable):
        return True
    if isinstance(layer, Conv) and isinstance(last, Conv):
        return layer.output == last.output
    is_stem = len(groups) == 1 and isinstance(last, Conv)

    return is_stem and isinstance(layer, MaxPool) and graph.head.input != last.output


def _segment(graph: Graph, layers: tuple[Layer, ...], first: bool) -> Segment:
    height = rows_of(graph, layers[-1])
    flows = first and any(feeds(a, b) for a, b in zip(layers, layers[1:], strict=False))
    rows = 1 if flows else height

    return Segment(layers, rows, -(-height // rows))


def feeds(producer: Layer, consumer: Layer) -> bool:
    """
    Whether CONSUMER reads rows that PRODUCER stores (the head reads nothing from memory).
    """
    return not isinstance(consumer, GlobalAverage) and output_of(producer) == consumer.input


def output_of(layer: Layer) -> str:
    """
    Name of the tensor that LAYER writes; the head's is its own name.
    """
    return layer.name if isinstance(layer, GlobalAverage) else layer.output


def rows_of(graph: Graph, layer: Layer) -> int:
    """
    Rows that LAYER computes; for the head, the rows it sums.
    """
    return graph.tensor(
        layer.input if isinstance(layer, GlobalAverage) else layer.output
    ).height


def window(layer: Layer) -> tuple[int, int, int]:
    """
    (height, stride, padding) of the rows that one output row of LAYER reads.
    """
    if isinstance(layer, Conv):
        return layer.kernel_height, layer.stride, layer.padding
    if isinstance(layer, MaxPool):
        return layer.kernel, layer.stride, layer.padding
    return 1, 1, 0


@dataclass(frozen=True)
class Work:
    """In one round LAYER computes its rows [BEGIN, END) and reads [READS_BEGIN, READS_END)."""

    layer: Layer
    begin: int
    end: int
    reads_begin: int
    reads_end: int


def rounds(graph: Graph, segment: Segment) -> Iterator[tuple[Work, ...]]:
    """
    The rounds of SEGMENT: each layer computes just the rows that the layers after it need.
    """
    done = dict.fromkeys((layer.name for layer in segment.layers), 0)
    height = rows_of(graph, segment.layers[-1])
    for turn in range(segment.rounds):
        wanted: dict[str, int] = {}
        goal = min(height, (turn + 1) * segment.rows)
        work: list[Work] = []
        for layer in reversed(segment.layers):
            end = min(wanted.get(output_of(layer), goal), rows_of(graph, layer))
            begin = done[layer.name]
            reads = _reads(graph, layer, begin, end)
            wanted[layer.input] = max(reads[1], wanted.get(layer.input, 0))
            work.append(Work(layer, begin, end, *reads))
            done[layer.name] = end
        yield tuple(reversed(work))


def _reads(graph: Graph, layer: Layer, begin: int, end: int) -> tuple[int, int]:
    height, stride, padding = window(layer)
    in_height = graph.tensor(layer.input).height
    first = max(0, begin * stride - padding)

    return first, max(first, min(in_height, (end - 1) * stride - padding + height))


def held_rows(graph: Graph, segment: Segment, tensor: str) -> int:
    """
    Rows of TENSOR that must be in memory at once while SEGMENT runs.
    """
    most = 0
    for works in rounds(graph, segment):
        readers = [w for w in works if w.layer.input == tensor and w.end > w.begin]
        writers = [w for w in works if output_of(w.layer) == tensor]
        begins = [w.reads_begin for w in readers] + [w.begin for w in writers]
        ends = [w.reads_end for w in readers] + [w.end for w in writers]
        most = max(most, max(ends) - min(begins))

    return most


def stored_tensors(graph: Graph, segments: Sequence[Segment]) -> tuple[str, ...]:
    """
    Tensors that need a place in the arena: all but the image and what the head averages.
    """
    return tuple(
        tensor.name
        for tensor in graph.tensors[1:]
        if tensor.name != graph.head.input
    )
