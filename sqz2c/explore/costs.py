"""
What a network takes on a microcontroller, as the compiler has it: flash, RAM, instructions.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sqz2c.emit import emit
from sqz2c.encode import encode
from sqz2c.errors import ExploreError
from sqz2c.ir.core import CoreClass
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv
from sqz2c.ir.program import InputMode
from sqz2c.plan import instructions, plan
from sqz2c.quantize import quantize
from sqz2c.version import VERSION

CLIPS = np.linspace(0.3, 1.0, 29)  # of the largest weight: where a layer's grid may end
NO_HASH = "0" * 64  # of a checkpoint: it does not change any size


@dataclass(frozen=True)
class Budget:
    """
    Bounds, None where there is none: read-only data without code, static RAM of the library. CORE
    is the class of cores whose instructions count.
    """

    flash_bytes: int | None = None
    ram_bytes: int | None = None
    input_mode: InputMode = "image"
    core: CoreClass = "dsp"


@dataclass(frozen=True)
class Costs:
    """Read-only data without code, static RAM, estimated instructions of an inference."""

    flash_bytes: int
    ram_bytes: int
    instructions: int

    def check(self, budget: Budget) -> None:
        """Raise ExploreError where the flash is exceeded; for RAM there would be no plan."""
        if budget.flash_bytes is not None and self.flash_bytes > budget.flash_bytes:
            raise ExploreError(
                f"{self.flash_bytes:,} B of read-only data are more than "
                f"{budget.flash_bytes:,} B: take fewer filters, bits or weights."
            )


def coded(graph: Graph, bits: int, pictures: Sequence[np.ndarray]) -> tuple[Graph, Graph]:
    """
    The float GRAPH with its weights on grids of 2^BITS - 1 values, and the same as integers, whose
    ranges are measured on PICTURES.
    """
    grid = gridded(graph, bits)

    return grid, quantize(grid, pictures)


def costs_of(integers: Graph, budget: Budget) -> Costs:
    """
    What the quantized network takes, by the plan that `generate` takes with BUDGET's RAM. Raise
    Sqz2cError where BUDGET is not met.
    """
    program = encode(plan(integers, budget.input_mode, budget.ram_bytes, budget.core))
    manifest = json.loads(emit(program, "model", NO_HASH, VERSION)["manifest.json"])
    flash_bytes = int(manifest["flash"]["total_bytes"])
    costs = Costs(flash_bytes, program.ram_bytes, instructions(program))
    costs.check(budget)

    return costs


def gridded(graph: Graph, bits: int) -> Graph:
    """GRAPH with every convolution's weights on its grid."""
    return graph.with_layers(
        tuple(
            replace(layer, weights=on_grid(layer.weights, bits))
            if isinstance(layer, Conv)
            else layer
            for layer in graph.layers
        )
    )


def on_grid(weights: np.ndarray, bits: int) -> np.ndarray:
    """
    WEIGHTS rounded to multiples of one step, 2^(BITS - 1) - 1 of them on each side of 0, float32.

    The step is the one that changes the non-zero weights least in the mean square; what is 0
    stays 0.
    """
    end = 2 ** (bits - 1) - 1
    kept = weights[weights != 0]
    if not kept.size:
        return weights
    steps = CLIPS * float(np.abs(kept).max()) / end
    best = min(steps, key=lambda step: float(np.square(_rounded(kept, step, end) - kept).sum()))

    return _rounded(weights, best, end).astype(np.float32)


def _rounded(weights: np.ndarray, step: float, end: int) -> np.ndarray:
    return np.clip(np.rint(weights / step), -end, end) * step
