"""
Firmware of the stub library that is fed rows.
"""

from pathlib import Path

from sqz2c.firmware import Firmware, RunResult, build_firmware, feed_firmware, load_board
from tests.unit.firmware.stub_library import stub_logits, stub_pictures, write_stub

FAST = "mps2_an386"


def fed(folder: Path, **options) -> Path:
    return write_stub(folder, input_mode="rows", **options)


def build(out: Path, name: str = FAST) -> Firmware:
    return build_firmware(out, load_board(name), [], [])


def feed(firmware: Firmware, count: int = 2) -> RunResult:
    cases = [(picture, stub_logits(picture)) for picture in stub_pictures(count)]

    return feed_firmware(firmware, load_board(firmware.board), cases)
