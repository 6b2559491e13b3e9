"""
Does an image fit its board? Answered in bytes, before the linker fails.
"""

from sqz2c.errors import FirmwareError
from sqz2c.firmware.board import Board

WORD_BYTES = 4
LOGIT_BYTES = 4
FIRMWARE_RAM_BYTES = 64  # what firmware keeps in RAM at most, beside stack, logits and a row
FRAME_BYTES = 12  # around a row that comes over the serial line, and its padding to words


def check_fits(board: Board, flash_bytes: int, ram_bytes: int) -> None:
    """
    Raise FirmwareError, by how many bytes, if FLASH_BYTES or RAM_BYTES exceed the board's.

    Both are of the whole image: RAM with the stack's reserve.
    """
    problems = [
        f"{used - limit:,} bytes too large for its {kind} ({used:,} of {limit:,})"
        for kind, used, limit in (
            ("flash", flash_bytes, board.flash_bytes),
            ("RAM", ram_bytes, board.ram_bytes),
        )
        if used > limit
    ]
    if problems:
        raise FirmwareError(
            f"the firmware does not fit {board.name}: it is {' and '.join(problems)}; "
            "take a larger board or a smaller network"
        )


def how_many_fit(board: Board, flash_bytes: int, picture_bytes: int, wanted: int) -> int:
    """
    How many of WANTED pictures fit beside an image of FLASH_BYTES that holds none.

    PICTURE_BYTES is what each costs: its pixels and its expected logits. All of them together
    are padded to whole words.
    """
    room = board.flash_bytes - flash_bytes - (WORD_BYTES - 1)

    return max(0, min(wanted, room // picture_bytes))


def library_ram_budget(board: Board, classes: int, row_bytes: int | None = None) -> int:
    """
    How many bytes of RAM a library may take on BOARD: what stack and firmware leave.

    ROW_BYTES of a library that takes rows: firmware has a buffer for one.
    """
    line = 0 if row_bytes is None else row_bytes + FRAME_BYTES

    return board.ram_bytes - board.stack_bytes - LOGIT_BYTES * classes - FIRMWARE_RAM_BYTES - line


def check_library_fits(
    board: Board, flash_bytes: int, ram_bytes: int, classes: int, row_bytes: int | None = None
) -> None:
    """
    Refuse a library that cannot fit BOARD, before anything is compiled.

    FLASH_BYTES are its tables and weights, RAM_BYTES its context: the manifest's totals.
    ROW_BYTES as in library_ram_budget. Code is not counted, so build_firmware may still refuse
    what passes here.
    """
    firmware_ram = board.ram_bytes - library_ram_budget(board, classes, row_bytes)
    check_fits(board, flash_bytes, ram_bytes + firmware_ram)
