"""
What a board is: its core, its memory, its drivers, and how its firmware runs or gets flashed.

All of it stands in boards/<name>/board.toml; nothing about a single board is written in Python.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from sqz2c import assets
from sqz2c.errors import FirmwareError
from sqz2c.firmware.board_fields import Table
from sqz2c.ir.core import CORES

# A driver is boards/common/<kind>_<name>.c; each key becomes a macro of board_config.h.
_STM32_USART = (
    "base", "enable_register", "enable_bit", "interrupt", "port", "tx_pin", "rx_pin",
    "pin_function", "clock_hz", "baud",
)  # fmt: skip
CONSOLES = {
    "cmsdk_uart": ("base", "interrupt"),
    "nrf51_uart": ("base", "interrupt", "tx_pin", "rx_pin"),
    "stm32f4_usart": _STM32_USART,
    "stm32h7_usart": _STM32_USART,
}
COUNTERS = {
    "fpgaio": ("base", "clock_hz"),
    "nrf51_timer": ("base",),
    "stm32_timers": ("fast_base", "slow_base"),
    "systick": (),
}
EXITS = ("semihosting", "sleep")


@dataclass(frozen=True)
class Region:
    """
    One piece of memory. NAME is flash, ram or boot (where the core fetches its vectors).
    """

    name: str
    origin: int
    size_bytes: int


@dataclass(frozen=True)
class Driver:
    """
    A C file of boards/common and the numbers that it is compiled with.
    """

    name: str
    settings: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Qemu:
    """
    The QEMU machine that stands in for the board, with options beyond the usual ones.
    """

    machine: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class FlashTool:
    """
    COMMAND holds {elf}, {bin} or {hex} where the file's path belongs; PACKAGE is apt's name.
    """

    command: tuple[str, ...]
    package: str


@dataclass(frozen=True)
class Board:
    """
    One folder of boards/. STACK_BYTES is the part of ram that the linker script reserves.
    """

    name: str
    title: str
    core: str
    fpu: str | None
    regions: tuple[Region, ...]
    stack_bytes: int
    console: Driver
    counter: Driver
    exit: str
    qemu: Qemu | None
    flash_tool: FlashTool | None

    def region(self, name: str) -> Region:
        return next(region for region in self.regions if region.name == name)

    @property
    def flash_bytes(self) -> int:
        return self.region("flash").size_bytes

    @property
    def ram_bytes(self) -> int:
        return self.region("ram").size_bytes

    @property
    def boots_from_flash(self) -> bool:
        return all(region.name != "boot" for region in self.regions)

    @property
    def baud(self) -> int | None:
        """The speed of the serial line; None where QEMU's has none."""
        return dict(self.console.settings).get("baud")

    @property
    def counter_unit(self) -> str:
        """What the counter counts: QEMU knows instructions, a real core cycles."""
        return "instructions" if self.qemu else "cycles"


def _folder() -> Path:
    return assets.root() / "boards"


def board_names() -> tuple[str, ...]:
    """
    All boards, in alphabetical order.
    """
    return tuple(sorted(path.parent.name for path in _folder().glob("*/board.toml")))


def list_boards() -> tuple[Board, ...]:
    """
    Load every board, in alphabetical order.
    """
    return tuple(load_board(name) for name in board_names())


def load_board(name: str) -> Board:
    """
    Load the board NAME. Raises FirmwareError with the known names for an unknown one.
    """
    if name not in board_names():
        known = ", ".join(board_names())
        raise FirmwareError(f"no board is called {name!r}; the known ones are {known}")

    return read_board(_folder() / name / "board.toml")


def read_board(path: Path) -> Board:
    """
    Read and check one board.toml; its folder's name is the board's.
    """
    try:
        table = Table(f"{path.parent.name}/board.toml", tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FirmwareError(f"{path} cannot be read as TOML: {error}") from error

    board = Board(
        name=path.parent.name,
        title=table.text("title"),
        core=table.choice("core", CORES),
        fpu=table.text("fpu") if "fpu" in table else None,
        regions=_regions(table.table("memory")),
        stack_bytes=table.integer("stack_bytes", at_least=256),
        console=_driver(table.table("console"), CONSOLES),
        counter=_driver(table.table("counter"), COUNTERS),
        exit=table.choice("exit", EXITS),
        qemu=_qemu(table.table("qemu")) if "qemu" in table else None,
        flash_tool=_flash_tool(table.table("flash")) if "flash" in table else None,
    )
    table.finish()
    _check_whole(board, table)

    return board


def _regions(memory: Table) -> tuple[Region, ...]:
    names = ("boot", "flash", "ram") if "boot" in memory else ("flash", "ram")
    regions = []
    for name in names:
        entry = memory.table(name)
        region = Region(
            name=name,
            origin=entry.integer("origin", at_least=0),
            size_bytes=entry.integer("bytes", at_least=1024),
        )
        entry.finish()
        if region.origin % 8 or region.origin + region.size_bytes > 1 << 32:
            raise entry.error("must begin at a multiple of 8 and end below 4 GiB")
        regions.append(region)
    memory.finish()

    return tuple(regions)


def _driver(table: Table, known: dict[str, tuple[str, ...]]) -> Driver:
    name = table.choice("driver", tuple(known))
    settings = tuple((key, table.integer(key, at_least=0)) for key in known[name])
    table.finish()

    return Driver(name, settings)


def _qemu(table: Table) -> Qemu:
    machine = table.text("machine")
    arguments = table.texts("arguments") if "arguments" in table else ()
    table.finish()

    return Qemu(machine, arguments)


def _flash_tool(table: Table) -> FlashTool:
    command, package = table.texts("command"), table.text("package")
    table.finish()
    if not any(file in word for word in command for file in ("{elf}", "{bin}", "{hex}")):
        raise table.error("command must name {elf}, {bin} or {hex}")

    return FlashTool(command, package)


def _check_whole(board: Board, table: Table) -> None:
    if board.stack_bytes % 8 or board.stack_bytes >= board.ram_bytes:
        raise table.error("stack_bytes must be a multiple of 8 and smaller than ram")
    if not board.qemu and not board.flash_tool:
        raise table.error("needs a [qemu] or a [flash] section")
    if board.flash_tool and board.exit == "semihosting":
        raise table.error("exit must be sleep: a board that is flashed has no semihosting")
    if board.qemu and board.exit != "semihosting":
        raise table.error("exit must be semihosting, or QEMU would never end")
