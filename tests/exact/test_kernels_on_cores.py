"""
The programs of tests/c on every core in QEMU, each with the variant that its instructions allow.
"""

from pathlib import Path

import pytest

from sqz2c.firmware.tools import COMPILER, QEMU
from tests.cores import BOARDS, built_for, run_on
from tests.tools import ROOT, need

SECONDS = 300.0
PROGRAMS = sorted(path.stem for path in (ROOT / "tests" / "c").glob("test_*.c"))
FAST = {("mps2_an386", "test_dot"), ("mps3_an547", "test_dot")}
CASES = [
    pytest.param(board, program, marks=() if (board, program) in FAST else pytest.mark.slow)
    for board in BOARDS
    for program in PROGRAMS
]


@pytest.mark.parametrize(("board", "program"), CASES)
def test_kernels_give_the_same_bits(board: str, program: str, tmp_path: Path) -> None:
    """Every claim of a C test holds on the core, as it does on this machine."""
    need(COMPILER, QEMU)
    elf = built_for(board, tmp_path, [ROOT / "tests" / "c" / f"{program}.c"])
    code, printed = run_on(board, elf, SECONDS)
    assert (0, "0 failures") == (code, printed.partition(" ")[2].split(", ")[-1].strip()), printed
