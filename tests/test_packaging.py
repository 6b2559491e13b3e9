"""
The wheel: built, installed outside of the checkout, and used as a user would.
"""

import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from sqz2c.ir.checkpoint import to_bytes
from sqz2c.version import VERSION
from tests.exact.generated import FULL
from tests.networks import build
from tests.tools import ROOT, call

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    wheels = list(folder.glob("*.whl"))
    assert [f"sqz2c-{VERSION}-py3-none-any.whl"] == [path.name for path in wheels]

    return wheels[0]


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A virtual environment with the wheel, and the packages it needs borrowed from this one.

    Borrowed by a .pth file: those of the borrowed folder are not read, so the checkout, installed
    here in editable form, stays out of sight.
    """
    folder = tmp_path_factory.mktemp("venv")
    call(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    call(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index",
         "--no-deps", wheel)  # fmt: skip
    site = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")

    return folder


def test_wheel_holds_everything_that_is_read_at_run_time(wheel: Path) -> None:
    """Templates, the C runtime, the boards and the licences, file by file as in the checkout."""
    with ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    for name in ("templates", "runtime_c", "boards"):
        files = [path for path in (ROOT / name).rglob("*") if path.is_file()]
        expected = {f"sqz2c/_assets/{path.relative_to(ROOT).as_posix()}" for path in files}
        assert set() == expected - shipped
    assert "sqz2c/_assets/LICENSE-RUNTIME" in shipped
    assert not [name for name in shipped if name.startswith(("tests/", "examples/"))]


def test_installed_tool_compiles_and_proves(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The console script generates, verifies and builds firmware far from the checkout."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "tiny.pt").write_bytes(to_bytes(build(FULL)))
    python, sqz2c = environment / "bin" / "python", environment / "bin" / "sqz2c"
    place = call(python, "-c", "import sqz2c; print(sqz2c.__file__)", cwd=tmp_path).strip()
    assert Path(place).is_relative_to(environment)

    call(sqz2c, "generate", "tiny.pt", "-o", "out", "--verify", "1", cwd=tmp_path)
    assert "equal to PyTorch" in call(sqz2c, "verify", "out", cwd=tmp_path)
    call(sqz2c, "build", "out", "--board", "mps2_an386", cwd=tmp_path)
    assert (tmp_path / "out" / "build" / "mps2_an386" / "firmware.bin").stat().st_size > 0
    licence = (ROOT / "LICENSE-RUNTIME").read_bytes()
    assert licence == (tmp_path / "out" / "LICENSE").read_bytes()


def test_installed_tool_knows_its_boards(environment: Path, tmp_path: Path) -> None:
    """`sqz2c boards` lists what the checkout has."""
    printed = call(environment / "bin" / "sqz2c", "boards", "--json", cwd=tmp_path)
    for path in (ROOT / "boards").glob("*/board.toml"):
        assert f'"{path.parent.name}"' in printed
