"""
Same input, same bytes: whatever the folder, the hash seed, the time zone or the language.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sqz2c.ir.checkpoint import to_bytes
from tests.exact.generated import FULL
from tests.networks import build
from tests.tools import call

pytestmark = pytest.mark.slow

SURROUNDINGS = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "2"},
]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same network, generated twice at once, by two processes in two places."""
    places = [tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there") / "deeper"]
    running = []
    for place, surroundings in zip(places, SURROUNDINGS, strict=True):
        place.mkdir(exist_ok=True)
        (place / "model.pt").write_bytes(to_bytes(build(FULL)))
        command = [sys.executable, "-m", "sqz2c", "generate", "model.pt", "-o", "out"]
        environment = {**os.environ, **surroundings}
        running.append(subprocess.Popen(command, cwd=place, env=environment))
    assert [0, 0] == [process.wait() for process in running]

    return [place / "out" for place in places]


def test_generated_folders_are_equal(folders: list[Path]) -> None:
    """Two runs write the same files with the same bytes, reference.pt and manifest included."""
    first, second = map(contents, folders)
    assert first.keys() == second.keys()
    assert [] == [name for name in first if first[name] != second[name]]


def test_generated_folders_name_no_place(folders: list[Path]) -> None:
    """No path of the machine that generated it is in any file."""
    place = str(folders[0].parent).encode()
    assert [] == [name for name, data in contents(folders[0]).items() if place in data]


@pytest.mark.parametrize("compiler", [["gcc"], ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"]])
def test_objects_are_equal(folders: list[Path], compiler: list[str]) -> None:
    """Compiled in either folder the sources give the same objects: no __FILE__, no __DATE__."""
    for folder in folders:
        call(*compiler, "-std=c99", "-O2", "-Iruntime", "-r", "-nostdlib", "squeezenet.c",
             "squeezenet_weights.c", "-o", "../object.o", cwd=folder,
             environment={"CCACHE_DISABLE": "1"})  # fmt: skip
    objects = [(folder.parent / "object.o").read_bytes() for folder in folders]
    assert objects[0] == objects[1]
