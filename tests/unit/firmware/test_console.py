"""
The text that firmware prints, read strictly.
"""

import pytest

from sqz2c.errors import FirmwareError
from sqz2c.firmware.console import parse_console

GOOD = """
sqz 1 board some_board network net images 1 classes 3
weights status 0
image 0 status 0 equal 1 instructions 12345678901
logits 0 1 -2 2147483647
top 0 2 0 1
stack used 200 reserved 4096 canary 1
verdict pass
"""


def test_reads_what_firmware_prints() -> None:
    """Every record is found, whatever else stands between."""
    transcript = parse_console("boot noise\r\n" + GOOD.replace("\n", "\r\n"))

    assert ("some_board", "net", "pass") == (
        transcript.board,
        transcript.network,
        transcript.verdict,
    )
    assert (12345678901, "instructions") == (transcript.images[0].count, transcript.unit)
    assert [1, -2, 2147483647] == transcript.images[0].logits.tolist()
    assert (200, True) == (transcript.stack_bytes, transcript.stack_intact)


def test_real_boards_count_cycles() -> None:
    """The unit of the work is the one that the firmware names."""
    assert "cycles" == parse_console(GOOD.replace("instructions", "cycles")).unit


@pytest.mark.parametrize(
    "line", [line for line in GOOD.splitlines() if line[:3] != "top" and line]
)
def test_no_record_may_be_missing(line: str) -> None:
    """A text that lacks any record but the top classes is incomplete."""
    with pytest.raises(FirmwareError, match="incomplete or damaged"):
        parse_console(GOOD.replace(line + "\n", ""))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sqz 1", "sqz 2"),
        ("images 1", "images 2"),
        ("classes 3", "classes 4"),
        ("-2", "-2x"),
        ("equal 1", "equal 2"),
        ("canary 1", "canary"),
        ("2147483647", "2147483648"),
        ("verdict pass", "verdict"),
    ],
)
def test_no_record_may_be_damaged(old: str, new: str) -> None:
    """A record that does not read as the format says is refused."""
    with pytest.raises(FirmwareError, match="incomplete or damaged"):
        parse_console(GOOD.replace(old, new))


def test_nothing_is_not_a_result() -> None:
    """An empty console is an error."""
    with pytest.raises(FirmwareError, match="it ends with 'nothing'"):
        parse_console("\n")


def test_fault_is_an_error() -> None:
    """A fault is told with its record, whatever came before."""
    with pytest.raises(FirmwareError, match="faulted: exception 3 pc 0x00000010"):
        parse_console(GOOD + "\nfault exception 3 pc 0x00000010 cfsr 0x0\nverdict fault\n")
