"""
Firmware that is fed rows, in QEMU: right results pass, wrong ones fail.
"""

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sqz2c.errors import FirmwareError
from sqz2c.firmware import (
    build_firmware,
    check_library_fits,
    feed_firmware,
    library_ram_budget,
    load_board,
    load_firmware,
    run_firmware,
)
from sqz2c.firmware.compile import core_flags
from sqz2c.firmware.feed import check_announcement
from sqz2c.firmware.library import read_library
from sqz2c.firmware.session import Announcement
from sqz2c.firmware.sources import common_sources, write_sources
from tests.boards import ALL_BOARDS, QEMU_BOARDS
from tests.unit.firmware.fed_stub import FAST, build, fed, feed
from tests.unit.firmware.stub_library import (
    CLASSES,
    INSTRUCTIONS_A_PIXEL,
    stub_logits,
    stub_pictures,
    write_stub,
)
from tests.unit.firmware.test_build import STRICT


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
    main = write_sources(tmp_path, board, read_library(out), "rows")
    common = common_sources(board)[0].parent
    folders = [f"-I{folder}" for folder in (tmp_path, common, out, out / "runtime")]
    command = ["arm-none-eabi-gcc", *core_flags(board), *STRICT, *folders, "-isystem"]
    command += [str(common / "include"), "-c", str(main), "-o", str(tmp_path / "made.o")]

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

    with pytest.raises(FirmwareError, match=r"QEMU ended with 1 in the middle .*firmware\.elf"):
        feed(firmware)


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
