"""
Run firmware in QEMU and read its verdict.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from sqz2c.errors import FirmwareError
from sqz2c.firmware import tools
from sqz2c.firmware.board import Board, Qemu
from sqz2c.firmware.build import Firmware
from sqz2c.firmware.console import Transcript, parse_console

TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, eq=False)
class RunResult:
    """
    What a firmware said of itself.

    EQUAL: each picture ran without an error and gave the logits that it was built with (true of
    none, when it holds none). INSTRUCTIONS are those of the first inference, None without a
    picture. STACK_BYTES is the high-water mark of the whole firmware. LOGITS int32 [classes] of
    each picture. VERDICT "pass" also needs intact weights and an intact stack.
    """

    board: str
    equal: bool
    images: int
    instructions: int | None
    instructions_each: tuple[int, ...]
    weights_intact: bool
    stack_bytes: int
    stack_intact: bool
    logits: tuple[np.ndarray, ...]
    verdict: str
    console: str


def qemu_command(
    firmware: Firmware, board: Board, serial: Sequence[str] = ("-serial", "stdio")
) -> list[str]:
    """
    The command that runs FIRMWARE with the SERIAL line given by options of QEMU; -icount shift=7
    makes virtual time count instructions.
    """
    if board.qemu is None:
        feed = ", then feed it rows with sqz2c run --port" if firmware.takes_rows else ""
        raise FirmwareError(
            f"QEMU has no machine for {board.name}: flash it with "
            f"sqz2c flash {out_folder(firmware)} --board {board.name}{feed}"
        )

    return qemu_arguments(firmware.elf, board.qemu, serial)


def qemu_arguments(
    elf: Path, qemu: Qemu, serial: Sequence[str] = ("-serial", "stdio")
) -> list[str]:
    """
    The command that runs ELF on the machine that QEMU is.
    """
    return [
        tools.require(tools.QEMU),
        *("-M", qemu.machine),
        *("-icount", "shift=7"),
        *("-semihosting-config", "enable=on,target=native"),
        *("-display", "none"),
        *("-monitor", "none"),
        *serial,
        *qemu.arguments,
        *("-kernel", str(elf)),
    ]


def run_firmware(
    firmware: Firmware, board: Board, timeout: float = TIMEOUT_SECONDS
) -> RunResult:
    """
    Run FIRMWARE in BOARD's QEMU machine for at most TIMEOUT seconds.

    A difference is a result; a fault, a firmware that does not end, or a console that cannot be
    read raises FirmwareError.
    """
    code, text, errors = execute(qemu_command(firmware, board), board, timeout)
    transcript = _read(text, board, f"QEMU ended with {code}: {first_line(errors)}")
    if (code == 0) != (transcript.verdict == "pass"):
        raise FirmwareError(
            f"on {board.name}, QEMU ended with {code} after verdict {transcript.verdict}: "
            "build the firmware again"
        )
    counts = tuple(image.count for image in transcript.images)

    return RunResult(
        board=board.name,
        equal=all(image.equal and image.status == 0 for image in transcript.images),
        images=len(transcript.images),
        instructions=counts[0] if counts else None,
        instructions_each=counts,
        weights_intact=transcript.weights_status == 0,
        stack_bytes=transcript.stack_bytes,
        stack_intact=transcript.stack_intact,
        logits=tuple(image.logits for image in transcript.images),
        verdict=transcript.verdict,
        console=text,
    )


def _read(text: str, board: Board, ending: str) -> Transcript:
    try:
        transcript = parse_console(text)
    except FirmwareError as error:
        raise FirmwareError(f"on {board.name}, {error} ({ending})") from error
    if transcript.board != board.name:
        raise FirmwareError(f"the firmware was built for {transcript.board}, not {board.name}")

    return transcript


def execute(command: list[str], board: Board, timeout: float) -> tuple[int, str, str]:
    """
    Run QEMU with its console in a file: a pipe that is full would lose what comes last.
    """
    with tempfile.TemporaryFile() as console, tempfile.TemporaryFile() as errors:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=errors,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FirmwareError(
                f"the firmware did not end within {timeout:g} s on {board.name}: give it more "
                "time, or embed fewer pictures"
            ) from error
        except OSError as error:
            raise FirmwareError(f"{command[0]} cannot be run: {error}") from error

        return done.returncode, read_text(console), read_text(errors)


def read_text(file: IO[bytes]) -> str:
    """
    All of FILE, a program's output.
    """
    file.seek(0)

    return file.read().decode("ascii", errors="replace")


def first_line(text: str) -> str:
    """
    The first line of TEXT that says something.
    """
    return next((line.strip() for line in text.splitlines() if line.strip()), "it said nothing")


def out_folder(firmware: Firmware) -> Path:
    """
    The generated folder that FIRMWARE was built in.
    """
    return firmware.elf.parents[2]
