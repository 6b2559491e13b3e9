"""
Files that commands write are refused before any work; Ctrl-C ends a command with one line.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from sqz2c import compression, exploration, pipeline, retraining, training
from tests.command import BOARD, call, reason
from tests.tools import ROOT

TRAINING = (
    ("train", "--data", "data"),
    ("compress", "model.pt", "--data", "data"),
    ("explore", "--data", "data", "--study", "study.log"),
)  # fmt: skip
WITHOUT = ("compress", "model.pt", "--no-train", "--calibrate", "data")
WORKERS = (
    (training, "train_model"),
    (retraining, "retrain_model"),
    (exploration, "explore"),
    (compression, "compress_model"),
    (pipeline, "plan_model"),
    (pipeline, "profile_output"),
)


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All work is interrupted at once, in a folder with data."""

    def work(*_: object) -> None:
        raise KeyboardInterrupt

    for module, name in WORKERS:
        monkeypatch.setattr(module, name, work)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"")


def ends_of(command: tuple[str, ...]) -> tuple[str, ...]:
    """The options of COMMAND that name a file it writes at its end."""
    if command[0] in ("train", "compress"):
        return ("-o",)
    return ("--plot",)


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("file/x.svg", "file/x.svg: cannot be written (TMP/file is no folder)"),
        ("folder.svg", "folder.svg: is a folder; give the name of a file"),
        ("pipe.svg", "pipe.svg: is no regular file"),
        ("/proc/x.svg", "/proc/x.svg: cannot be written ("),
    ],
)
@pytest.mark.parametrize(
    "command", [*TRAINING, WITHOUT, ("plan", "model.pt"), ("profile", "out", "--board", BOARD)],
    ids=lambda words: " ".join(words[:3]),
)  # fmt: skip
def test_what_cannot_be_written_is_seen_before_the_work(
    command: tuple[str, ...], target: str, message: str, tmp_path: Path
) -> None:
    """Its folder is none, it is one itself or a device, or nobody may write there."""
    (tmp_path / "folder.svg").mkdir()
    os.mkfifo(tmp_path / "pipe.svg")
    before = sorted(tmp_path.rglob("*"))
    for option in ends_of(command):
        said = reason(call(*command, option, target))
        assert message.replace("TMP", str(tmp_path)) in said
    assert before == sorted(tmp_path.rglob("*"))


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize(
    ("command", "options"),
    [
        (TRAINING[0], ("-o", "x.pt", "--work", "file")),
        (TRAINING[1], ("-o", "x.pt", "--work", "file/work")),
        (TRAINING[2], ("--models", "file")),
        (TRAINING[2][:-1], ("file/study.log",)),
    ],
)
def test_folders_that_cannot_be_written_are_seen_too(
    command: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """Where runs, networks and studies are kept."""
    assert f"{options[-1]}: cannot be written" in reason(call(*command, *options))


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        (TRAINING[0], ("-o", "data/x.pt"), "--output data/x.pt lies in data, which --data reads"),
        (TRAINING[1], ("-o", "x.pt", "--work", "data"), "--work data is what --data reads"),
        (TRAINING[0], ("-o", "x.pt", "--work", "data/b"), "--work data/b lies in data, which"),
        (TRAINING[0], ("-o", "y/../data"), "--output y/../data is what --data reads"),
        (TRAINING[0], ("-o", "model.pt", "--from", "model.pt"), "is what --from reads"),
        (TRAINING[1], ("-o", "model.pt"), "--output model.pt is what MODEL reads"),
        (WITHOUT, ("-o", "data/../model.pt"), "--output data/../model.pt is what MODEL reads"),
        (TRAINING[2], ("--models", "data/a"), "--models data/a lies in data, which --data reads"),
        (TRAINING[2], ("--plot", "data/x.png"), "--plot data/x.png lies in data, which"),
        (TRAINING[2][:-1], ("data/s.log",), "--study data/s.log lies in data, which --data"),
        (TRAINING[0], ("-o", "w/float.pt", "--work", "w"), "--output w/float.pt lies in w, which"),
        (TRAINING[1], ("-o", "w", "--work", "w"), "--output w is what --work reads"),
        (TRAINING[2][:-1], ("x.svg", "--plot", "x.svg"), "--plot x.svg is what --study reads"),
    ],
)
def test_nothing_is_written_over_or_among_what_is_read(
    command: tuple[str, ...], options: tuple[str, ...], message: str
) -> None:
    """It would be other data the next time; both are named."""
    assert message in reason(call(*command, *options))


def interruption(result: Result) -> str:
    """What a command that Ctrl-C has ended says."""
    assert 130 == result.exit_code, result.output
    assert "" == result.stdout

    return result.stderr


@pytest.mark.usefixtures("interrupted")
def test_ctrl_c_ends_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback, the shell's exit code; what is kept is mentioned where something is."""
    for command, end in zip(TRAINING, ("-o", "-o", "--plot"), strict=True):
        said = interruption(call(*command, end, "x.svg"))
        assert "\nsqz2c: interrupted; run the same command again to go on\n" == said
    for command in (WITHOUT, ("plan", "model.pt"), ("profile", "out", "--board", BOARD)):
        monkeypatch.setattr("sqz2c.cli_profile.read_output", lambda out: None)
        end = ("-o", "x.pt") if command is WITHOUT else ()
        assert "\nsqz2c: interrupted\n" == interruption(call(*command, *end))


def test_ctrl_c_is_heard_while_the_command_is_loaded(tmp_path: Path) -> None:
    """PyTorch takes seconds, and nothing of it is loaded before somebody listens."""
    (tmp_path / "torch.py").write_text("raise KeyboardInterrupt\n")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    run = subprocess.run(
        [sys.executable, "-m", "sqz2c", "boards"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (130, "\nsqz2c: interrupted\n") == (run.returncode, run.stderr)
