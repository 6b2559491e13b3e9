"""
board.toml: read whole, checked field by field.
"""

import re
from pathlib import Path

import pytest

from sqz2c import assets
from sqz2c.errors import FirmwareError
from sqz2c.firmware.board import CONSOLES, COUNTERS, list_boards, load_board, read_board

GOOD = """\
title = "A board"
core = "cortex-m4"
fpu = "fpv4-sp-d16"
stack_bytes = 1024
exit = "sleep"

[memory.flash]
origin = 0x08000000
bytes = 65536

[memory.ram]
origin = 0x20000000
bytes = 8192

[console]
driver = "cmsdk_uart"
base = 0x40004000
interrupt = 3

[counter]
driver = "systick"

[flash]
command = ["st-flash", "write", "{bin}", "0x08000000"]
package = "stlink-tools"
"""

BAD = [
    ('title = "A board"\n', "", "title is missing"),
    ('core = "cortex-m4"', 'core = "cortex-a9"', "core is 'cortex-a9', but must be one of"),
    ('fpu = "fpv4-sp-d16"', "fpu = 4", "fpu must be a line of text"),
    ("stack_bytes = 1024", 'stack_bytes = "1k"', "stack_bytes must be an integer"),
    ("stack_bytes = 1024", "stack_bytes = true", "stack_bytes must be an integer"),
    ("stack_bytes = 1024", "stack_bytes = 8", "stack_bytes must be 256 to 4294967295"),
    ("stack_bytes = 1024", "stack_bytes = 8192", "multiple of 8 and smaller than ram"),
    ("stack_bytes = 1024", "stack_bytes = 1028", "stack_bytes must be a multiple of 8"),
    ('exit = "sleep"', 'exit = "reboot"', "exit is 'reboot', but must be one of"),
    ('exit = "sleep"', 'exit = "semihosting"', "exit must be sleep"),
    ("origin = 0x08000000\n", "", "[memory] [flash]: origin is missing"),
    ("bytes = 8192", "bytes = -1", "[memory] [ram]: bytes must be 1024 to"),
    ("origin = 0x20000000", "origin = 0xfffff000", "and end below 4 GiB"),
    ("bytes = 8192", "bytes = 8192\nspeed = 3", "[memory] [ram]: unknown field speed"),
    ('driver = "systick"', 'driver = "sundial"', "driver is 'sundial', but must be one of"),
    ("base = 0x40004000\n", "", "[console]: base is missing"),
    ("base = 0x40004000", "base = 0x40004000\nbaud = 9600", "[console]: unknown field baud"),
    ('"{bin}"', '"firmware.bin"', "command must name {elf}, {bin} or {hex}"),
    ("[flash]", "[flush]", "needs a [qemu] or a [flash] section"),
    ("[console]", "[consoles]", "console is missing"),
    ("[counter]", "[counter", "cannot be read as TOML"),
    ("[flash]", '[qemu]\nmachine = "x"\n\n[flash]', "exit must be semihosting"),
]


def write(folder: Path, text: str) -> Path:
    path = folder / "some_board" / "board.toml"
    path.parent.mkdir()
    path.write_text(text)

    return path


def test_reads_every_field(tmp_path: Path) -> None:
    """A board is what its TOML says."""
    board = read_board(write(tmp_path, GOOD))

    assert "some_board" == board.name
    assert ("cortex-m4", "fpv4-sp-d16") == (board.core, board.fpu)
    assert (65536, 8192, 1024) == (board.flash_bytes, board.ram_bytes, board.stack_bytes)
    assert (("base", 0x40004000), ("interrupt", 3)) == board.console.settings
    assert None is board.baud
    assert "cycles" == board.counter_unit
    assert board.boots_from_flash


@pytest.mark.parametrize(("old", "new", "problem"), BAD)
def test_refuses_by_field(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """Each field that is missing, misspelt, of a wrong type or out of range is named."""
    assert old in GOOD
    text = GOOD.replace(old, new)
    if "[flush]" in text:
        text = text[: text.index("[flush]")]

    with pytest.raises(FirmwareError, match=re.escape(problem)):
        read_board(write(tmp_path, text))


def test_unknown_board_lists_the_known_ones() -> None:
    """An unknown name is answered with all names."""
    with pytest.raises(FirmwareError, match=r"'uno'.*microbit.*netduinoplus2"):
        load_board("uno")


def test_boards_that_ship_are_these() -> None:
    """Eight boards run in QEMU, two are flashed; no board does both."""
    boards = list_boards()

    assert [
        "microbit",
        "mps2_an385",
        "mps2_an386",
        "mps2_an500",
        "mps2_an505",
        "mps3_an547",
        "netduinoplus2",
        "stm32f401re",
    ] == [board.name for board in boards if board.qemu]
    assert ["nucleo_h743zi", "stm32f4_discovery"] == [b.name for b in boards if b.flash_tool]


def test_stm32f405_has_128_kib_in_one_piece() -> None:
    """netduinoplus2 offers what the chip has, not what QEMU accepts."""
    board = load_board("netduinoplus2")

    assert (1 << 20, 128 * 1024) == (board.flash_bytes, board.ram_bytes)


def test_stm32f401re_has_its_own_limits_on_another_machine() -> None:
    """stm32f401re offers 512 KiB of flash and 96 KiB of RAM, whatever its QEMU machine has."""
    board = load_board("stm32f401re")

    assert (524_288, 98_304) == (board.flash_bytes, board.ram_bytes)


def test_real_boards_never_use_semihosting() -> None:
    """What gets flashed sleeps at its end."""
    assert {"sleep"} == {board.exit for board in list_boards() if board.flash_tool}


@pytest.mark.parametrize(("kind", "drivers"), [("console", CONSOLES), ("counter", COUNTERS)])
def test_drivers_take_the_settings_that_their_c_names(
    kind: str, drivers: dict[str, tuple[str, ...]]
) -> None:
    """The keys of a driver are the macros that its C file uses, no more and no fewer."""
    common = assets.root() / "boards" / "common"
    files = {path.stem.removeprefix(f"{kind}_"): path for path in common.glob(f"{kind}_*.c")}

    used = {
        name: set(re.findall(rf"\b{kind.upper()}_([A-Z_]+)\b", path.read_text()))
        for name, path in files.items()
    }

    assert used == {name: {key.upper() for key in keys} for name, keys in drivers.items()}
