"""
Instructions of every convolution of SqueezeNet v1.1 at 224 on cores in QEMU, without decoding.

    python -m benchmarks.dot [--board NAME ...] [--portable]

The kernels alone, on noise, with tiles of 64 filters. Instructions are exact and repeatable; they
are not cycles.
"""

import argparse
import tempfile
from pathlib import Path

from tests.cores import BOARDS, built_for, run_on
from tests.tools import ROOT

SOURCES = (ROOT / "benchmarks" / "dot.c", ROOT / "boards" / "common" / "counter_fpgaio.c")


def lines_of(name: str, flags: tuple[str, ...]) -> list[str]:
    """
    What dot.c prints on the board NAME.
    """
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as folder:
        program = built_for(name, Path(folder), SOURCES, flags)
        code, printed = run_on(name, program, seconds=600)
    if code != 0:
        raise SystemExit(f"{name}: ended with {code}\n{printed}")

    return printed.split("\n")[:-1]


def report(name: str, flags: tuple[str, ...]) -> None:
    """
    Print a line a shape, and the whole network.
    """
    total = total_macs = 0.0
    print(f"{name} {' '.join(flags)}")
    for line in lines_of(name, flags):
        shape, *numbers = line.split(";")
        count, macs, rows, counted = (int(number) for number in numbers)
        times = rows / counted
        total += count * times
        total_macs += macs * times
        print(f"    {shape:34s} {count / macs:6.3f} an MAC, {count * times / 1e6:7.2f} M")
    print(f"    {'all':34s} {total / total_macs:6.3f} an MAC, {total / 1e6:7.2f} M", flush=True)


def main() -> None:
    """
    Measure the boards that are asked for, or all.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--board", action="append", choices=BOARDS)
    parser.add_argument("--portable", action="store_true", help="the kernels in plain C")
    arguments = parser.parse_args()
    for name in arguments.board or BOARDS:
        report(name, ("-DSQZ_PORTABLE",) if arguments.portable else ())


if __name__ == "__main__":
    main()
