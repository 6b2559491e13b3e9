"""
What convolutions cost product by product and by distinct weight values, and the model of it.

    python -m benchmarks.values [--boards NAME ...]

Random layers of SqueezeNet's shapes, pruned and shared to different degrees, in firmware under
QEMU. Both kernels must give the same outputs. Prints instructions a multiply-accumulate, reading
apart, and fits the terms of plan/cost.py to all layers of a core.
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
from sqz2c.firmware.compile import compile_all, compile_flags, link
from sqz2c.firmware.library import Library
from sqz2c.firmware.run import qemu_command
from sqz2c.ir.layer import Conv
from sqz2c.ir.scratch import filter_bytes
from sqz2c.ir.values import ValueLists, value_lists, window_bytes
from sqz2c.plan.cost import BLOCK_PIXELS, SUMS_KEPT

ROOT = Path(__file__).parent.parent
FILTERS = 32
DSP_CORES = ("M4", "M7", "M33", "M55")
DEFAULT = ("mps2_an386", "mps2_an505", "mps2_an385")
SHAPES = (  # size of the window, channels, width of the map
    (1, 64, 13), (1, 128, 27), (1, 512, 13), (1, 512, 16), (1, 512, 8), (1, 384, 11),
    (3, 16, 27), (3, 32, 13), (3, 48, 13), (3, 64, 13), (3, 64, 15), (3, 16, 55),
)  # fmt: skip
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
    def lists(self) -> ValueLists:
        return value_lists(
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
    """values_layers.h with CHOSEN layers and the room that they need."""
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
        "TILE_BYTES": FILTERS * filter_bytes(weights),
        "WINDOW_BYTES": max(dense, *(window_bytes(weights, c.channels) for c in chosen)) // 4 * 4,
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
    library = Library(stage, "values", (1, 1, 1), 1, "", False, ())
    shutil.copytree(ROOT / "runtime_c", stage / "runtime")
    sources.write_sources(stage, board, library)
    sources.write_memory(stage / "memory.ld", board)
    (stage / "values_layers.h").write_text(header(chosen), "utf-8")
    flags = compile_flags(stage, board, library)
    own = [Path(__file__).with_name("values_main.c"), *(stage / "runtime").glob("sqz_*.c")]
    objects = compile_all([*own, *sources.common_sources(board)], stage, flags)
    link(objects, stage / "values.elf", board, stage)

    return stage / "values.elf"


def run(elf: Path, board: Board) -> list[dict[str, int]]:
    """What the program says of each layer."""
    firmware = Firmware(board.name, "values", elf, elf, elf, 0, 0, 0, 0, 1, False)
    done = subprocess.run(
        qemu_command(firmware, board), capture_output=True, text=True, check=False, timeout=300
    )
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("layer")]
    if done.returncode != 0:
        sys.exit(f"on {board.name}: {done.stdout}{done.stderr}")

    return [dict(zip(words[1::2], map(int, words[2::2]), strict=True)) for words in lines]


def measure(board: Board, chosen: list[Case]) -> list[dict[str, int]]:
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as name:
        stage = Path(name).resolve()
        records = run(build(stage, board, chosen), board)
    for case, record in zip(chosen, records, strict=True):
        if not record["same"]:
            sys.exit(f"{case.name} has other outputs on {board.name}")

    return records


def sums_kept(pixels: int, block: int) -> int:
    """Sums, of two pixels each, that the loop for PIXELS of a BLOCK keeps."""
    loops = SUMS_KEPT if block == BLOCK_PIXELS else (block // 4, block // 2)

    return next(kept for kept in loops if 2 * kept >= pixels)


def sweep_terms(case: Case, block: int) -> list[float]:
    """Counts that the instructions of a sweep are made of."""
    blocks = [min(block, case.width - first) for first in range(0, case.width, block)]
    sums = sum(sums_kept(pixels, block) for pixels in blocks)
    halves = sum(-(-pixels // 8) for pixels in blocks)
    nonzero, runs = int(case.lists.nonzero.sum()), int(case.lists.runs.sum())

    return [
        case.width * case.size**2, -(-case.width // 4) * 4 * case.weights[0].size,
        len(blocks) * nonzero, sums * nonzero, len(blocks) * runs, halves * runs,
        case.width * FILTERS,
    ]  # fmt: skip


SWEEP = ("COLUMN", "ROW", "POSITION", "SUM", "RUN", "PRODUCTS", "OUTPUT")
READ = ("LIST", "CHAIN", "PLACE", "HEAD")


def read_terms(case: Case) -> list[float]:
    return [
        FILTERS, case.weights.size,
        int(case.lists.nonzero.sum()), int(case.lists.runs.sum()),
    ]  # fmt: skip


def fit(names: tuple[str, ...], terms: list[list[float]], counts: list[int]) -> str:
    """
    The NAMES of plan/cost.py and what they are by the least squares of relative errors, and the
    largest of these. CHAIN counts raw weights read, not decoded.
    """
    a, b = np.array(terms), np.array(counts, float)
    found = np.linalg.lstsq(a / b[:, None], np.ones(len(b)), rcond=None)[0]
    worst = np.abs(a @ found / b - 1).max()
    parts = [f"{name} {value:.2f}" for name, value in zip(names, found, strict=True)]

    return f"{', '.join(parts)} (at most {worst:.1%} off)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--boards", nargs="+", default=list(DEFAULT), metavar="NAME")
    given = parser.parse_args()
    chosen = list(cases())
    for name in given.boards:
        board = load_board(name)
        records = measure(board, chosen)
        core = BOARDS.get(name, name)
        print(f"{core:4}{'layer':32}{'products':>9}{'values':>8}{'reading':>9}{'values':>8}")
        for case, record in zip(chosen, records, strict=True):
            sweeps = [record[k] / case.macs for k in ("dense_sweep", "values_sweep")]
            reads = [record[k] / case.weights.size for k in ("dense_read", "values_read")]
            print(f"{core:4}{case.name:32}{sweeps[0]:9.3f}{sweeps[1]:8.3f}"
                  f"{reads[0]:9.2f}{reads[1]:8.2f}")  # fmt: skip
        block = BLOCK_PIXELS if core in DSP_CORES else 8
        sweeping = [sweep_terms(case, block) for case in chosen]
        reading = [read_terms(case) for case in chosen]
        print(f"{core:4}{fit(SWEEP, sweeping, [r['values_sweep'] for r in records])}")
        print(f"{core:4}{fit(READ, reading, [r['values_read'] for r in records])}", flush=True)


if __name__ == "__main__":
    main()
