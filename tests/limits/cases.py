"""
What is measured on which board, and the checked-in figures it may not exceed.
"""

import atexit
import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqz2c.firmware import list_boards, load_board
from sqz2c.ir.core import CoreClass, core_class
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.load import LoadOptions, load_model
from tests.measured import Subject, Taken, subject
from tests.reference_networks import pruned, unpruned
from tests.tools import ROOT, call

HERE = Path(__file__).parent
INSTRUCTIONS = HERE / "instructions.json"
SIZES = HERE / "sizes.json"
TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm")
ALLOWED = 1.01  # of the recorded figure
UPDATE = "python -m tests.limits.update"
RAM = 212_992
ALL = tuple(board.name for board in list_boards() if board.qemu)

Figures = dict[str, int]
Table = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """A network, how it is planned, and the boards it is measured on."""

    graph: Callable[[], Graph]
    mode: InputMode
    ram: int | None
    boards: tuple[str, ...]


def example() -> Graph:
    return load_model(ROOT / "examples" / "fashion_mnist" / "model.pt", LoadOptions())


CASES = {
    "fashion_mnist": Case(example, "image", 13_500, ALL),  # what a microbit has
    "fashion_mnist with room": Case(example, "arena", RAM, ("mps2_an386",)),
    "fashion_mnist by rows": Case(example, "rows", 12_288, ("mps2_an386",)),
    "v1.1 unpruned": Case(unpruned, "arena", RAM, ("mps2_an386", "mps3_an547")),
    "v1.1 unpruned by rows": Case(unpruned, "rows", 65_536, ("mps2_an386",)),
    "v1.1 pruned": Case(pruned, "arena", RAM, ("mps2_an386", "mps3_an547")),
}

_open = ExitStack()  # folders of subjects, until the process ends
atexit.register(_open.close)


@cache
def subject_of(name: str, core: CoreClass = "dsp") -> Subject:
    case = CASES[name]
    return _open.enter_context(subject(case.graph(), case.mode, case.ram, core))


def measure(name: str, board: str) -> Taken:
    """
    The case NAME, planned for BOARD's core, on BOARD in QEMU.
    """
    found = load_board(board)
    return subject_of(name, core_class(found.core)).run(found)


def versions() -> dict[str, str]:
    """
    The versions of the tools that figures depend on.
    """
    found = {}
    for tool in TOOLS:
        line = call(tool, "--version").splitlines()[0]
        match = re.search(r"\d+\.\d+\.\d+", line)
        assert match is not None, line
        found[tool] = match[0]

    return found


def split(taken: Taken) -> tuple[int, Figures]:
    """
    The figure of instructions.json and those of sizes.json.
    """
    sizes = asdict(taken)
    return sizes.pop("instructions"), sizes


def read(path: Path) -> Table:
    table: Table = json.loads(path.read_text("utf-8"))
    return table


def growth(what: str, recorded: int, found: int) -> str | None:
    """
    One line if FOUND is more than is allowed.
    """
    if found <= recorded * ALLOWED:
        return None
    return f"{what} grew by {100 * (found / recorded - 1):.1f} %: {recorded:,} -> {found:,}"


def remedy(table: Table, here: dict[str, str]) -> str:
    """
    What to do about growth; first of all, whether the tools are to blame.
    """
    other = [
        f"figures were recorded with {tool} {version}, this is {here[tool]}"
        for tool, version in table["tools"].items()
        if here[tool] != version
    ]
    return "; ".join([*other, f"if it must be, run `{UPDATE}` and review the diff"])
