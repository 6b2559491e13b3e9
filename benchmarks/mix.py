"""
Executed instructions by function, counted by a plugin of QEMU, and the cycles they would take.
"""

import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cycles import cycles, disassembled
from sqz2c.firmware import Board, Firmware, qemu_command
from tests.elf import functions
from tests.tools import call

PLUGIN = Path(__file__).with_name("instruction_mix.c")
HELPERS = ("memcpy", "memset")  # of boards/common, which the library calls


@dataclass(frozen=True)
class Mix:
    """
    What the library did in one run of firmware, checking its weights apart: INSTRUCTIONS by
    function, CYCLES of all of them (None: no table for this core).
    """

    instructions: dict[str, int]
    cycles: int | None

    @property
    def total(self) -> int:
        return sum(self.instructions.values())


def count_mix(firmware: Firmware, board: Board, timeout: float = 3600.0) -> Mix:
    """
    Run FIRMWARE, which holds one picture, in QEMU with the plugin.
    """
    with TemporaryDirectory(prefix="sqz2c-") as name:
        library, counts = Path(name) / "mix.so", Path(name) / "counts"
        call("gcc", "-std=c99", "-O2", "-fPIC", "-shared", PLUGIN, "-o", library)
        command = [*qemu_command(firmware, board), "-plugin", f"{library},path={counts}"]
        subprocess.run(
            command,
            check=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        runs, jumps = _read(counts.read_text("ascii"))
    code = disassembled(call("arm-none-eabi-objdump", "-d", "--no-show-raw-insn", firmware.elf))
    spent = cycles(board.core, code, runs, jumps)
    instructions: dict[str, int] = {}
    total = 0
    for function in functions(firmware.elf):
        is_ours = function.is_of_library or function.name in HELPERS
        if not is_ours or function.checks_weights:
            continue
        addresses = range(function.address, function.address + function.size, 2)
        count = sum(runs.get(at, 0) for at in addresses)
        if count:
            instructions[function.name] = instructions.get(function.name, 0) + count
        total += sum(spent.get(at, 0) for at in addresses) if spent else 0

    return Mix(instructions, total if spent else None)


def _read(text: str) -> tuple[dict[int, int], dict[int, int]]:
    runs: dict[int, int] = defaultdict(int)
    jumps: dict[int, int] = defaultdict(int)
    for line in text.splitlines():
        *kind, address, count = line.split()
        (jumps if kind else runs)[int(address, 16)] += int(count)

    return dict(runs), dict(jumps)
