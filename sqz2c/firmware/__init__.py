"""
Text and a board become an image, and the image runs: in QEMU, or on the board.
"""

from sqz2c.firmware.board import Board, board_names, list_boards, load_board
from sqz2c.firmware.build import Firmware, build_firmware, load_firmware
from sqz2c.firmware.feed import feed_firmware
from sqz2c.firmware.fit import check_fits, check_library_fits, how_many_fit, library_ram_budget
from sqz2c.firmware.flash import flash, flash_command
from sqz2c.firmware.profile import Counts, PhaseCounts, count_phases
from sqz2c.firmware.run import RunResult, qemu_command, run_firmware
from sqz2c.firmware.tools import Tool, find_tools

__all__ = [
    "Board",
    "Counts",
    "Firmware",
    "PhaseCounts",
    "RunResult",
    "Tool",
    "board_names",
    "build_firmware",
    "check_fits",
    "check_library_fits",
    "count_phases",
    "feed_firmware",
    "find_tools",
    "flash",
    "flash_command",
    "how_many_fit",
    "library_ram_budget",
    "list_boards",
    "load_board",
    "load_firmware",
    "qemu_command",
    "run_firmware",
]
