"""
C programs with newlib on cores in QEMU: for tests and benchmarks of the runtime alone.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqz2c.firmware import Board, load_board
from sqz2c.firmware.compile import OPTIMIZE, core_flags
from sqz2c.firmware.sources import write_memory
from sqz2c.firmware.tools import COMPILER, QEMU, require
from tests.tools import ROOT

BOARDS = ("mps2_an385", "mps2_an386", "mps2_an500", "mps2_an505", "mps3_an547")
TARGET = ROOT / "tests" / "target"
RUNTIME = ROOT / "runtime_c"


def built_for(
    name: str, folder: Path, sources: Sequence[Path], flags: Sequence[str] = ()
) -> Path:
    """
    SOURCES and the runtime, compiled and linked for the board NAME, in FOLDER.
    """
    board = load_board(name)
    program = folder / "program.elf"
    write_memory(folder / "memory.ld", board)
    (folder / "board_config.h").write_text(
        "".join(
            f"#define COUNTER_{key.upper()} {value:#x}u\n"
            for key, value in board.counter.settings
        )
    )
    command = [
        require(COMPILER), *core_flags(board), "--specs=rdimon.specs", "-std=c99", *OPTIMIZE,
        *flags, f"-I{RUNTIME}", f"-I{folder}", f"-I{ROOT / 'boards' / 'common'}",
        f"-L{folder}", "-T", TARGET / "sections.ld", TARGET / "reset.c", *sources,
        *sorted(RUNTIME.glob("*.c")), "-lm", "-o", program,
    ]  # fmt: skip
    subprocess.run([str(part) for part in command], check=True)

    return program


def run_on(name: str, program: Path, seconds: float) -> tuple[int, str]:
    """
    What PROGRAM returns and prints on the board NAME; one instruction is 128 ns of its time.
    """
    done = subprocess.run(
        qemu_command(load_board(name), program),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )

    return done.returncode, done.stdout


def qemu_command(board: Board, program: Path) -> list[str]:
    """
    QEMU with nothing but the core and semihosting.
    """
    assert board.qemu is not None

    return [
        require(QEMU), "-M", board.qemu.machine, "-icount", "shift=7", "-display", "none",
        "-monitor", "none", "-serial", "null", *board.qemu.arguments,
        "-semihosting-config", "enable=on,target=native", "-kernel", str(program),
    ]  # fmt: skip
