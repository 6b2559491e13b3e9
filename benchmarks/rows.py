"""
What little RAM costs: instructions of plans fed by rows beside plans that hold the image.

    python -m benchmarks.rows [--only NAME]

Each network is planned at the two RAM points that the project promises (tests/exact/test_memory.py)
and runs once each way in QEMU on a Cortex-M4, logits compared with PyTorch's. Weights are the
published ones where ../shared/data has them, else random ones of the same shape. The last column is
to be at most LIMIT.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.kernels import EXAMPLE, MILLION, pictures
from sqz2c.firmware import load_board
from sqz2c.ir.graph import Graph
from sqz2c.load import LoadOptions, load_model
from sqz2c.plan.cost import instructions
from sqz2c.quantize import quantize
from tests.measured import subject
from tests.networks import build
from tests.reference_networks import V1_1, deep_compression, unpruned
from tests.unit.load.real_files import DATA, v1_0, v1_1

BOARD = "mps2_an386"
KIB = 1024
LIMIT = 1.35  # times the instructions of the plan that holds the image


@dataclass(frozen=True)
class Case:
    """A network; RAM_KIB with the image in the arena, ROWS_KIB fed by rows."""

    graph: Callable[[], Graph]
    ram_kib: int
    rows_kib: int


def real_or(load: Callable[[], Graph], random: Callable[[], Graph]) -> Graph:
    """The published network, or the RANDOM one where its file is not there."""
    if not DATA.is_dir():
        return random()
    graph = load()

    return quantize(graph, pictures(graph.image.height, graph.image.width, graph.order))


def published_v1_1(side: int) -> Graph:
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as folder:
        return v1_1(Path(folder), side)


def small_v1_1() -> Graph:
    return build(replace(V1_1, height=128, width=128))


CASES = {
    "v1.1, 224": Case(lambda: real_or(lambda: published_v1_1(224), unpruned), 180, 66),
    "v1.1, 128": Case(lambda: real_or(lambda: published_v1_1(128), small_v1_1), 64, 32),
    "v1.0, 227, Deep Compression": Case(lambda: real_or(v1_0, deep_compression), 192, 92),
    "Fashion-MNIST, 28": Case(lambda: load_model(EXAMPLE, LoadOptions()), 18, 16),
}

HEAD = (
    f"{'network':28}{'arena, B':>10}{'rows, B':>10}{'M instr., arena':>17}{'rows':>8}"
    f"{'estimated':>17}{'rows':>8}{'rows/arena':>12}"
)


def lines(only: str) -> Iterator[str]:
    """The table, a line a network."""
    yield HEAD
    board = load_board(BOARD)
    for name, case in CASES.items():
        if only not in name:
            continue
        graph = case.graph()
        counts, sizes, estimates = [], [], []
        for mode, kib in (("arena", case.ram_kib), ("rows", case.rows_kib)):
            with subject(graph, mode, kib * KIB) as found:  # type: ignore[arg-type]
                counts.append(found.run(board).instructions / MILLION)
                sizes.append(found.program.ram_bytes)
                estimates.append(instructions(found.program) / MILLION)
        yield (
            f"{name:28}{sizes[0]:10,}{sizes[1]:10,}{counts[0]:17.1f}{counts[1]:8.1f}"
            f"{estimates[0]:17.1f}{estimates[1]:8.1f}{counts[1] / counts[0]:12.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="networks whose name contains this")
    for line in lines(parser.parse_args().only):
        print(line, flush=True)


if __name__ == "__main__":
    main()
