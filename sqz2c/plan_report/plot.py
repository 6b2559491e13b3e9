"""
A plan as a picture: the arena over the turns, and the curve it was chosen from.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sqz2c.drawing import check_plot, drawn
from sqz2c.ir.program import Program
from sqz2c.plan import Life, lifetimes
from sqz2c.plan_report.facts import Planned, point

COLOURS = matplotlib.colormaps["tab20"].colors  # type: ignore[attr-defined]
SCRATCH_COLOUR = (0.8, 0.8, 0.8)
PANEL_INCHES, HEIGHT_INCHES, CURVE_INCHES = 2.3, 6.0, 4.0
NAMES_SHARE = 1.2  # of a panel's turns: room for names on its right
LINE_SHARE = 0.03  # of the arena: least distance of two names
KIB = 1024


def plot(planned: Planned, suffix: str, *, with_curve: bool = False) -> bytes:
    """
    A picture file of kind SUFFIX (.png or .svg): a panel a segment, x its turns, y bytes of the
    arena; with the curve below where that is asked for.
    """
    check_plot(Path("plot" + suffix))

    return drawn(lambda: _figure(planned, with_curve), suffix)


def _figure(planned: Planned, with_curve: bool) -> Figure:
    count = len(planned.program.segments)
    height = HEIGHT_INCHES + (CURVE_INCHES if with_curve else 0)
    figure = Figure(figsize=(max(7.0, PANEL_INCHES * count), height), layout="constrained")
    ratios = [HEIGHT_INCHES, CURVE_INCHES][: 1 + with_curve]
    parts = figure.subfigures(len(ratios), 1, squeeze=False, height_ratios=ratios)
    panels = parts[0, 0].subplots(1, count, sharey=True, squeeze=False)[0]
    program = planned.program
    parts[0, 0].suptitle(
        f"arena {program.arena_bytes:,} B of {program.ram_bytes:,} B static RAM, input: "
        f"{program.input_mode}"
    )
    for number, panel in enumerate(panels):
        _draw_segment(planned, number, panel)
    panels[0].set_ylabel("arena, KiB")
    panels[0].set_ylim(0, program.arena_bytes / KIB)
    if with_curve:
        _draw_curve(planned, parts[1, 0].subplots())

    return figure


def _draw_segment(planned: Planned, number: int, panel: Axes) -> None:
    program = planned.program
    segment, found = program.segments[number], lifetimes(program, number)
    colours = _colours(program)
    for life in found.lives:
        panel.add_patch(_patch(life, colours[life.tensor]))
    turns = len(found.order)
    panel.set_xlim(0, turns * (1 + NAMES_SHARE))
    panel.set_xticks([0, turns], ["0", str(found.turns)])
    panel.set_xlabel("turns")
    panel.set_title(f"segment {number}\n{segment.arena_bytes:,} B", fontsize=8)
    panel.axvline(turns, color="black", linewidth=0.5)
    named = [
        (buffer.offset + buffer.size / 2, f"{buffer.tensor} {buffer.size:,} B"
         + (" (ring)" if buffer.kind == "ring" else ""), colours[buffer.tensor])
        for buffer in segment.buffers
    ]  # fmt: skip
    _write_names(panel, sorted(named), turns, program.arena_bytes)


def _colours(program: Program) -> dict[str, Any]:
    """A colour for each buffer; sums have that of their squeeze, all scratch the same."""
    colours = {
        tensor.name: COLOURS[i % len(COLOURS)] for i, tensor in enumerate(program.graph.tensors)
    }
    for step in program.steps:
        if step.sums is not None:
            colours[step.sums] = colours[str(step.output)]
        if step.scratch is not None:
            colours[step.scratch] = SCRATCH_COLOUR

    return colours


def _patch(life: Life, colour: Any) -> Rectangle:
    size = (life.end - life.begin, (life.high - life.low) / KIB)
    return Rectangle(
        (life.begin, life.low / KIB), *size, facecolor=colour, linewidth=0, alpha=0.8
    )


def _write_names(
    panel: Axes, named: Sequence[tuple[float, str, Any]], turns: int, arena_bytes: int
) -> None:
    """Names on the right of the bytes they stand for, moved up where they would overlap."""
    heights: list[float] = []
    least = LINE_SHARE * arena_bytes
    for middle, _, _ in named:
        heights.append(max(middle, heights[-1] + least) if heights else middle)
    excess = max(0.0, heights[-1] - (arena_bytes - least / 2)) if heights else 0.0
    for index in reversed(range(len(heights))):
        above = (
            heights[index + 1] - least if index + 1 < len(heights) else heights[index] - excess
        )
        heights[index] = min(heights[index], above)
    for (middle, text, colour), height in zip(named, heights, strict=True):
        panel.plot(
            [turns, turns * 1.06], [middle / KIB, height / KIB], color=colour, linewidth=1
        )
        panel.text(turns * 1.08, height / KIB, text, va="center", fontsize=5.5)


def _draw_curve(planned: Planned, panel: Axes) -> None:
    points = [point(planned, program) for program in planned.curve]
    ram = [p["ram_bytes"] / KIB for p in points]
    panel.step(ram, [p["decodes_per_weight"] for p in points], where="post", color=COLOURS[0])
    panel.plot(ram, [p["decodes_per_weight"] for p in points], ".", color=COLOURS[0])
    panel.set_xscale("log")
    ticks = _ticks(ram[0], ram[-1])
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.minorticks_off()
    panel.set_xlabel("static RAM, KiB")
    panel.set_ylabel("decodes of a weight, average", color=COLOURS[0])
    right = panel.twinx()
    right.step(ram, [p["instructions"] / 1e6 for p in points], where="post", color=COLOURS[6],
               linestyle="--")  # fmt: skip
    right.set_ylabel("estimated instructions, millions", color=COLOURS[6])
    chosen = point(planned, planned.program)
    panel.plot(chosen["ram_bytes"] / KIB, chosen["decodes_per_weight"], "o", color="black")
    panel.annotate("this plan", (chosen["ram_bytes"] / KIB, chosen["decodes_per_weight"]),
                   textcoords="offset points", xytext=(6, 6))  # fmt: skip


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers of KiB, about a third apart."""
    steps = [m * 10.0**e for e in range(-1, 5) for m in (1, 1.5, 2, 3, 4, 6, 8)]
    return [tick for tick in steps if low * 0.9 <= tick <= high * 1.1]
