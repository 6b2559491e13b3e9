"""
Feed pictures, row by row, to firmware that waits for them: in QEMU, or on a board.
"""

import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from sqz2c.errors import FirmwareError
from sqz2c.firmware.board import Board
from sqz2c.firmware.build import Firmware
from sqz2c.firmware.library import Library, read_library
from sqz2c.firmware.ports import Port, PortClosedError, SerialPort, SocketPort
from sqz2c.firmware.run import RunResult, first_line, out_folder, qemu_command, read_text
from sqz2c.firmware.session import Announcement, Inference, Session

END_SECONDS = 30.0
VERDICTS = (0, 1)  # QEMU's exit codes for pass and fail

Case = tuple[np.ndarray, np.ndarray]  # a picture, uint8, and its int32 logits


def feed_firmware(
    firmware: Firmware,
    board: Board,
    cases: Iterable[Case],
    *,
    port: str | None = None,
    tell: Callable[[], None] = lambda: None,
) -> RunResult:
    """
    Feed each picture of CASES to FIRMWARE on BOARD and compare its logits.

    The board is QEMU's, or a real one at PORT that FIRMWARE was flashed onto. TELL is called after
    each row. A difference is a result; a fault, a board that does not answer, or one that runs
    another network raises FirmwareError.
    """
    library = read_library(out_folder(firmware))
    if port is not None:
        with SerialPort(port, _baud(board)) as line:
            return _converse(line, library, board, cases, tell)
    with in_qemu(firmware, board) as line:
        return _converse(line, library, board, cases, tell)


def _converse(
    port: Port,
    library: Library,
    board: Board,
    cases: Iterable[Case],
    tell: Callable[[], None],
) -> RunResult:
    session = Session(port)
    check_announcement(session.hello(), library, board)
    result = _nothing_yet(board)
    for number, (picture, expected) in enumerate(cases):
        rows = picture.reshape(library.input_shape[0], library.row_bytes)
        heard = session.classify(number % (1 << 16), rows, library.classes, tell)
        result = _joined(result, heard, expected)
    session.quit()

    return replace(result, console="\n".join(session.transcript))


def check_announcement(heard: Announcement, library: Library, board: Board) -> None:
    """
    Raise FirmwareError unless what a board announces is LIBRARY on BOARD.
    """
    expected = Announcement(
        board.name, library.name, library.checkpoint, *library.input_shape, library.classes
    )
    if heard != expected:
        raise FirmwareError(
            f"the board runs {_described(heard)}, but {library.folder} holds "
            f"{_described(expected)}: sqz2c flash {library.folder} --board {board.name}"
        )


def _described(what: Announcement) -> str:
    return (
        f"{what.network} {what.height}x{what.width}x{what.channels} with {what.classes} classes "
        f"(checkpoint {what.checkpoint}) for {what.board}"
    )


def _nothing_yet(board: Board) -> RunResult:
    return RunResult(
        board=board.name,
        equal=True,
        images=0,
        instructions=None,
        instructions_each=(),
        weights_intact=True,
        stack_bytes=0,
        stack_intact=True,
        logits=(),
        verdict="pass",
        console="",
    )


def _joined(result: RunResult, heard: Inference, expected: np.ndarray) -> RunResult:
    equal = heard.status == 0 and np.array_equal(heard.logits, expected)
    counts = (*result.instructions_each, heard.work)
    intact = heard.weights_status == 0
    good = equal and intact and heard.stack_intact and result.verdict == "pass"

    return RunResult(
        board=result.board,
        equal=result.equal and equal,
        images=result.images + 1,
        instructions=counts[0],
        instructions_each=counts,
        weights_intact=result.weights_intact and intact,
        stack_bytes=max(result.stack_bytes, heard.stack_bytes),
        stack_intact=result.stack_intact and heard.stack_intact,
        logits=(*result.logits, heard.logits),
        verdict="pass" if good else "fail",
        console="",
    )


def _baud(board: Board) -> int:
    if board.qemu is not None or board.baud is None:
        raise FirmwareError(f"{board.name} runs in QEMU, where it has no port: leave out --port")

    return board.baud


@contextmanager
def in_qemu(firmware: Firmware, board: Board) -> Iterator[SocketPort]:
    """
    QEMU running FIRMWARE; its serial line is the port. After a good session it must end by itself.
    """
    ours, theirs = socket.socketpair()
    serial = ("-chardev", f"socket,id=line,fd={theirs.fileno()}", "-serial", "chardev:line")
    command = qemu_command(firmware, board, serial)
    with ours, tempfile.TemporaryFile() as errors:
        try:
            qemu = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(theirs.fileno(),),
            )
        except OSError as error:
            raise FirmwareError(f"{command[0]} cannot be run: {error}") from error
        finally:
            theirs.close()
        try:
            yield SocketPort(ours)
            code = qemu.wait(END_SECONDS)
        except PortClosedError as error:
            code = qemu.wait(END_SECONDS)
            said = first_line(read_text(errors))
            raise FirmwareError(
                f"QEMU ended with {code} in the middle of a session on {board.name}: {said}"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise FirmwareError(f"the firmware did not end on {board.name}") from error
        finally:
            if qemu.poll() is None:
                qemu.kill()
                qemu.wait()
    if code not in VERDICTS:
        raise FirmwareError(f"QEMU ended with {code} on {board.name}: build the firmware again")
