"""
A plan in words and plain characters, for a terminal.
"""

from collections.abc import Iterator, Sequence

from sqz2c.emit.chart import arena_chart
from sqz2c.ir.program import Program, Step
from sqz2c.plan import instructions, lifetimes, peak
from sqz2c.plan_report.facts import Planned, decoded_a_turn, point

INPUTS = {
    "image": "the image is the caller's own buffer, not counted",
    "arena": "the image lies in the arena and is counted",
    "rows": "the image arrives row by row",
}


def words(planned: Planned, *, with_curve: bool = False) -> str:
    """
    What the plan is, what limits it, what its neighbours would cost, and the arena as a chart;
    with the whole curve as a table where that is asked for.
    """
    parts = [_summary(planned), _segments(planned.program), _chart(planned.program)]
    if with_curve:
        parts.append(curve_table(planned))

    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _summary(planned: Planned) -> Iterator[str]:
    program = planned.program
    image = program.graph.image
    size = f"{image.height}x{image.width} {program.graph.order}"
    bound = "" if planned.ram_budget is None else f" of {planned.ram_budget:,}"
    yield f"{size}, {program.graph.classes} classes; {INPUTS[program.input_mode]}"
    parts = [
        f"arena {program.arena_bytes:,} (lower bound {program.lower_bound_bytes:,}; "
        f"scratch inside, at most {program.scratch_bytes:,})"
    ]
    if program.context_bytes:
        parts.append(f"context {program.context_bytes:,}")
    yield f"RAM      {program.ram_bytes:,} B{bound}: {', '.join(parts)}"
    yield (
        f"weights  {planned.weights:,}, each decoded {_times(planned, program)} times an image "
        "on average"
    )
    yield (
        f"work     {_millions(program)} million instructions an image, estimated for a "
        f"{CORES[program.core]}"
    )
    yield f"limit    {_limit(program)}"
    for name, other in (("smaller", planned.smaller), ("cheaper", planned.cheaper)):
        yield f"{name:8} {_neighbour(planned, other) if other else f'no plan is {name}'}"


def _times(planned: Planned, program: Program) -> str:
    return f"{point(planned, program)['decodes_per_weight']:.2f}"


def _millions(program: Program) -> str:
    return f"{instructions(program) / 1e6:,.1f}"


def _neighbour(planned: Planned, other: Program) -> str:
    return (
        f"the next such plan takes {other.ram_bytes:,} B, decodes each weight "
        f"{_times(planned, other)} times, {_millions(other)} million instructions"
    )


def _limit(program: Program) -> str:
    """What is needed at once where the arena is fullest."""
    at = peak(program)
    needed = ", ".join(f"{life.tensor} {life.high - life.low:,} B" for life in at.lives)

    return (
        f"segment {at.segment}, when {at.step} makes rows [{at.begin}, {at.end}): {needed} are "
        "needed at once"
    )


def _segments(program: Program) -> Iterator[str]:
    for number, segment in enumerate(program.segments):
        count = lifetimes(program, number).turns
        yield f"segment {number}: {segment.arena_bytes:,} B, {count} {_plural('turn', count)}"
        if segment.moved_from is not None:
            yield f"  first moves {segment.steps[0].input} to where the rest leaves room"
        for step in segment.steps:
            decoded = step.turns * decoded_a_turn(step)
            yield (
                f"  {step.name}: {step.rows} of {step.limit} {_plural('row', step.limit)} a turn, "
                f"{step.turns} {_plural('turn', step.turns)}, {decoded:,} weights decoded"
                f"{_tile(step)}"
            )


CORES = {"dsp": "Cortex-M4", "mve": "Cortex-M55", "plain": "Cortex-M3", "small": "Cortex-M0"}
KERNELS = {
    "nonzeros": "without zeros",
    "values": "by distinct values",
    "winograd": "with fewer products",
}


def _tile(step: Step) -> str:
    if not step.convs:
        return ""
    others = "".join(f", {name} {KERNELS[kernel]}" for name, kernel in step.kernels)

    return f", {step.tile_channels} filters a tile{others}"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _chart(program: Program) -> Iterator[str]:
    yield "arena, from its first byte to its last: # a whole map, = a ring of rows, + int32 sums,"
    yield ". scratch of a step: decoder tables, a tile of filters, windows, strips"
    yield from arena_chart(program)


def curve_table(planned: Planned) -> Iterator[str]:
    """
    A line a plan, smallest first; * marks the chosen one.
    """
    rows = [("", "RAM, B", "arena, B", "decoded", "a weight", "M instr.", "segments")]
    for program in planned.curve:
        rows.append(
            (
                "*" if program.ram_bytes == planned.program.ram_bytes else "",
                f"{program.ram_bytes:,}",
                f"{program.arena_bytes:,}",
                f"{program.decoded_weights:,}",
                _times(planned, program),
                _millions(program),
                str(len(program.segments)),
            )
        )
    yield from aligned_columns(rows)


def aligned_columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """
    ROWS of equally many cells as lines, cells aligned to the right.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
