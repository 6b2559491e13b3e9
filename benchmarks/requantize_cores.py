"""
The integer requantizer on Cortex-M cores in QEMU: the right bits, and instructions an output.

    python -m benchmarks.requantize_cores [BOARD ...]

Each form gets accumulators at and beside the thresholds, at the ends of its proof and at random,
four filters at a time, in every way that sqz_requantize.h offers; one wrong word fails the run.
Instructions an output are what a loop over four accumulators takes more than one that only packs
them into a word. Half a minute for six boards.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from benchmarks.requantize import Scaling, fixed_scaling, usual_span
from sqz2c import assets
from sqz2c.emit import c_literals
from sqz2c.firmware import list_boards, load_board, sources
from sqz2c.firmware.board import Board
from sqz2c.firmware.compile import compile_all, link
from sqz2c.firmware.run import qemu_command
from sqz2c.quantize.fixed_point import MAX_LIFT
from sqz2c.quantize.rescaling import Rescaling

TIMED = 256  # groups of four whose work is measured
NEAR = 512  # groups of four at and beside thresholds
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

FITTED = (0.0123, 0.00577216, 0.00123457, 0.0314159)  # which all have a fit with the largest lift
# name: form, four times (m, zero point, low); zero point and low are one tensor's
FORMS = {
    "fixed": ("fixed", FITTED, 0, 0),
    "fixed-zero-point": ("fixed", FITTED, 30, 30),
    "fixed-signed": ("fixed", FITTED, 128, 0),
    "checked-alike": ("checked", (0.0099,) * 4, 0, 0),
    "checked-zero-point-alike": ("checked", (0.0051,) * 4, 30, 30),
    "checked": ("checked", (0.0099, 0.00033, 0.0033, 0.0201), 0, 0),
    "checked-zero-point": ("checked", (0.0099, 0.00033, 0.4, 0.0201), 30, 30),
    "checked-signed": ("checked", (0.0099, 0.00033, 0.0033, 0.0201), 128, 0),
    "exact": ("exact", (0.0099, 0.00033, 1e-9, 0.75), 0, 0),
}


def scaling_of(form: str, rescaling: Rescaling) -> Scaling:
    """
    RESCALING in FORM, which must have it.
    """
    if form != "fixed":
        return Scaling(form, rescaling)
    scaling = fixed_scaling(rescaling, usual_span(rescaling.m))
    if scaling is None or scaling.lift != MAX_LIFT:
        raise ValueError(f"{rescaling} has no fit: choose another multiplier")

    return scaling


def accumulators(scaling: Scaling, rng: np.random.Generator) -> np.ndarray:
    """
    int64 [TIMED + NEAR]: random outputs first, then everything that could go wrong.
    """
    first, last = scaling.span
    m, zero_point = float(scaling.rescaling.m), scaling.rescaling.zero_point
    usual = rng.uniform(-zero_point - 40, 300 - zero_point, TIMED) / m
    at = scaling.rescaling.thresholds()
    at = at[(at > first) & (at <= last)]
    near = rng.choice(at, NEAR - 8) - rng.integers(0, 2, NEAR - 8)
    ends = [first, first + 1, last - 1, last, 0, 1, -1, 2]
    every = np.concatenate([np.rint(usual).astype(np.int64), near, ends])

    return np.clip(every, first, last)


def case_text(number: int, name: str) -> tuple[str, str]:
    """
    (the arrays of one case, its initializer) as C.
    """
    form, multipliers, zero_point, low = FORMS[name]
    rescalings = [Rescaling(np.float32(m), zero_point, low) for m in multipliers]
    scalings = [scaling_of(form, rescaling) for rescaling in rescalings]
    rng = np.random.default_rng(number)
    acc = np.stack([accumulators(scaling, rng) for scaling in scalings], axis=1)
    lifts = np.array([s.lift for s in scalings])
    lifted = (acc << lifts) + np.array([s.start for s in scalings])
    expected = np.stack([s.rescaling.apply(acc[:, i]) for i, s in enumerate(scalings)], axis=1)
    words = (expected << np.array([0, 8, 16, 24])).sum(axis=1)
    arrays = {
        "int32_t acc": ("[][4]", [f"{{{', '.join(_int32(v) for v in row)}}}," for row in lifted]),
        "uint32_t expected": ("[]", c_literals.hex_rows(words)),
        "int32_t factor": ("[]", c_literals.number_rows([s.factor for s in scalings])),
        "uint32_t m": (
            "[]",
            c_literals.hex_rows([int(s.rescaling.m.view(np.uint32)) for s in scalings]),
        ),
    }
    text = "".join(
        f"static const {key}{number}{shape} = {{\n" + "\n".join(rows) + "\n};\n"
        for key, (shape, rows) in arrays.items()
    )
    start = (
        f'{{"{name}", {int(name.endswith("alike"))}, {{.form = SQZ_REQUANTIZE_{form.upper()}, '
        f".per_filter = 1, .zero_point = {zero_point}, .low = {low}, .lift = {lifts[0]}, "
        f".factor = factor{number}, .m = m{number}}}, acc{number}, expected{number}}},\n"
    )

    return text, start


def _int32(value: int) -> str:
    return "-2147483647 - 1" if value == INT32_MIN else str(value)


def write_cases(path: Path) -> None:
    """
    Write the header that requantize_cores.c includes.
    """
    parts = [case_text(number, name) for number, name in enumerate(FORMS)]
    path.write_text(
        f"enum {{ TIMED = {TIMED}, GROUPS = {TIMED + NEAR} }};\n"
        "typedef struct { const char *name; int32_t is_alike; sqz_requantizer_t requantizer;\n"
        "const int32_t (*acc)[4]; const uint32_t *expected; } case_t;\n"
        + "".join(text for text, _ in parts)
        + "static const case_t cases[] = {\n"
        + "".join(start for _, start in parts)
        + "};\n"
    )


def run(board: Board, folder: Path) -> list[dict[str, str]]:
    """
    Build and run the program for BOARD in FOLDER; give its records. Raises where one word is wrong.
    """
    write_cases(folder / "cases.h")
    runtime = assets.root() / "runtime_c"
    library = SimpleNamespace(
        folder=runtime, name="requantize", macro="REQUANTIZE", checkpoint="0"
    )
    sources.write_sources(folder, board, library)
    sources.write_memory(folder / "memory.ld", board)
    here = Path(__file__).parent
    files = [
        here / "requantize_cores.c",
        runtime / "sqz_requantize.c",
        runtime / "sqz_crc32.c",
        *sources.common_sources(board),
    ]
    objects = compile_all(files, folder, board, library)
    elf = folder / "requantize.elf"
    link(objects, elf, board, folder)
    done = subprocess.run(
        qemu_command(SimpleNamespace(elf=elf), board),
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("form ")]
    records = [{"form": w[1], **dict(zip(w[2::2], w[3::2], strict=True))} for w in lines]
    if not records or any(record["wrong"] != "0" for record in records):
        raise RuntimeError(f"{board.name}: {done.stdout}{done.stderr}")

    return records


def main() -> None:
    """
    Print one line a form and board.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("boards", nargs="*", default=BOARDS, metavar="BOARD")
    for name in parser.parse_args().boards:
        board = load_board(name)
        with tempfile.TemporaryDirectory(prefix="sqz2c-") as folder:
            for record in run(board, Path(folder)):
                outputs = 4 * int(record["groups"])
                more = (int(record["work"]) - int(record["nothing"])) / outputs
                print(
                    f"{board.name:12s} {board.core:12s} {record['form']:24s} "
                    f"{more:6.2f} {board.counter_unit} an output, 0 wrong",
                    flush=True,
                )


BOARDS = [
    name
    for name in ("microbit", "mps2_an385", "mps2_an386", "mps2_an500", "mps2_an505", "mps3_an547")
    if name in {board.name for board in list_boards()}
]

if __name__ == "__main__":
    sys.exit(main())
