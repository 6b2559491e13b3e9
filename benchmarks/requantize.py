"""
The integer requantizer beside float32 for all 2^32 accumulators, on this machine.

    python benchmarks/requantize.py [--exact]

Several multipliers, each in the form that the compiler picks for it and in the checked form where
that is legal; where neither is (with --exact always) in the exact form. Prints one line a run, and
fails where anything differs. About 7 minutes on two idle cores, 25 with --exact.
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
from sqz2c.quantize.requantize import CHECKED_EXPONENTS, fit_fixed
from sqz2c.verify.host import c_compiler

FORMS = {"fixed": 0, "checked": 1, "exact": 2}
FLAGS = ("-std=c99", "-O3", "-fno-fast-math", "-ffp-contract=off", "-march=native")
SLICES = 256  # of the 2^32 accumulators; each is one call, so that threads share them evenly
DECLARATIONS = """
typedef struct {
    uint8_t form;
    uint8_t per_filter;
    uint8_t zero_point;
    uint8_t low;
    const int32_t *factor;
    const int64_t *addend;
    const uint8_t *shift;
    const uint32_t *m;
} sqz_requantizer_t;
typedef struct { int64_t differences; int64_t first; } requantize_result_t;
void requantize_range(const sqz_requantizer_t *requantizer, float m, int64_t begin, int64_t end,
                      requantize_result_t *result);
void requantize_many(const sqz_requantizer_t *requantizer, int32_t channel, const int32_t *acc,
                     uint8_t *out, int64_t count);
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
    One rescaling in FORM; FITTED is (factor, addend, shift), which only form "fixed" needs.
    """

    form: str
    m: np.float32
    zero_point: int
    low: int
    fitted: tuple[int, int, int] = (0, 0, 0)


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
            0,
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
        self._library.requantize_range(described, float(scaling.m), begin, end, result)

        return result.differences, result.first

    def _describe(self, scaling: Scaling) -> tuple[object, tuple[object, ...]]:
        """The C struct, and the arrays that must outlive it."""
        factor, addend, shift = scaling.fitted
        arrays = (
            self._ffi.new("int32_t[1]", [factor]),
            self._ffi.new("int64_t[1]", [addend]),
            self._ffi.new("uint8_t[1]", [shift]),
            self._ffi.new("uint32_t[1]", [int(np.float32(scaling.m).view(np.uint32))]),
        )
        form = FORMS[scaling.form]
        described = self._ffi.new(
            "sqz_requantizer_t *", (form, 0, scaling.zero_point, scaling.low, *arrays)
        )

        return described, arrays


def forms_of(m: np.float32, zero_point: int, low: int, exact: bool) -> Iterator[Scaling]:
    """
    Every form that is right for M; the exact one where it is asked for, or the only one.
    """
    fitted = fit_fixed(m, zero_point, low)
    is_checked = 126 - (int(m.view(np.uint32)) >> 23) in CHECKED_EXPONENTS
    if fitted is not None:
        yield Scaling("fixed", m, zero_point, low, fitted)
    if is_checked:
        yield Scaling("checked", m, zero_point, low)
    if exact or not (fitted or is_checked):
        yield Scaling("exact", m, zero_point, low)


def run(requantizer: CRequantizer, scaling: Scaling, pool: ThreadPoolExecutor) -> int:
    """
    All accumulators of one scaling; prints its line and gives the number of differences.
    """
    begun = time.perf_counter()
    size = 2**32 // SLICES
    starts = range(-(2**31), 2**31, size)
    results = list(pool.map(lambda at: requantizer.compare(scaling, at, at + size), starts))
    differences = sum(count for count, _ in results)
    first = next((f", first at {at}" for count, at in results if count), "")
    print(
        f"m = {float(scaling.m):.9e}, zero point {scaling.zero_point:3d}, low {scaling.low:3d}, "
        f"{scaling.form:7s}: {differences} differences{first} "
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
            for scaling in forms_of(m, zero_point, low, everything or number in EXACT_CASES):
                differences += run(requantizer, scaling, pool)
    print(f"{differences} differences")
    sys.exit(differences != 0)


if __name__ == "__main__":
    main()
