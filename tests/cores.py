"""
C programs with newlib on cores in QEMU: for tests and benchmarks of the runtime alone.
"""

import atexit
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sqz2c.firmware import Board, load_board
from sqz2c.firmware.compile import OPTIMIZE, core_flags
from sqz2c.firmware.sources import write_memory
from sqz2c.firmware.tools import COMPILER, QEMU, require
from tests.tools import ROOT, call, compiled_apart

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
    call(
        *compiler_for(name, *flags), f"-I{folder}", f"-I{ROOT / 'boards' / 'common'}",
        f"-L{folder}", "-T", TARGET / "sections.ld", TARGET / "reset.c", *sources,
        *runtime_objects(name, *flags), "-lm", "-o", program,
    )  # fmt: skip

    return program


def compiler_for(name: str, *flags: str) -> list[str]:
    """
    The compiler and its options for the board NAME, with newlib, the runtime's headers and FLAGS.
    """
    core = core_flags(load_board(name))
    libc = "--specs=rdimon.specs"

    return [require(COMPILER), *core, libc, "-std=c99", *OPTIMIZE, *flags, f"-I{RUNTIME}"]


@cache
def runtime_objects(name: str, *flags: str) -> list[Path]:
    """
    The runtime for the board NAME, compiled once a process.
    """
    folder = tempfile.TemporaryDirectory(prefix="sqz2c-tests-")
    atexit.register(folder.cleanup)
    sources = sorted(RUNTIME.glob("*.c"))

    return compiled_apart(compiler_for(name, *flags), (), sources, Path(folder.name))


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
