"""
The integer requantizer beside float32 for every accumulator, on this machine.

    python -m benchmarks.requantize [--exact]

Several multipliers: in the fixed form, where one is proved, over all accumulators of its proof; in
the checked form, where that is legal, over all 2^32; where neither is (with --exact always) in the
exact form, over all 2^32 too. Prints one line a run, and fails where anything differs. Some
minutes on two idle cores, more with --exact.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cffi import FFI

from sqz2c import assets
from sqz2c.quantize.fixed_point import LIFTS, Reach, fit_fixed
from sqz2c.quantize.requantize import CHECKED_EXPONENTS
from sqz2c.quantize.rescaling import Rescaling
from sqz2c.verify.build import c_compiler

FORMS = {"fixed": 0, "checked": 1, "exact": 2}
FLAGS = ("-std=c99", "-O3", "-fno-fast-math", "-ffp-contract=off", "-march=native")
SLICES = 256  # of a run's accumulators; each is one call, so that threads share them evenly
DECLARATIONS = """
typedef struct {
    uint8_t form;
    uint8_t per_filter;
    uint8_t zero_point;
    uint8_t low;
    uint8_t lift;
    const int32_t *factor;
    const uint32_t *m;
} sqz_requantizer_t;
typedef struct { sqz_requantizer_t requantizer; float m; int32_t start; } requantize_case_t;
typedef struct { int64_t differences; int64_t first; } requantize_result_t;
void requantize_range(const requantize_case_t *scaling, int64_t begin, int64_t end,
                      requantize_result_t *result);
void requantize_many(const requantize_case_t *scaling, const int32_t *acc, uint8_t *out,
                     int64_t count);
"""

# Bits of m, zero point, smallest output. Mantissas at both ends, with single bits, with all bits,
# and of real layers; exponents from the largest to PyTorch's scale for filters that are all zero.
CASES = (
    (0x3F7FFFFF, 0, 0),  # just below 1
    (0x3F000000, 0, 0),  # 1/2: every other accumulator is a tie
    (0x3EFFFFFF, 128, 128),
    (0x3E800001, 13, 0),
    (0x3DCCCCCD, 0, 0),  # 0.1
    (0x3C23D70A, 0, 0),  # 0.01
    (0x3B83126F, 117, 117),
    (0x3B000000, 0, 0),  # 2^-9: ties
    (0x3A83126F, 5, 0),  # 0.001
    (0x39ABCDEF, 0, 0),
    (0x38D1B717, 64, 0),  # 0.0001
    (0x37800000, 0, 0),  # 2^-16: thresholds meet 2^24
    (0x36FFFFFF, 0, 0),
    (0x35A0A0A1, 255, 0),
    (0x34000000, 0, 0),  # 2^-23
    (0x33D6BF95, 100, 0),  # 1e-7
)
EXACT_CASES = (3,)  # whose exact form is run too, though others are legal


@dataclass(frozen=True)
class Scaling:
    """
    RESCALING in FORM; FACTOR, START (of an accumulator whose bias is 0), LIFT and SPAN, the
    accumulators of the proof, both ends included, belong to form "fixed".
    """

    form: str
    rescaling: Rescaling
    factor: int = 0
    start: int = 0
    lift: int = 0
    span: tuple[int, int] = (-(2**31), 2**31 - 1)


class CRequantizer:
    """
    runtime_c/sqz_requantize.c and requantize_all.c, compiled with optimization into FOLDER.
    """

    def __init__(self, folder: Path) -> None:
        runtime = assets.root() / "runtime_c"
        target = folder / "requantize.so"
        command = [
            *c_compiler().split(), *FLAGS, "-fPIC", "-shared", f"-I{runtime}",
            str(runtime / "sqz_requantize.c"), str(Path(__file__).parent / "requantize_all.c"),
            "-o", str(target), "-lm",
        ]  # fmt: skip
        subprocess.run(command, check=True)
        self._ffi = FFI()
        self._ffi.cdef(DECLARATIONS)
        self._library = self._ffi.dlopen(str(target))

    def apply(self, scaling: Scaling, acc: np.ndarray) -> np.ndarray:
        """
        What the C makes of ACC, int32: uint8 of the same shape.
        """
        acc = np.ascontiguousarray(acc, np.int32)
        out = np.zeros(acc.shape, np.uint8)
        described, _kept = self._describe(scaling)
        self._library.requantize_many(
            described,
            self._ffi.from_buffer("int32_t[]", acc),
            self._ffi.from_buffer("uint8_t[]", out),
            acc.size,
        )

        return out

    def compare(self, scaling: Scaling, begin: int, end: int) -> tuple[int, int]:
        """
        (how many accumulators of [BEGIN, END) differ from float32 in C, the first of them).
        """
        result = self._ffi.new("requantize_result_t *")
        described, _kept = self._describe(scaling)
        self._library.requantize_range(described, begin, end, result)

        return result.differences, result.first

    def _describe(self, scaling: Scaling) -> tuple[object, tuple[object, ...]]:
        """The C struct, and the arrays that must outlive it."""
        rescaling = scaling.rescaling
        m = np.float32(rescaling.m)
        arrays = (
            self._ffi.new("int32_t[1]", [scaling.factor]),
            self._ffi.new("uint32_t[1]", [int(m.view(np.uint32))]),
        )
        numbers = FORMS[scaling.form], 0, rescaling.zero_point, rescaling.low, scaling.lift
        described = self._ffi.new(
            "requantize_case_t *", ((*numbers, *arrays), float(m), scaling.start)
        )

        return described, arrays


def usual_span(m: np.float32) -> tuple[int, int]:
    """
    Accumulators that a layer with multiplier M may well reach: outputs to +-8000 before clamping.
    """
    largest = int(min(2**22, 8000 / float(m)))

    return -largest, largest


def fixed_scaling(rescaling: Rescaling, span: tuple[int, int]) -> Scaling | None:
    """
    Form "fixed" for all accumulators of SPAN, as the compiler fits it for a bias of 0.
    """
    reach = Reach(*(np.array([value], np.int64) for value in (0, *span)))
    for lift in LIFTS:
        found = fit_fixed(rescaling, reach, lift)
        if found is not None:
            return Scaling("fixed", rescaling, found.factor, int(found.start[0]), lift, span)

    return None


def forms_of(rescaling: Rescaling, exact: bool) -> Iterator[Scaling]:
    """
    Every form that is right; the exact one where it is asked for, or the only one.
    """
    fixed = fixed_scaling(rescaling, usual_span(rescaling.m))
    is_checked = 126 - (int(rescaling.m.view(np.uint32)) >> 23) in CHECKED_EXPONENTS
    if fixed is not None:
        yield fixed
    if is_checked:
        yield Scaling("checked", rescaling)
    if exact or not (fixed or is_checked):
        yield Scaling("exact", rescaling)


def run(requantizer: CRequantizer, scaling: Scaling, pool: ThreadPoolExecutor) -> int:
    """
    All accumulators of one scaling; prints its line and gives the number of differences.
    """
    begun = time.perf_counter()
    rescaling = scaling.rescaling
    first_acc, end = scaling.span[0], scaling.span[1] + 1
    size = (end - first_acc) // SLICES + 1
    results = list(
        pool.map(
            lambda at: requantizer.compare(scaling, at, min(at + size, end)),
            range(first_acc, end, size),
        )
    )
    differences = sum(count for count, _ in results)
    first = next((f", first at {at}" for count, at in results if count), "")
    print(
        f"m = {float(rescaling.m):.9e}, zero point {rescaling.zero_point:3d}, "
        f"low {rescaling.low:3d}, {scaling.form:7s}: {differences} differences{first} "
        f"in {end - first_acc} accumulators "
        f"({time.perf_counter() - begun:.0f} s)",
        flush=True,
    )

    return differences


def main() -> None:
    """
    Run CASES; exit with 1 where any accumulator differs.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--exact", action="store_true", help="the exact form of every case too")
    everything = parser.parse_args().exact
    differences = 0
    with (
        tempfile.TemporaryDirectory(prefix="sqz2c-") as folder,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        requantizer = CRequantizer(Path(folder))
        for number, (bits, zero_point, low) in enumerate(CASES):
            m = np.array([bits], np.uint32).view(np.float32)[0]
            rescaling = Rescaling(m, zero_point, low)
            for scaling in forms_of(rescaling, everything or number in EXACT_CASES):
                differences += run(requantizer, scaling, pool)
    print(f"{differences} differences")
    sys.exit(differences != 0)


if __name__ == "__main__":
    main()
