"""
What pruned convolutions cost by all products, by those that are not 0, and by distinct values.

    python -m benchmarks.sparse [--boards NAME ...]

Random layers of SqueezeNet's shapes, pruned and shared to different degrees, in firmware under
QEMU. All kernels must give the same outputs. Prints instructions a multiply-accumulate of the
sweep, and a weight of reading raw weights into a tile.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.decode import BOARDS, c_array
from sqz2c.encode.codings import in_order
from sqz2c.firmware import Board, load_board, sources
from sqz2c.firmware.build import Firmware
from sqz2c.firmware.compile import compile_all, link
from sqz2c.firmware.library import Library
from sqz2c.firmware.run import qemu_command
from sqz2c.ir.layer import Conv
from sqz2c.ir.lists import WeightLists, weight_lists, window_bytes
from sqz2c.ir.scratch import filter_bytes

ROOT = Path(__file__).parent.parent
FILTERS = 32
DEFAULT = ("mps2_an386", "mps2_an505", "mps2_an385")
SHAPES = (  # size of the window, channels, width of the map
    (1, 64, 13), (1, 128, 27), (1, 512, 13), (1, 512, 16), (1, 512, 8), (1, 384, 11),
    (3, 16, 27), (3, 32, 13), (3, 48, 13), (3, 64, 13), (3, 64, 15), (3, 16, 55),
)  # fmt: skip
KERNELS = ("products", "nonzeros", "values")
KINDS = ((0.33, 15), (0.2, 15), (0.33, 40), (0.5, 7))  # share that is kept, distinct values


@dataclass(frozen=True, eq=False)
class Case:
    """A layer with one row of output pixels."""

    size: int
    channels: int
    width: int
    density: float
    values: int
    weights: np.ndarray  # int8 [FILTERS, channels, size, size]

    @property
    def name(self) -> str:
        share = f"{self.density:.0%} of {self.values}"
        return f"{self.size}x{self.size} {self.channels:3} width {self.width:2} {share:10}"

    @property
    def lists(self) -> WeightLists:
        return weight_lists(
            Conv("", "", "", 0, 1, 0, False, self.weights, np.zeros(FILTERS, np.float32))
        )

    @property
    def macs(self) -> int:
        return self.weights.size * self.width


def cases() -> Iterator[Case]:
    rng = np.random.default_rng(4)
    for size, channels, width in SHAPES:
        for density, values in KINDS:
            shape = (FILTERS, channels, size, size)
            book = rng.permutation(np.delete(np.arange(-128, 128), 128))[:values]
            kept = rng.random(shape) < density
            weights = np.where(kept, rng.choice(book, shape), 0).astype(np.int8)
            yield Case(size, channels, width, density, values, weights)


def header(chosen: list[Case]) -> str:
    """sparse_layers.h with CHOSEN layers and the room that they need."""
    arrays, rows = "", ""
    for k, case in enumerate(chosen):
        stream = in_order(case.weights, 1)
        arrays += c_array("uint8_t", f"bits_{k}", stream.tobytes())
        rows += (
            f"    {{.out_channels = {FILTERS}, .bias = bias,\n"
            f"     .in = {{{case.size}, {case.width}, {case.channels}, {case.size}}},\n"
            f"     .out = {{1, {case.width}, {FILTERS}, 1}},\n"
            f"     .window = {{{case.size}, {case.size}, 1, {case.size // 2}}},\n"
            "     .requantizer = {.form = SQZ_REQUANTIZE_FIXED, .lift = 2, .factor = &factor},\n"
            f"     .filters = {{.bits = bits_{k}, .bit_count = {8 * stream.size},\n"
            "                 .coding = SQZ_CODING_RAW}},\n"
        )
    weights = max(c.weights[0].size for c in chosen)
    dense = 2 * filter_bytes(weights) + weights + 16
    sizes = {
        "LAYERS": len(chosen),
        "INPUT_BYTES": max(c.size * c.width * c.channels for c in chosen),
        "OUTPUT_BYTES": max(c.width for c in chosen) * FILTERS,
        "TILE_BYTES": 2 * FILTERS * filter_bytes(weights),
        "WINDOW_BYTES": max(dense, *(window_bytes("values", weights, c.channels) for c in chosen))
        // 4 * 4,
        "MOST_RUNS": max(c.lists.most_runs for c in chosen),
        "RUNS_BYTES": max(c.lists.runs_bytes for c in chosen),
    }
    defines = "".join(f"#define {name} {size}\n" for name, size in sizes.items())

    return (
        f'#include "sqz_kernels.h"\n\n{defines}\n'
        f"static const int32_t bias[{FILTERS}];\nstatic const int32_t factor = 1500000;\n"
        f"{arrays}\nstatic const sqz_conv_t layers[LAYERS] = {{\n{rows}}};\n"
    )


def build(stage: Path, board: Board, chosen: list[Case]) -> Path:
    """Link the program for BOARD in the folder STAGE; returns the .elf."""
    library = Library(stage, "sparse", (1, 1, 1), 1, "", False, ())
    shutil.copytree(ROOT / "runtime_c", stage / "runtime")
    sources.write_sources(stage, board, library)
    sources.write_memory(stage / "memory.ld", board)
    (stage / "sparse_layers.h").write_text(header(chosen), "utf-8")
    own = [Path(__file__).with_name("sparse_main.c"), *(stage / "runtime").glob("sqz_*.c")]
    objects = compile_all([*own, *sources.common_sources(board)], stage, board, library)
    link(objects, stage / "sparse.elf", board, stage)

    return stage / "sparse.elf"


def run(elf: Path, board: Board) -> list[dict[str, int]]:
    """What the program says of each layer and kernel."""
    firmware = Firmware(board.name, "sparse", elf, elf, elf, 0, 0, 0, 0, 1, False)
    done = subprocess.run(
        qemu_command(firmware, board), capture_output=True, text=True, check=False, timeout=300
    )
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("layer")]
    if done.returncode != 0:
        sys.exit(f"on {board.name}: {done.stdout}{done.stderr}")

    return [dict(zip(words[1::2], map(int, words[2::2]), strict=True)) for words in lines]


def measure(board: Board, chosen: list[Case]) -> list[list[dict[str, int]]]:
    """Records of each of CHOSEN, in the order of KERNELS."""
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as name:
        stage = Path(name).resolve()
        records = run(build(stage, board, chosen), board)
    for record in records:
        if not record["same"]:
            sys.exit(f"{chosen[record['number']].name} has other outputs on {board.name}")
    count = len(KERNELS)

    return [records[at : at + count] for at in range(0, len(records), count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--boards", nargs="+", default=list(DEFAULT), metavar="NAME")
    given = parser.parse_args()
    chosen = list(cases())
    for name in given.boards:
        show(load_board(name), chosen)


def show(board: Board, chosen: list[Case]) -> None:
    """The lines of one board."""
    records = measure(board, chosen)
    core = BOARDS.get(board.name, board.name)
    heads = "".join(f"{kernel:>10}" for kernel in KERNELS)
    print(f"{core:4}{'layer':32}{heads}  read:{heads}")
    for case, own in zip(chosen, records, strict=True):
        sweeps = "".join(f"{record['sweep'] / case.macs:10.3f}" for record in own)
        reads = "".join(f"{record['read'] / case.weights.size:10.2f}" for record in own)
        print(f"{core:4}{case.name:32}{sweeps}       {reads}", flush=True)


if __name__ == "__main__":
    main()
