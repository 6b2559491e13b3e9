"""
Shared by all tests: one thread a process, and golden files.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

GOLDEN = Path(__file__).parent / "golden"

torch.set_num_threads(1)  # tests run side by side; threads inside of each would only wait


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files instead of comparing"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """
    A function (name, text) that compares TEXT with tests/golden/<name>, byte by byte.

    With --update-golden it writes the file; the change is then reviewed as a diff.
    """
    update = request.config.getoption("--update-golden")

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        elif not path.exists():
            pytest.fail(
                f"{path} is missing: write it with `pytest --update-golden {request.node.nodeid}`"
            )

        assert path.read_bytes().decode() == text

    return compare
