"""
One sentence for each bad input, exit code 2, nothing half-written.
"""

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from sqz2c.ir.checkpoint import to_bytes
from sqz2c.train.squeezenet import Architecture, SqueezeNet
from tests.command import BOARD, SIZE, call, copy_of, reason, save_pictures
from tests.networks import Member, build


class Unsafe:
    """Something that only a real unpickler would build."""


def test_missing_file(tmp_path: Path) -> None:
    """The file's name and what is wrong with it."""
    result = call("generate", tmp_path / "absent.pt", "-o", tmp_path / "out")

    assert "absent.pt" in reason(result)
    assert not (tmp_path / "out").exists()


State = dict[str, torch.Tensor]


def truncated(state: State, path: Path) -> None:
    torch.save(state, path)
    path.write_bytes(path.read_bytes()[:-700])


def written(data: bytes) -> Callable[[State, Path], object]:
    return lambda _state, path: path.write_bytes(data)


def saved(value: object) -> Callable[[State, Path], object]:
    return lambda _state, path: torch.save(value, path)


def with_value(key: str, value: float) -> Callable[[State, Path], object]:
    def write(state: State, path: Path) -> None:
        changed = state[key].clone()
        changed[0] = value
        torch.save(state | {key: changed}, path)

    return write


def with_tensor(key: str, *shape: int) -> Callable[[State, Path], object]:
    return lambda state, path: torch.save(state | {key: torch.zeros(shape)}, path)


def headless(state: State, path: Path) -> None:
    torch.save({k: v for k, v in state.items() if not k.startswith("classifier")}, path)


# name: (how to write the file, what the sentence must say)
BAD_FILES = {
    "truncated": (truncated, "truncated or damaged"),
    "empty": (written(b""), "is empty"),
    "noise": (written(b"\x80\x02noise" * 99), "model.pt"),
    "text": (written(b"hello\n" * 100), "none of the files"),
    "pickled module": (saved(SqueezeNet(Architecture(fires=1))), "state_dict"),
    "pickled object": (written(pickle.dumps(Unsafe())), "state_dict"),
    "nan": (with_value("features.3.squeeze.weight", np.nan), r"features\.3\.squeeze\.weight"),
    "infinite": (with_value("classifier.1.bias", np.inf), r"classifier\.1\.bias"),
    "shapes": (with_tensor("features.3.expand1x1.weight", 4, 5, 1, 1), r"features\.3\.expand1x1"),
    "no head": (headless, r"classifier\.1"),
    "batch norm": (with_tensor("features.1.running_mean", 6), r"features\.1\.running_mean"),
    "linear layer": (with_tensor("fc.weight", 4, 4), r"fc\.weight"),
    "a list": (saved([1, 2]), "state_dict"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_model_files(
    kind: str, float_state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """Each is refused by name, in both commands that read models, and nothing is written."""
    write, said = BAD_FILES[kind]
    path = tmp_path / "model.pt"
    write(float_state, path)
    pictures = save_pictures(tmp_path / "images", 1)

    options = ("-o", tmp_path / "out", *SIZE, "--calibrate", pictures)
    for result in (call("generate", path, *options), call("inspect", path, *SIZE)):
        sentence = reason(result)
        assert "model.pt" in sentence
        assert re.search(said, sentence), sentence
    assert not (tmp_path / "out").exists()


@pytest.fixture
def float_model(float_state: dict[str, torch.Tensor], tmp_path: Path) -> Path:
    torch.save(float_state, tmp_path / "float.pt")

    return tmp_path / "float.pt"


def test_bad_calibration(float_model: Path, tmp_path: Path) -> None:
    """No folder, an empty one, one without pictures, one with a corrupt picture."""
    generate = ("generate", float_model, "-o", tmp_path / "out", *SIZE)
    empty = tmp_path / "empty"
    empty.mkdir()
    corrupt = save_pictures(tmp_path / "corrupt", 2)
    (corrupt / "0.png").write_bytes(b"\x89PNG nothing")

    assert "--calibrate" in reason(call(*generate))
    assert "empty" in reason(call(*generate, "--calibrate", empty))
    assert "absent" in reason(call(*generate, "--calibrate", tmp_path / "absent"))
    assert "0.png" in reason(call(*generate, "--calibrate", corrupt))
    assert "size" in reason(call("generate", float_model, "-o", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_bad_output_folders(model: Path, tmp_path: Path) -> None:
    """Somebody else's files, a file, a name that C cannot have."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")

    assert "thesis.txt" in reason(call("generate", model, "-o", tmp_path / "out"))
    assert "is not a folder" in reason(call("generate", model, "-o", model))
    for name in ("2fast", "Net", "sqz_net", "int", "a-b", "a" * 41, ""):
        result = call("generate", model, "-o", tmp_path / "new", "--name", name)
        assert "--name" in reason(result)
    assert not (tmp_path / "new").exists()
    assert ["thesis.txt"] == [path.name for path in (tmp_path / "out").iterdir()]


def test_bad_boards(model: Path, out: Path, tmp_path: Path) -> None:
    """Unknown ones, with those that there are; too small ones, by how many bytes."""
    new = tmp_path / "new"
    for result in (
        call("generate", model, "-o", new, "--board", "toaster"),
        call("build", out, "--board", "toaster"),
        call("run", out, "--board", "toaster"),
        call("flash", out, "--board", "toaster", "--dry-run"),
    ):
        assert re.search(r"toaster.*mps2_an386", reason(result))
    large = tmp_path / "large.pt"
    large.write_bytes(to_bytes(build(Member(classes=6000))))
    assert re.search(r"\d B", reason(call("generate", large, "-o", new, "--board", "microbit")))
    assert re.search(r"\d B", reason(call("generate", large, "-o", new, "--ram", "900")))
    assert not new.exists()


def test_missing_tools(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing compiler is named, with the package that brings it."""
    folder = copy_of(out, tmp_path / "out")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)

    assert "gcc" in reason(call("verify", folder))
    assert "arm-none-eabi-gcc" in reason(call("build", folder, "--board", BOARD))
    assert "apt-get install" in reason(call("run", folder, "--board", BOARD))


def test_folders_that_generate_did_not_write(out: Path, tmp_path: Path) -> None:
    """Missing, foreign and changed folders are refused by the commands that read them."""
    changed = copy_of(out, tmp_path / "changed")
    (changed / "reference.pt").write_bytes(b"x")
    (tmp_path / "foreign").mkdir()

    for folder in ("absent", "foreign", "changed"):
        for command in (("verify",), ("build", "--board", BOARD), ("run", "--board", BOARD)):
            sentence = reason(call(command[0], tmp_path / folder, *command[1:]))
            assert folder in sentence
            assert "sqz2c generate" in sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ("--input-size", "224"),
        ("--mean", "a,b"),
        ("--order", "CMYK"),
        ("--verify", "-1"),
        ("--ram", "0"),
    ],
)
def test_bad_options(model: Path, tmp_path: Path, arguments: tuple[str, str]) -> None:
    """Options that make no sense are refused before anything runs."""
    result = call("generate", model, "-o", tmp_path / "out", *arguments)

    assert 2 == result.exit_code
    assert arguments[0] in result.stderr
    assert not (tmp_path / "out").exists()


def test_options_that_a_checkpoint_answers_itself(model: Path, tmp_path: Path) -> None:
    """Another input size than the checkpoint's is refused, not ignored."""
    result = call("generate", model, "-o", tmp_path / "out", "--input-size", "64x64")

    assert "leave the option out" in reason(result)
