"""
A plan as plain numbers: what JSON holds, and what the words and the picture are made of.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqz2c.ir.geometry import macs
from sqz2c.ir.program import Program, Segment, Step
from sqz2c.ir.scratch import scratch_of
from sqz2c.plan import SegmentLives, instructions, lifetimes, peak


@dataclass(frozen=True, eq=False)
class Planned:
    """
    PROGRAM is the plan that was chosen within RAM_BUDGET bytes (None: no bound); CURVE are all
    plans worth having for this network and input, smallest first.
    """

    program: Program
    curve: tuple[Program, ...]
    ram_budget: int | None

    @property
    def weights(self) -> int:
        return sum(conv.weights.size for conv in self.program.graph.convs)

    @property
    def smaller(self) -> Program | None:
        """The largest plan of the curve that takes less RAM."""
        below = [p for p in self.curve if p.ram_bytes < self.program.ram_bytes]
        return below[-1] if below else None

    @property
    def cheaper(self) -> Program | None:
        """The smallest plan of the curve that takes fewer instructions."""
        costs = instructions(self.program)
        return next((p for p in self.curve if instructions(p) < costs), None)


def facts(planned: Planned, *, with_curve: bool = False) -> dict[str, Any]:
    """
    Everything that is known about a plan, ready for JSON.
    """
    program = planned.program
    graph, image = program.graph, program.graph.image
    smaller, cheaper = planned.smaller, planned.cheaper
    result: dict[str, Any] = {
        "input": {
            "height": image.height,
            "width": image.width,
            "channels": image.channels,
            "order": graph.order,
            "mode": program.input_mode,
        },
        "classes": graph.classes,
        "macs": sum(macs(graph, layer) for layer in graph.layers),
        "weights": planned.weights,
        "ram_budget_bytes": planned.ram_budget,
        "ram": {
            "arena_bytes": program.arena_bytes,
            "scratch_bytes": program.scratch_bytes,
            "context_bytes": program.context_bytes,
            "total_bytes": program.ram_bytes,
        },
        "arena_lower_bound_bytes": program.lower_bound_bytes,
        "plan": point(planned, program),
        "next_smaller": point(planned, smaller) if smaller else None,
        "next_cheaper": point(planned, cheaper) if cheaper else None,
        "peak": _peak(program),
        "segments": [
            _segment(program, number, segment)
            for number, segment in enumerate(program.segments)
        ],
    }
    if with_curve:
        result["curve"] = [point(planned, program) for program in planned.curve]

    return result


def point(planned: Planned, program: Program) -> dict[str, Any]:
    """
    PROGRAM as a point of the curve: bytes of static RAM against work.
    """
    return {
        "ram_bytes": program.ram_bytes,
        "arena_bytes": program.arena_bytes,
        "decoded_weights": program.decoded_weights,
        "decodes_per_weight": round(program.decoded_weights / planned.weights, 3),
        "instructions": instructions(program),
        "segments": len(program.segments),
    }


def _peak(program: Program) -> dict[str, Any]:
    found = peak(program)

    return {
        "segment": found.segment,
        "turn": found.turn,
        "step": found.step,
        "rows": [found.begin, found.end],
        "tensors": [
            {"tensor": life.tensor, "bytes": life.high - life.low} for life in found.lives
        ],
    }


def _segment(program: Program, number: int, segment: Segment) -> dict[str, Any]:
    lives = lifetimes(program, number)

    return {
        "name": segment.name,
        "arena_bytes": segment.arena_bytes,
        "moved_from": segment.moved_from,
        "turns": lives.turns,
        "steps": [
            {
                "layers": [layer.name for layer in step.layers],
                "rows_a_turn": step.rows,
                "rows": step.limit,
                "turns": step.turns,
                "decoded_weights": step.turns * decoded_a_turn(step),
                "tile_channels": step.tile_channels if step.convs else None,
                "kernels": {conv.name: step.kernel_of(conv) for conv in step.convs},
                "scratch": _scratch(program, step),
            }
            for step in segment.steps
        ],
        "buffers": [
            asdict(buffer)
            | {
                "bytes": buffer.size,
                "needed_in_turns": spans(lives, buffer.tensor),
            }
            for buffer in segment.buffers
        ],
    }


def _scratch(program: Program, step: Step) -> dict[str, int]:
    """Bytes of each part of what STEP needs beside its tensors."""
    scratch = scratch_of(program.graph, step)

    return {part.name: part.size for part in scratch.parts} if scratch else {}


def decoded_a_turn(step: Step) -> int:
    """
    Weights that STEP decodes each time it runs.
    """
    return sum(conv.weights.size for conv in step.filters)


def spans(lives: SegmentLives, tensor: str) -> list[list[int]]:
    """
    [begin, end) of the turns in which TENSOR is needed, neighbouring turns as one.
    """
    result: list[list[int]] = []
    for life in lives.lives:
        if life.tensor != tensor:
            continue
        if result and result[-1][1] == life.begin:
            result[-1][1] = life.end
        else:
            result.append([life.begin, life.end])

    return result
