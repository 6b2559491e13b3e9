"""
Flashing: the command is right, and nothing runs unasked.
"""

from pathlib import Path

import pytest

from sqz2c.errors import FirmwareError
from sqz2c.firmware import build_firmware, flash, flash_command, load_board

COMMANDS = {
    "stm32f4_discovery": ["st-flash", "--reset", "write", "BIN", "0x08000000"],
    "nucleo_h743zi": [
        *("openocd", "-f", "board/st_nucleo_h743zi.cfg"),
        *("-c", "program {ELF} verify reset exit"),
    ],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_the_board_s(out: Path, compiler: None, name: str) -> None:
    """The command names the file that was built; openocd's braces guard spaces in its path."""
    firmware = build_firmware(out, load_board(name), [], [])

    command = [
        word.replace("BIN", str(firmware.bin)).replace("ELF", str(firmware.elf))
        for word in COMMANDS[name]
    ]

    assert command == flash_command(firmware, load_board(name))
    assert firmware.elf.is_file()


def test_qemu_boards_are_not_flashed(out: Path, compiler: None) -> None:
    """What exists in QEMU only cannot be flashed."""
    board = load_board("microbit")

    with pytest.raises(FirmwareError, match="exists in QEMU only"):
        flash_command(build_firmware(out, board, [], []), board)


def test_missing_tool_names_its_package(
    out: Path, compiler: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without the board's tool one sentence says what to install."""
    board = load_board("nucleo_h743zi")
    firmware = build_firmware(out, board, [], [])
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(FirmwareError, match="apt-get install openocd"):
        flash(firmware, board)


@pytest.mark.parametrize(("code", "fails"), [(0, False), (3, True)])
def test_the_tool_s_exit_code_decides(
    out: Path,
    compiler: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    code: int,
    fails: bool,
) -> None:
    """The tool is run with the command; its failure is ours."""
    board = load_board("stm32f4_discovery")
    firmware = build_firmware(out, board, [], [])
    tool = tmp_path / "st-flash"
    tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\nexit {code}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    if fails:
        with pytest.raises(
            FirmwareError, match="failed with exit code 3: is stm32f4_discovery"
        ):
            flash(firmware, board)
    else:
        flash(firmware, board)

    assert " ".join(flash_command(firmware, board)[1:]) == (
        (tmp_path / "arguments").read_text().strip()
    )
