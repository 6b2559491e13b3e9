"""
What an instruction costs, in cycles, by the tables of Arm's Technical Reference Manuals.

Cortex-M0 (DDI 0432C, table 3-1), Cortex-M3 (100165, table 3-1) and Cortex-M4 (100166, table 3-1),
memory without wait states. Where the manual gives a range, the middle is taken, rounded up: a
taken branch refills the pipeline in 2 cycles, a division takes 7, a long multiplication of a
Cortex-M3 5. A single load takes 2, or 1 right after another single load; stores go into a buffer
and take 1. The reference manuals of Cortex-M7, M33 and M55 have no such table, so no cycles are
claimed for these.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

REFILL = 2  # cycles of a taken branch beyond its own
DIVISION = 7
LONG_MULTIPLICATION_M3 = 5
CONDITIONS = "eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
LOADS = re.compile(r"ldr(s?[bh])?")
STORES = re.compile(r"str[bh]?")
PAIRS = re.compile(r"(ldr|str)d")
MULTIPLE = re.compile(r"(ldm|stm)(ia|db)?|push|pop|v(ldm|stm)(ia|db)?|vpush|vpop")
LONG_MULTIPLICATIONS = re.compile(r"[us]m(ul|la)l")
NOT_CONDITIONAL = ("teq", "movs", "lsls", "muls", "mls", "bics", "adcs", "sbcs", "vmls")
CALLS = ("b", "bl", "bx", "blx", "cbz", "cbnz", "tbb", "tbh")


@dataclass(frozen=True)
class Instruction:
    """
    One line of a disassembly.
    """

    address: int
    mnemonic: str
    operands: str

    @property
    def operation(self) -> str:
        """The mnemonic without width, condition and flags of an IT block."""
        plain = self.mnemonic.split(".")[0]
        if plain in CALLS or PAIRS.fullmatch(plain) or MULTIPLE.fullmatch(plain):
            return plain
        if re.fullmatch(rf"b({CONDITIONS})", plain):
            return "b"
        bare = re.sub(rf"({CONDITIONS})$", "", plain)
        return plain if plain in NOT_CONDITIONAL else bare

    @property
    def registers(self) -> int:
        """How many registers a list such as {r4, r5, lr} or {d8-d11} has."""
        found = re.search(r"\{(.*?)\}", self.operands)
        count = 0
        for part in found[1].split(",") if found else ():
            ends = [int(n) for n in re.findall(r"\d+", part)]
            count += ends[1] - ends[0] + 1 if "-" in part and len(ends) == 2 else 1
        return count

    @property
    def is_load(self) -> bool:
        return LOADS.fullmatch(self.operation) is not None


def disassembled(text: str) -> tuple[Instruction, ...]:
    """
    The instructions in what `objdump -d --no-show-raw-insn` printed, by address.
    """
    found = re.findall(r"^\s*([0-9a-f]+):\t(\S+)(?:\t([^\n;@]*))?", text, re.MULTILINE)
    return tuple(Instruction(int(a, 16), m, o.strip()) for a, m, o in found)


def charge_m4(instruction: Instruction, before: Instruction | None) -> int:
    """Cycles of INSTRUCTION on a Cortex-M4 without a jump; BEFORE is the one above it."""
    name = instruction.operation
    if MULTIPLE.fullmatch(name):
        return 1 + instruction.registers
    if PAIRS.fullmatch(name):
        return 3
    if instruction.is_load:
        return 1 if before is not None and before.is_load else 2
    if name in ("udiv", "sdiv"):
        return DIVISION
    if name in ("vldr", "vstr"):
        return 2

    return 1


def charge_m3(instruction: Instruction, before: Instruction | None) -> int:
    """The same on a Cortex-M3, whose multiplier is smaller."""
    if LONG_MULTIPLICATIONS.fullmatch(instruction.operation):
        return LONG_MULTIPLICATION_M3
    if instruction.operation in ("mla", "mls"):
        return 2

    return charge_m4(instruction, before)


def charge_m0(instruction: Instruction, before: Instruction | None) -> int:
    """The same on a Cortex-M0 with the fast multiplier: each access takes 2 cycles."""
    del before
    name = instruction.operation
    if MULTIPLE.fullmatch(name):
        returns = name == "pop" and "pc" in instruction.operands
        return 1 + returns + instruction.registers
    if instruction.is_load or STORES.fullmatch(name):
        return 2
    if name == "bl":
        return 2

    return 1


CORES: dict[str, Callable[[Instruction, Instruction | None], int]] = {
    "cortex-m0": charge_m0,
    "cortex-m3": charge_m3,
    "cortex-m4": charge_m4,
}


def cycles(
    core: str, code: Sequence[Instruction], runs: dict[int, int], jumps: dict[int, int]
) -> dict[int, int] | None:
    """
    Cycles of CORE by address for instructions that ran RUNS times and jumped JUMPS times; None
    where no table is published.
    """
    charge = CORES.get(core)
    if charge is None:
        return None
    result = {}
    before = None
    for instruction in code:
        at = instruction.address
        if at in runs:
            result[at] = runs[at] * charge(instruction, before) + REFILL * jumps.get(at, 0)
        before = instruction

    return result
