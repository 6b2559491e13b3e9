"""
Compression without training, told on one page: a float model and pictures in, a checkpoint out.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sqz2c.compress import (
    START,
    Found,
    Result,
    corrected,
    meet,
    run_pass,
    take_sample,
    without_deviation,
)
from sqz2c.emit import emit
from sqz2c.encode import encode, encode_filters
from sqz2c.encode.codings import ORDER_OHWI, ORDER_RUNS
from sqz2c.encode.program import runs_of
from sqz2c.errors import CompressError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.load import LoadOptions, load_model, read_images
from sqz2c.plan import plan
from sqz2c.quantize import (
    attach_requantizers,
    calibrate,
    can_fold,
    to_integers,
    with_final_layers,
)
from sqz2c.version import VERSION

Tell = Callable[[str], None]
NO_HASH = "0" * 64  # of a checkpoint: it does not change any size


@dataclass(frozen=True)
class CompressOptions:
    """
    CALIBRATE is a folder of sample pictures. BUDGET_BYTES bounds all read-only data without code;
    None takes what a bit is worth by default. LOAD says what the file does not.
    """

    calibrate: Path
    budget_bytes: int | None = None
    load: LoadOptions = field(default_factory=LoadOptions)


@dataclass(frozen=True, eq=False)
class CompressedModel:
    """
    The quantized GRAPH, its CHECKPOINT (the file's bytes), the FLASH_BYTES of all its read-only
    data, and the divergence from the float network on the sample pictures, LOSS (nats).
    """

    graph: Graph
    checkpoint: bytes
    flash_bytes: int
    loss: float


def compress_model(
    model: Path, options: CompressOptions, tell: Tell = lambda _: None
) -> CompressedModel:
    """
    Put the float MODEL's weights on grids that code well, within the budget. TELL hears what is
    done next.

    Raise CompressError for a network that is quantized already, without pictures, or where the
    budget cannot be met.
    """
    graph = load_model(model, options.load)
    if graph.is_quantized:
        raise CompressError(
            f"{model} is quantized already: compress the float network that it was made from."
        )
    size = (graph.image.height, graph.image.width, graph.order)
    work = Compression(graph, read_images(options.calibrate, *size), tell)
    result = work.result(options.budget_bytes)
    quantized = work.integers(result)

    return CompressedModel(
        quantized, to_bytes(quantized), flash_bytes_of(quantized), result.loss
    )


class Compression:
    """
    One float network and what its sample pictures say about it, for as many budgets as wanted.
    """

    def __init__(
        self, graph: Graph, pictures: Sequence[np.ndarray], tell: Tell = lambda _: None
    ) -> None:
        """PICTURES uint8 [height, width, channels]; TELL hears what is done next."""
        self.pictures = pictures
        self.tell = tell
        folded = without_deviation(graph) if can_fold(graph) else graph
        self.runs = {
            step.squeeze.name: runs_of(step)
            for step in plan(with_final_layers(folded), "image", None).steps
            if step.squeeze
        }
        self.passes = 0
        tell("gradients")
        self.sample = take_sample(folded, pictures)
        first = self.attempt(START, {})
        self.sample = corrected(self.sample, first, self._teller("measure"))
        self.start = self.attempt(START, first.steps)
        self.known = [Found(self.start, self.weight_bytes(self.start))]

    def attempt(self, price: float, steps: Mapping[str, float]) -> Result:
        """One pass through the network."""
        self.passes += 1

        return run_pass(self.sample, price, steps, self._teller(f"pass {self.passes}:"))

    def result(self, budget: int | None) -> Result:
        """Give the best result within BUDGET bytes of flash; None: what a bit is worth."""
        if budget is None:
            return self.start
        rest = flash_bytes_of(self.integers(self.start)) - self.known[0].bytes
        while True:
            found = meet(budget - rest, self.attempt, self.weight_bytes, self.known)
            if found is None:
                smallest = min(found.bytes for found in self.known) + rest
                raise CompressError(
                    f"The network does not fit into {budget:,} bytes: the smallest that was "
                    f"reached is {smallest:,}, so allow more or prune it first."
                )
            excess = flash_bytes_of(self.integers(found.result)) - budget
            if excess <= 0:
                return found.result
            rest += excess  # rescaling depends on the weights a little

    def integers(self, result: Result) -> Graph:
        """RESULT with its activations quantized, and its rescaling proved."""
        ranges = calibrate(result.graph, self.pictures)

        return attach_requantizers(to_integers(result.graph, ranges, steps=result.steps))

    def weight_bytes(self, result: Result) -> int:
        """What RESULT's weights take in flash, in the orders in which the plan reads them."""
        sizes = 0
        for name, layer in result.layers.items():
            order = ORDER_RUNS if name in self.runs else ORDER_OHWI
            packed = encode_filters(layer.integers, order, self.runs.get(name, ()))
            sizes += packed.flash_bytes

        return sizes

    def _teller(self, what: str) -> Tell:
        return lambda layer: self.tell(f"{what} {layer}")


def flash_bytes_of(
    graph: Graph, input_mode: InputMode = "image", ram_bytes: int | None = None
) -> int:
    """All read-only data of GRAPH's C, as the manifest has it, within RAM_BYTES if given."""
    return _flash(graph, input_mode, ram_bytes)["total_bytes"]


def fixed_bytes_of(
    graph: Graph, input_mode: InputMode = "image", ram_bytes: int | None = None
) -> int:
    """What of that no coding of the weights makes smaller: tables, descriptors and biases."""
    flash = _flash(graph, input_mode, ram_bytes)

    return flash["tables_bytes"] + flash["biases_bytes"]


def _flash(graph: Graph, input_mode: InputMode, ram_bytes: int | None) -> dict[str, int]:
    program = encode(plan(graph, input_mode, ram_bytes))
    files = emit(program, "model", NO_HASH, VERSION)
    flash: dict[str, int] = json.loads(files["manifest.json"])["flash"]

    return flash
