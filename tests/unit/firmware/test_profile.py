"""
Profiling firmware: what it is built from, how it is read, what is refused.
"""

from pathlib import Path

import numpy as np
import pytest

from sqz2c import assets
from sqz2c.errors import FirmwareError
from sqz2c.firmware import PhaseCounts, count_phases, load_board
from sqz2c.firmware.compile import core_flags
from sqz2c.firmware.library import read_library
from sqz2c.firmware.profile import _read
from sqz2c.firmware.sources import write_sources
from tests.boards import ALL_BOARDS
from tests.chain import compiled, emitted, written
from tests.networks import Member, build
from tests.tools import compiled_apart
from tests.unit.firmware.test_build import STRICT

BOARD = "mps2_an386"
SAID = """
profile 1 board mps2_an386 network tiny layers 2
layer 0 decode 5 convolve 600 pool 0 other 7
requantize 0 outputs 1024 instructions 2560
layer 1 decode 0 convolve 0 pool 80 other 1
verdict pass
"""


@pytest.mark.parametrize("name", ALL_BOARDS)
def test_code_passes_strict_warnings(compiler: None, tmp_path: Path, name: str) -> None:
    """The program and the runtime with its marks compile without any."""
    board, out = load_board(name), tmp_path / "out"
    written(out, emitted(compiled(build(Member(height=20, width=20)))))
    main = write_sources(tmp_path, board, read_library(out), "profile")
    common = assets.root() / "boards" / "common"
    compiler = ("arm-none-eabi-gcc", *core_flags(board))
    flags = (*STRICT, "-DSQZ_PROFILE", "-I.", "-Iruntime", "-isystem", str(common / "include"))
    own = (f"-I{tmp_path}", f"-I{common}")
    compiled_apart(compiler, (*flags, *own), [main], tmp_path / "main", seen_from=out)
    library = read_library(out).sources
    compiled_apart(compiler, flags, library, tmp_path / "library", seen_from=out)


def test_console_is_read() -> None:
    """Phases by layer, the cost of an output, the verdict."""
    counts = _read(SAID, load_board(BOARD), "")
    expected = (PhaseCounts(5, 600, 0, 7, 2.5), PhaseCounts(0, 0, 80, 1, None))
    assert (expected, True) == (counts.layers, counts.equal)
    assert not _read(SAID.replace("pass", "fail"), load_board(BOARD), "").equal


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (("layer 1 decode 0", "layer 1 decode"), "incomplete or damaged"),
        (("layer 1 ", "layer 3 "), "incomplete or damaged"),
        (("verdict pass", ""), "incomplete or damaged"),
        (("profile 1", "profile 2"), "incomplete or damaged"),
        (("verdict pass", "fault exception 3 pc 0"), "the firmware faulted: exception 3"),
    ],
)
def test_damage_is_refused(damage: tuple[str, str], message: str) -> None:
    """A profile that does not end, or lacks a layer, is no profile."""
    with pytest.raises(FirmwareError, match=f"on {BOARD}, .*{message}"):
        _read(SAID.replace(*damage), load_board(BOARD), "it ended")


def test_board_without_qemu_is_refused(out: Path) -> None:
    """By name, with those that can be counted on."""
    nothing = np.zeros(0)
    with pytest.raises(FirmwareError, match="no machine for nucleo_h743zi.*take one of.*an386"):
        count_phases(out, load_board("nucleo_h743zi"), nothing, nothing)
