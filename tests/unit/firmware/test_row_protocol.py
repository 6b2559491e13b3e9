"""
The board's side of the serial line, the C of boards/common in QEMU: what SPEC.md section 6 says.
"""

import re
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sqz2c.firmware import load_board
from sqz2c.firmware.feed import in_qemu
from sqz2c.firmware.ports import SocketPort
from sqz2c.firmware.serial_line import Frame, Kind, LineReader, encode_frame, stuff, unseal
from sqz2c.firmware.session import Session
from tests.unit.firmware.fake_board import FakeBoard, FakePort
from tests.unit.firmware.fed_stub import FAST, build, fed, feed
from tests.unit.firmware.stub_library import CLASSES, stub_pictures

Ask = Callable[[bytes], list[str]]


class NoisyPort:
    """
    PORT with damage done on the way there, and pauses.
    """

    def __init__(self, port: SocketPort, noise: FakePort) -> None:
        self._port, self._noise = port, noise

    def write(self, data: bytes) -> None:
        time.sleep(0.002)
        self._port.write(self._noise.over_the_line(data))

    def read(self, seconds: float) -> bytes:
        return self._port.read(min(seconds, 0.3))


class FastClock:
    """Time that goes ten times as fast, so that lost frames are soon sent again."""

    def __call__(self) -> float:
        return 10 * time.monotonic()


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))]
)
def test_a_noisy_line_changes_nothing(tmp_path: Path, qemu: None, seed: int) -> None:
    """Damaged, lost and repeated bytes, pauses and noise: the same logits, rows pushed once, and
    not one instruction more."""
    firmware = build(fed(tmp_path / "out"))
    clean = feed(firmware, 3)
    noise = FakePort(FakeBoard(), seed, damage=0.3, quiet_after=25)

    with in_qemu(firmware, load_board(FAST)) as port:
        session = Session(NoisyPort(port, noise), FastClock())
        session.hello()
        heard = [
            session.classify(n, picture.reshape(4, 12), CLASSES, lambda: None)
            for n, picture in enumerate(stub_pictures(3))
        ]
        session.quit()

    assert [x.tolist() for x in clean.logits] == [x.logits.tolist() for x in heard]
    assert clean.instructions_each == tuple(x.work for x in heard)


def conversation(port: SocketPort) -> Ask:
    """
    A function that sends bytes and returns the lines that end in ack or nak after them.
    """
    reader = LineReader()

    def ask(data: bytes, answers: int = 1) -> list[str]:
        port.write(data)
        lines: list[str] = []
        while len([line for line in lines if line[:4] in ("ack ", "nak ")]) < answers:
            piece = port.read(10)
            assert piece, f"only {lines}"
            lines += filter(None, map(unseal, reader.feed(piece)))

        return lines

    return ask


def test_the_board_does_what_the_spec_says(tmp_path: Path, qemu: None) -> None:
    """Out of order, again, too short, unknown, of another version: each has its answer."""
    firmware = build(fed(tmp_path / "out"))
    row = bytes(range(12))

    def frame(kind: Kind, number: int, payload: bytes = b"") -> bytes:
        return encode_frame(Frame(kind, number, payload))

    content = b"\2H\0\0"
    other_version = stuff(content + zlib.crc32(content).to_bytes(4, "little"))

    with in_qemu(firmware, load_board(FAST)) as port:
        ask = conversation(port)
        head, *rest = ask(frame(Kind.HELLO, 9))[-2:]
        assert re.fullmatch(
            "serial 1 board mps2_an386 network stub checkpoint (c0ffee){2}c0ff height 4 width 4 "
            "channels 3 classes 7",
            head,
        )
        assert ["ack hello 9"] == rest
        for asked, answer in [
            (frame(Kind.ROW, 0, row), "nak begin 0"),
            (frame(Kind.FINISH, 0), "nak begin 0"),
            (frame(Kind.BEGIN, 700), "ack begin 700"),
            (frame(Kind.BEGIN, 700), "ack begin 700"),
            (frame(Kind.ROW, 1, row), "nak row 0"),
            (frame(Kind.ROW, 0, row[:-1]), "nak row 0"),
            (frame(Kind.ROW, 0, row + b"1"), "nak row 0"),
            (frame(Kind.ROW, 0, row * 50), "nak row 0"),
            (frame(Kind.FINISH, 700), "nak row 0"),
            (frame(Kind.ROW, 0, row), "ack row 0"),
            (frame(Kind.ROW, 0, row), "ack row 0"),
            (frame(Kind.ROW, 1, row), "ack row 1"),
            (other_version + b"\0", "nak row 2"),
            (b"\0" * 9 + b"garbage\0", "nak row 2"),
            (frame(Kind.ROW, 2, row)[:-4] + b"\0", "nak row 2"),
            (b"\xff" * 3000 + b"\0", "nak row 2"),
            (frame(Kind.ROW, 2, row).replace(b"R", b"X"), "nak row 2"),
            (frame(Kind.ROW, 0, row), "nak row 2"),
            (frame(Kind.ROW, 2, row), "ack row 2"),
            (frame(Kind.ROW, 3, row), "ack row 3"),
            (frame(Kind.ROW, 3, row), "ack row 3"),
            (frame(Kind.ROW, 4, row), "nak finish 700"),
            (frame(Kind.FINISH, 7), "nak finish 700"),
        ]:
            assert [answer] == ask(asked)
        first, again = ask(frame(Kind.FINISH, 700)), ask(frame(Kind.FINISH, 700))
        assert first == again
        assert first[0].startswith("image 700 status 0 weights 0 instructions ")
        numbers = " ".join(str((k - 1) * 4 * sum(row)) for k in range(7))
        assert [f"logits 700 first 0 {numbers}", "ack finish 700"] == first[1:]
        assert ["nak begin 0"] == ask(frame(Kind.FINISH, 701))
        assert ["ack quit 0"] == ask(frame(Kind.QUIT, 0))
        port.write(frame(Kind.QUIT, 1))
