"""
Put firmware on a real board with the board's own tool.
"""

import subprocess

from sqz2c.errors import FirmwareError
from sqz2c.firmware import tools
from sqz2c.firmware.board import Board
from sqz2c.firmware.build import Firmware


def flash_command(firmware: Firmware, board: Board) -> list[str]:
    """
    The command that flashes FIRMWARE; nothing is run, and the tool need not be installed.
    """
    if board.flash_tool is None:
        raise FirmwareError(
            f"{board.name} exists in QEMU only, so it cannot be flashed: use sqz2c run"
        )
    files = {"{elf}": firmware.elf, "{bin}": firmware.bin, "{hex}": firmware.hex}
    command = list(board.flash_tool.command)
    for mark, path in files.items():
        command = [word.replace(mark, str(path)) for word in command]

    return command


def flash(firmware: Firmware, board: Board) -> None:
    """
    Flash FIRMWARE onto the connected BOARD; the tool talks to the terminal itself.
    """
    command = flash_command(firmware, board)
    assert board.flash_tool is not None
    tools.require(command[0], board.flash_tool.package)
    try:
        done = subprocess.run(command, check=False)
    except OSError as error:
        raise FirmwareError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        raise FirmwareError(
            f"{command[0]} failed with exit code {done.returncode}: is {board.name} connected?"
        )
