"""
Steps: which layers run together, which rows a turn reads, which rows nobody needs.
"""

from hypothesis import given, settings

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, GlobalAverage, Layer, MaxPool
from sqz2c.ir.program import Step
from sqz2c.plan.steps import geometry, steps_of
from tests.members import members
from tests.networks import Member, build
from tests.unit.plan.plans import TABLED, graph_of


def test_layers_that_run_together_are_one_step() -> None:
    """A pool joins the convolutions before it, expands join each other, the average the head."""
    expected = [
        "input",
        "conv1+pool1",
        "fire2/squeeze",
        "fire2/expand1x1+fire2/expand3x3",
        "fire3/squeeze",
        "fire3/expand1x1+fire3/expand3x3+pool3",
        "fire4/squeeze",
        "fire4/expand1x1+fire4/expand3x3",
        "conv5+average",
    ]
    assert expected == [step.name for step in steps_of(graph_of(TABLED))]


def test_a_step_starts_as_one_turn_over_all_rows_that_are_read() -> None:
    """What a stride leaves over at the end is not computed."""
    member = Member(height=32, width=32, stem=(8, 3, 2, 0), pool_after=(), pixel_table=True)
    steps = steps_of(build(member))
    table, conv1 = steps[0], steps[1]
    assert (31, 31, 1) == (table.rows, table.limit, table.turns)
    assert (15, 15, 1) == (conv1.rows, conv1.limit, conv1.turns)


def rows_read(graph: Graph, layer: Layer, row: int) -> set[int]:
    """Rows of LAYER's input under the window of its output row ROW, by the definition."""
    height = graph.tensor(layer.input).height
    if isinstance(layer, Conv):
        size, stride, padding = layer.kernel_height, layer.stride, layer.padding
    elif isinstance(layer, MaxPool):
        size, stride, padding = layer.kernel, layer.stride, layer.padding
    else:
        size, stride, padding = 1, 1, 0
    top = row * stride - padding

    return {y for y in range(top, top + size) if 0 <= y < height}


def rows_of_step(graph: Graph, step: Step, row: int) -> set[int]:
    """Rows of STEP's input that its output row ROW depends on, layer by layer."""
    rows = {row}
    if step.pool is not None:
        rows = rows_read(graph, step.pool, row)
    first = [layer for layer in step.layers if layer.input == step.input]

    return {y for r in rows for layer in first for y in rows_read(graph, layer, r)}


def rows_added(graph: Graph, step: Step, row: int) -> set[int]:
    """Rows that are added to STEP's convolutions for its output row ROW."""
    return {row} if step.pool is None else rows_read(graph, step.pool, row)


def waits_for_all(graph: Graph, step: Step) -> bool:
    """Whether a window lies in the padding below: it reads nothing, but waits for all rows."""
    height = graph.tensor(step.input).height
    return any(
        (graph.tensor(conv.output).height - 1) * conv.stride - conv.padding >= height
        for conv in step.convs
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(members())
def test_a_turn_reads_what_its_windows_cover(member: Member) -> None:
    """Rows that output rows depend on lie inside what the geometry says, and touch its end."""
    graph = build(member)
    for step in steps_of(graph):
        if waits_for_all(graph, step):
            continue
        rows = geometry(graph, step)
        for end in range(1, step.limit + 1):
            needed = set().union(*(rows_of_step(graph, step, row) for row in range(end)))
            begin, stop = rows.reads(0, end)
            assert 0 == begin
            assert max(needed, default=-1) + 1 == stop
            later = set().union(
                *(rows_of_step(graph, step, row) for row in range(end, step.limit)), set()
            )
            if step.pool is None and later:
                assert min(later) == rows.reads(end, step.limit)[0]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(members())
def test_a_limit_is_what_the_next_step_reads(member: Member) -> None:
    """Every row that a step computes is read, but for the rows between those of a wide stride."""
    graph = build(member)
    steps = steps_of(graph)
    for step in steps[:-1]:
        needed: set[int] = set()
        readers = [reader for reader in steps if step.output in (reader.input, reader.addend)]
        for reader in readers:
            rows_of = rows_of_step if step.output == reader.input else rows_added
            needed |= set().union(*(rows_of(graph, reader, row) for row in range(reader.limit)))
        if not any(waits_for_all(graph, reader) for reader in readers):
            assert max(needed, default=-1) + 1 == step.limit
    head = steps[-1]
    assert isinstance(head.layers[-1], GlobalAverage)
    assert graph.tensor(head.layers[-1].input).height == head.limit
