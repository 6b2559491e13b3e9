"""
Instructions of an inference on every core, for the reference networks, decoding included.

    python -m benchmarks.kernels [--only NAME] [--board NAME]

Each is planned with --input arena --ram 212992 for the board's core, as `generate --board` does.
Instructions are counted in QEMU, one run at a time, and the logits compared with PyTorch's.
"cycles" is what these instructions would take by the core's manual (benchmarks/cycles.py), where
there is one; ".text" is the library's code; "CMSIS-NN" is what its kernels were counted to need for
the same network with plain int8 weights. Weights are the published ones where ../shared/data has
them, else random.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from benchmarks.cycles import CORES
from benchmarks.mix import count_mix
from sqz2c.firmware import load_board
from sqz2c.ir.core import core_class
from sqz2c.ir.geometry import macs
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.load import LoadOptions, load_model, read_images
from sqz2c.quantize import quantize
from tests.measured import Subject, subject
from tests.reference_networks import deep_compression, pruned, unpruned
from tests.tools import ROOT
from tests.unit.load.real_files import DATA, NET, PICTURES, v1_1

BOARDS = ("mps2_an385", "mps2_an386", "mps2_an500", "mps2_an505", "mps3_an547")
RAM = 212_992
CALIBRATED_ON = 16  # pictures: counts hardly depend on the scales
EXAMPLE = ROOT / "examples" / "fashion_mnist" / "model.pt"
MILLION = 1e6


@dataclass(frozen=True)
class Case:
    """
    A network and how it is planned; PUBLISHED: instructions of CMSIS-NN by board.
    """

    graph: Callable[[], tuple[Graph, str]]
    mode: InputMode
    ram: int | None
    published: dict[str, float]


def real_or(load: Callable[[Path], Graph], random: Callable[[], Graph]) -> tuple[Graph, str]:
    """The published network and "real", or the RANDOM one where its file is not there."""
    if not DATA.is_dir():
        return random(), "random"
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as folder:
        graph = load(Path(folder))
    size = (graph.image.height, graph.image.width, graph.order)

    return quantize(graph, pictures(*size)), "real"


def pictures(height: int, width: int, order: str) -> list[np.ndarray]:
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as folder:
        for path in sorted(PICTURES.glob("*.JPEG"))[:CALIBRATED_ON]:
            (Path(folder) / path.name).symlink_to(path)
        return list(read_images(Path(folder), height, width, order))  # type: ignore[arg-type]


CASES = {
    "v1.1, 224, unpruned": Case(
        lambda: real_or(v1_1, unpruned), "arena", RAM,
        {"mps2_an385": 1026.8, "mps2_an386": 700.8, "mps2_an500": 696.5, "mps2_an505": 700.2,
         "mps3_an547": 108.3},
    ),
    "v1.1, 224, 16 values, 33 %": Case(lambda: (pruned(), "random"), "arena", RAM, {}),
    "v1.0, 227, Deep Compression": Case(
        lambda: real_or(lambda _: load_model(NET, LoadOptions()), deep_compression), "arena", RAM,
        {},
    ),
    "Fashion-MNIST, 28": Case(
        lambda: (load_model(EXAMPLE, LoadOptions()), "real"), "arena", RAM, {}
    ),
}  # fmt: skip

HEAD = (
    f"{'network':28}{'weights':>8} {'board':12}{'core':11}{'M instr.':>10}{'a MAC':>7}"
    f"{'M cycles':>10}{'RAM B':>9}{'.text B':>9}{'CMSIS-NN':>10}"
)


def row(found: Subject, name: str) -> str:
    """
    The figures of one network on the board NAME.
    """
    board = load_board(name)
    taken = found.run(board)
    graph = found.program.graph
    per_mac = taken.instructions / sum(macs(graph, layer) for layer in graph.layers)
    cycles = "-"
    if board.core in CORES:
        mix = count_mix(found.firmware(board), board)
        # The plugin sees the call of the network, and memcpy and memset at boot, too.
        assert abs(mix.total - taken.instructions) < 0.01 * taken.instructions
        assert mix.cycles is not None
        cycles = f"{mix.cycles / MILLION:.1f}"

    return (
        f"{name:12}{board.core:11}{taken.instructions / MILLION:10.1f}{per_mac:7.2f}{cycles:>10}"
        f"{taken.ram_bytes:9,}{taken.text_bytes:9,}"
    )


def lines(only: str, board: str) -> Iterator[str]:
    """
    The table, a line a network and board.
    """
    yield HEAD
    for name, case in CASES.items():
        if only not in name:
            continue
        graph, weights = case.graph()
        boards = [at for at in BOARDS if board in at]
        for core, own in groupby(boards, key=lambda at: core_class(load_board(at).core)):
            with subject(graph, case.mode, case.ram, core) as found:
                for at in own:
                    beside = case.published.get(at, "-")
                    yield f"{name:28}{weights:>8} {row(found, at)}{beside:>10}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--board", default="", help="boards whose name contains this")
    given = parser.parse_args()
    for line in lines(given.only, given.board):
        print(line, flush=True)


if __name__ == "__main__":
    main()
