"""
Where the work of an inference goes: firmware that marks its phases, run in QEMU.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sqz2c.errors import FirmwareError
from sqz2c.firmware import sources, tools
from sqz2c.firmware.board import Board, Qemu, list_boards
from sqz2c.firmware.build import link_image
from sqz2c.firmware.compile import compile_all
from sqz2c.firmware.library import Library, read_library
from sqz2c.firmware.run import TIMEOUT_SECONDS, execute, first_line, qemu_arguments

FORMAT = "1"
PHASES = ("decode", "convolve", "pool", "other")


@dataclass(frozen=True)
class PhaseCounts:
    """
    Instructions of one layer in one inference, rescaling inside of CONVOLVE. AN_OUTPUT is what
    rescaling one output costs, measured apart; None: the layer rescales nothing.
    """

    decode: int
    convolve: int
    pool: int
    other: int
    an_output: float | None


@dataclass(frozen=True)
class Counts:
    """
    What profiling firmware said: PhaseCounts of LAYERS in network order; EQUAL: it gave the
    expected logits, with intact weights and stack.
    """

    board: str
    layers: tuple[PhaseCounts, ...]
    equal: bool


def count_phases(
    out: Path,
    board: Board,
    picture: np.ndarray,
    expected: np.ndarray,
    timeout: float = TIMEOUT_SECONDS,
) -> Counts:
    """
    Build profiling firmware of OUT's network for BOARD with PICTURE (uint8) inside, run it in
    QEMU and count. EXPECTED are the picture's int32 logits. Leaves OUT as it is.
    """
    qemu = _machine(board)
    library = read_library(out.absolute())
    sources.check_pictures(library, [picture], [expected])
    for name in (tools.COMPILER, tools.OBJCOPY, tools.NM, tools.QEMU):
        tools.require(name)
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as name:
        elf = _build(Path(name).resolve(), board, library, picture, expected)
        code, text, errors = execute(qemu_arguments(elf, qemu), board, timeout)

    return _read(text, board, f"QEMU ended with {code}: {first_line(errors)}")


def _machine(board: Board) -> Qemu:
    if board.qemu is None:
        others = ", ".join(other.name for other in list_boards() if other.qemu)
        raise FirmwareError(
            f"QEMU has no machine for {board.name}, and instructions are counted in QEMU; take "
            f"one of {others}"
        )

    return board.qemu


def _build(
    stage: Path, board: Board, library: Library, picture: np.ndarray, expected: np.ndarray
) -> Path:
    main = sources.write_sources(stage, board, library, "profile")
    files = [main, *sources.common_sources(board), *library.sources]
    objects = compile_all(files, stage, board, library, ("-DSQZ_PROFILE",))
    link_image(stage, board, objects, [picture], [expected])

    return stage / "firmware.elf"


def _read(text: str, board: Board, ending: str) -> Counts:
    lines = [line.split() for line in text.splitlines() if line.strip()]
    for words in lines:
        if words[0] == "fault":
            raise FirmwareError(f"on {board.name}, the firmware faulted: {' '.join(words[1:])}")
    try:
        return _parse(lines)
    except (KeyError, ValueError, IndexError) as error:
        raise FirmwareError(
            f"on {board.name}, the profile is incomplete or damaged ({ending})"
        ) from error


def _parse(lines: list[list[str]]) -> Counts:
    (head,) = (words for words in lines if words[0] == "profile")
    if head[1] != FORMAT:
        raise ValueError(head[1])
    named = _fields(head[2:])
    phases = {int(words[1]): _numbers(words[2:]) for words in lines if words[0] == "layer"}
    rescaling = {
        int(words[1]): _numbers(words[2:]) for words in lines if words[0] == "requantize"
    }
    each = {n: found["instructions"] / found["outputs"] for n, found in rescaling.items()}
    (verdict,) = (words[1] for words in lines if words[0] == "verdict")

    return Counts(
        board=named["board"],
        layers=tuple(
            PhaseCounts(*(phases[number][phase] for phase in PHASES), each.get(number))
            for number in range(int(named["layers"]))
        ),
        equal={"pass": True, "fail": False}[verdict],
    )


def _fields(words: list[str]) -> dict[str, str]:
    return dict(zip(words[::2], words[1::2], strict=True))


def _numbers(words: list[str]) -> dict[str, int]:
    return {name: int(value) for name, value in _fields(words).items()}
