"""
Tools are needed by most tests here: missing ones skip on a laptop and fail in CI.
"""

import os
from pathlib import Path

import pytest

from sqz2c.firmware.tools import COMPILER, NM, OBJCOPY, QEMU, find_tools
from tests.unit.firmware.stub_library import write_stub

FAST_BOARDS = ("mps2_an386", "microbit")  # an M4F and an M0; the others are slow tests


def marked(names: list[str]) -> list[object]:
    """
    Parameters for a test on each board of NAMES, marked slow but for FAST_BOARDS.
    """
    slow = pytest.mark.slow

    return [name if name in FAST_BOARDS else pytest.param(name, marks=slow) for name in names]


def need(*names: str) -> None:
    missing = [t for t in find_tools() if t.name in names and t.path is None]
    if not missing:
        return
    reason = f"{missing[0].name} is missing (apt-get install {missing[0].package})"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def compiler() -> None:
    need(COMPILER, OBJCOPY, NM)


@pytest.fixture
def qemu(compiler: None) -> None:
    need(QEMU)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return write_stub(tmp_path / "out")
