"""
Networks that many tests here compile; each is generated once a process.
"""

from pathlib import Path

import pytest

from tests.exact.generated import MEMBERS, Generated, generate


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Generated]:
    root: Path = tmp_path_factory.mktemp("networks")
    return {name: generate(root / name, name, member) for name, member in MEMBERS.items()}
