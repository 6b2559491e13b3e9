"""
Firmware that is fed rows, in QEMU: right results pass, whatever the line and the host do.
"""

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sqz2c.errors import FirmwareError
from sqz2c.firmware import (
    Firmware,
    RunResult,
    build_firmware,
    check_library_fits,
    feed_firmware,
    library_ram_budget,
    load_board,
    load_firmware,
    run_firmware,
)
from sqz2c.firmware.compile import core_flags
from sqz2c.firmware.feed import check_announcement, in_qemu
from sqz2c.firmware.library import read_library
from sqz2c.firmware.ports import PortClosedError, SerialPort, SocketPort
from sqz2c.firmware.serial_line import Frame, Kind, LineReader, encode_frame, unseal
from sqz2c.firmware.session import Announcement, Session
from sqz2c.firmware.sources import common_sources, write_sources
from tests.boards import ALL_BOARDS, QEMU_BOARDS
from tests.unit.firmware.fake_board import FakeBoard, FakePort
from tests.unit.firmware.stub_library import (
    CLASSES,
    INSTRUCTIONS_A_PIXEL,
    stub_logits,
    stub_pictures,
    write_stub,
)
from tests.unit.firmware.test_build import STRICT

FAST = "mps2_an386"
Ask = Callable[[bytes], list[str]]


def fed(folder: Path, **options) -> Path:
    return write_stub(folder, input_mode="rows", **options)


def build(out: Path, name: str = FAST) -> Firmware:
    return build_firmware(out, load_board(name), [], [])


def feed(firmware: Firmware, count: int = 2) -> RunResult:
    cases = [(picture, stub_logits(picture)) for picture in stub_pictures(count)]

    return feed_firmware(firmware, load_board(firmware.board), cases)


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_right_logits_pass(tmp_path: Path, qemu: None, name: str) -> None:
    """Several pictures in one session: logits, counts exact to the instruction, stack, verdict."""
    firmware = build(fed(tmp_path / "out"), name)
    told: list[int] = []
    cases = [(picture, stub_logits(picture)) for picture in stub_pictures(3)]

    result = feed_firmware(firmware, load_board(name), cases, tell=lambda: told.append(1))

    assert ("pass", True, 3, name) == (
        result.verdict, result.equal, result.images, result.board
    )  # fmt: skip
    assert (True, True) == (result.weights_intact, result.stack_intact)
    assert [x.tolist() for _, x in cases] == [x.tolist() for x in result.logits]
    assert 64 < result.stack_bytes < 640
    assert 3 * 4 == len(told)
    pixels = [int(picture[0, 0, 0]) for picture, _ in cases]
    counts = zip(result.instructions_each, pixels, strict=True)
    rest = {count - INSTRUCTIONS_A_PIXEL * pixel for count, pixel in counts}
    assert 1 == len(rest)
    assert 0 <= rest.pop() - 140_000 < 4_000
    assert result.instructions == result.instructions_each[0]


@pytest.mark.parametrize("name", ALL_BOARDS)
def test_code_passes_strict_warnings(
    tmp_path: Path, compiler: None, name: str
) -> None:
    """The program that takes rows compiles without any."""
    board, out = load_board(name), fed(tmp_path / "out")
    main = write_sources(tmp_path, board, read_library(out), takes_rows=True)
    common = common_sources(board)[0].parent
    folders = [f"-I{folder}" for folder in (tmp_path, common, out, out / "runtime")]
    command = ["arm-none-eabi-gcc", *core_flags(board), *STRICT, *folders, "-isystem"]
    command += [str(common / "include"), "-c", str(main), "-o", os.devnull]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "firmware_rows.c" == main.name
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("name", ALL_BOARDS)
def test_buffer_for_a_row_is_in_the_budget(tmp_path: Path, compiler: None, name: str) -> None:
    """A library that takes its whole budget of RAM builds, and hardly a byte is left."""
    board = load_board(name)
    budget = library_ram_budget(board, CLASSES, 12) // 4 * 4
    check_library_fits(board, 0, budget, CLASSES, 12)

    firmware = build(fed(tmp_path / "out", ram_bytes=budget), name)

    assert firmware.takes_rows
    assert 0 <= board.ram_bytes - firmware.ram_bytes < 80
    assert budget < library_ram_budget(board, CLASSES)


def test_embedded_pictures_run_as_ever(tmp_path: Path, qemu: None) -> None:
    """A library that takes rows runs pictures in flash where there are any."""
    out, board = fed(tmp_path / "out"), load_board(FAST)
    pictures = stub_pictures(2)

    firmware = build_firmware(out, board, pictures, [stub_logits(p) for p in pictures])

    assert (2, False) == (firmware.images, firmware.takes_rows)
    assert ("pass", 2) == ((r := run_firmware(firmware, board)).verdict, r.images)
    assert not build_firmware(write_stub(tmp_path / "image"), board, [], []).takes_rows
    assert build(out) == load_firmware(out, board)


def test_one_wrong_logit_fails(tmp_path: Path, qemu: None) -> None:
    """One logit of the last picture that is off by one fails the run."""
    cases = [(picture, stub_logits(picture)) for picture in stub_pictures(2)]
    cases[1][1][6] += 1

    result = feed_firmware(build(fed(tmp_path / "out")), load_board(FAST), cases)

    assert ("fail", False, 2) == (result.verdict, result.equal, result.images)


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"first_weight": 41}, {"weights_intact": False, "equal": True}),
        ({"status": "SQZ_ERR_BITSTREAM"}, {"equal": False}),
        ({"extra": "extern uint32_t stack_limit[]; stack_limit[7] = 0u;"},
         {"stack_intact": False, "equal": True}),
    ],
)  # fmt: skip
def test_everything_wrong_fails(tmp_path: Path, qemu: None, options: dict, fields: dict) -> None:
    """Damaged weights, an error status, and a stack that reached its guard fail the verdict."""
    result = feed(build(fed(tmp_path / "out", **options)))

    assert "fail" == result.verdict
    assert fields == {name: getattr(result, name) for name in fields}


def test_a_fault_is_reported(tmp_path: Path, qemu: None) -> None:
    """A fault in the library ends the run with its place."""
    firmware = build(fed(tmp_path / "out", extra='__asm__ volatile("udf #0");'))

    with pytest.raises(FirmwareError, match=r"faulted: exception 3 pc 0x[0-9a-f]{8} cfsr 0x"):
        feed(firmware)


def test_qemu_that_ends_is_an_error(tmp_path: Path, qemu: None) -> None:
    """A file that is no firmware ends in one sentence with QEMU's own words."""
    firmware = build(fed(tmp_path / "out"))
    firmware.elf.unlink()

    with pytest.raises(FirmwareError, match=r"QEMU ended with 1 .* could not load"):
        feed(firmware)


class NoisyPort:
    """
    PORT with damage done on the way there, and pauses.
    """

    def __init__(self, port: SocketPort, noise: FakePort) -> None:
        self._port, self._noise = port, noise

    def write(self, data: bytes) -> None:
        time.sleep(0.002)
        self._port.write(self._noise._over_the_line(data))

    def read(self, seconds: float) -> bytes:
        return self._port.read(min(seconds, 0.3))


class FastClock:
    """Time that goes ten times as fast, so that lost frames are soon sent again."""

    def __call__(self) -> float:
        return 10 * time.monotonic()


@pytest.mark.parametrize("seed", range(4))
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


def test_waiting_is_not_counted(tmp_path: Path, qemu: None) -> None:
    """However long rows take to come, the library's instructions are the same."""
    firmware = build(fed(tmp_path / "out"))
    cases = [(picture, stub_logits(picture)) for picture in stub_pictures(1)]

    counts = {
        feed_firmware(
            firmware, load_board(FAST), cases, tell=lambda s=seconds: time.sleep(s)
        ).instructions
        for seconds in (0.0, 0.02, 0.1)
    }

    assert 1 == len(counts)


HEARD = Announcement("mps2_an386", "stub", "c0ffeec0ffeec0ff", 4, 4, 3, 7)


@pytest.mark.parametrize(
    "change",
    [{"board": "b"}, {"network": "n"}, {"checkpoint": "0"}, {"height": 5}, {"classes": 8}],
)
def test_another_network_is_refused(out: Path, change: dict) -> None:
    """What the board runs must be what the folder holds, or the error says both."""
    library, board = read_library(out), load_board(FAST)
    check_announcement(HEARD, library, board)

    with pytest.raises(FirmwareError, match=r"the board runs .*, but .*/out holds .*sqz2c flash"):
        check_announcement(replace(HEARD, **change), library, board)


def test_firmware_of_another_checkpoint_is_refused(tmp_path: Path, qemu: None) -> None:
    """A board that runs an older network is noticed before the first row."""
    out = fed(tmp_path / "out")
    firmware = build(out)
    text = (out / "manifest.json").read_text()
    (out / "manifest.json").write_text(text.replace("c0ffee", "decade"))

    with pytest.raises(FirmwareError, match=r"checkpoint c0ffeec0.* holds .*checkpoint decade"):
        feed(firmware)


@pytest.fixture
def pseudo_terminal():
    """
    The name of a port, and a function that lets a board in Python answer there.
    """
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    yield name, ours
    os.close(ours)
    os.close(theirs)


def test_a_real_port(pseudo_terminal: tuple[str, int]) -> None:
    """A session over a port of the operating system, raw: every byte value passes."""
    name, other_end = pseudo_terminal
    board = FakeBoard()
    picture = np.array([[0, 3, 4, 10, 13], [17, 19, 255, 127, 26], [1, 2, 8, 28, 0]], np.uint8)

    def answer() -> None:
        while not board.ended:
            os.write(other_end, board.hear(os.read(other_end, 100)))

    thread = threading.Thread(target=answer, daemon=True)
    with SerialPort(name, 115200) as port:
        thread.start()
        session = Session(port)
        session.hello()
        heard = session.classify(0, picture, 40, lambda: None)
        session.quit()
        thread.join(10)

        assert b"" == port.read(0.01)
    assert [row.tobytes() for row in picture] == board.pushed[0]
    assert 33 * int(picture.sum()) - 1 == heard.logits[39] + int(picture.sum()) - 1


def test_a_port_that_is_missing_is_an_error(tmp_path: Path, compiler: None) -> None:
    """A port that cannot be opened is named."""
    out = fed(tmp_path / "out")
    firmware = build_firmware(out, load_board("nucleo_h743zi"), [], [])

    with pytest.raises(FirmwareError, match=r"/dev/none cannot be opened: .*is the board conn"):
        feed_firmware(firmware, load_board("nucleo_h743zi"), [], port="/dev/none")


def test_a_board_of_qemu_has_no_port(tmp_path: Path, compiler: None) -> None:
    """--port is for boards that exist; a real board without it is to be flashed."""
    out = fed(tmp_path / "out")
    real = build_firmware(out, load_board("nucleo_h743zi"), [], [])

    with pytest.raises(FirmwareError, match="mps2_an386 runs in QEMU, where it has no port"):
        feed_firmware(build(out), load_board(FAST), [], port="/dev/none")
    with pytest.raises(FirmwareError, match=r"flash it with sqz2c flash .*, then feed it rows"):
        feed_firmware(real, load_board("nucleo_h743zi"), [])


def test_a_socket_that_closes_is_an_error() -> None:
    """The end of the other side is not silence."""
    ours, theirs = socket.socketpair()
    with ours:
        port = SocketPort(ours)
        assert b"" == port.read(0.01)
        theirs.close()

        with pytest.raises(PortClosedError):
            port.read(1.0)
        with pytest.raises(PortClosedError):
            port.write(b"x")
