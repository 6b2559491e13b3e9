"""
Which tools firmware tests need, and on which boards they are fast.
"""

import pytest

from sqz2c.firmware import list_boards
from sqz2c.firmware.tools import COMPILER, NM, OBJCOPY, QEMU

BUILD_TOOLS = (COMPILER, OBJCOPY, NM)
RUN_TOOLS = (*BUILD_TOOLS, QEMU)

FAST_BOARDS = ("mps2_an386",)  # the others are slow tests


def marked(names: list[str]) -> list[object]:
    """
    Parameters for a test on each board of NAMES, marked slow but for FAST_BOARDS.
    """
    slow = pytest.mark.slow

    return [name if name in FAST_BOARDS else pytest.param(name, marks=slow) for name in names]


ALL_BOARDS = marked([board.name for board in list_boards()])
QEMU_BOARDS = marked([board.name for board in list_boards() if board.qemu])
