"""
The tools that firmware needs, and a library to build it from.
"""

from pathlib import Path

import pytest

from tests.boards import BUILD_TOOLS, RUN_TOOLS
from tests.tools import need
from tests.unit.firmware.stub_library import write_stub


@pytest.fixture
def compiler() -> None:
    need(*BUILD_TOOLS)


@pytest.fixture
def qemu() -> None:
    need(*RUN_TOOLS)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return write_stub(tmp_path / "out")
