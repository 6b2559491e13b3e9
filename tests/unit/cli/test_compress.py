"""
`sqz2c compress`: float file and pictures in, checkpoint out, or one sentence.
"""

import json
import re
from pathlib import Path

import pytest
import torch

from tests.command import SIZE, call, reason, save_pictures


@pytest.fixture(scope="module")
def float_model(tmp_path_factory: pytest.TempPathFactory, float_state) -> Path:
    """An untrained network whose answers differ: nothing would matter to it otherwise."""
    path = tmp_path_factory.mktemp("float") / "float.pt"
    scale = {"classifier.1.weight": 100.0, "classifier.1.bias": 100.0}
    torch.save({name: scale.get(name, 1.0) * value for name, value in float_state.items()}, path)

    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pictures(tmp_path_factory.mktemp("pictures") / "images", 6)


def compress(model: Path, pictures: Path, out: Path, *more: str):
    return call("compress", model, "--no-train", "--calibrate", pictures, "-o", out, *more)


def flash_of(checkpoint: Path, folder: Path) -> int:
    assert 0 == call("generate", checkpoint, "-o", folder).exit_code

    return json.loads((folder / "manifest.json").read_text())["flash"]["total_bytes"]


def test_the_checkpoint_is_as_small_as_said(
    float_model: Path, pictures: Path, tmp_path: Path
) -> None:
    """generate takes it without pictures, and reports the bytes that compress printed."""
    result = compress(float_model, pictures, tmp_path / "a.pt", *SIZE)

    assert (0, "") == (result.exit_code, result.stderr)
    said = re.search(
        r"a\.pt: ([\d,]+) B of read-only data, [\d,]+ of [\d,]+ weights", result.stdout
    )
    assert said
    assert int(said[1].replace(",", "")) == flash_of(tmp_path / "a.pt", tmp_path / "out")
    assert 0 == call("verify", tmp_path / "out", "--count", "2").exit_code


def test_a_budget_is_kept(float_model: Path, pictures: Path, tmp_path: Path) -> None:
    """A little less than without one: what is generated fits; the same again, byte for byte."""
    compress(float_model, pictures, tmp_path / "free.pt", *SIZE)
    budget = flash_of(tmp_path / "free.pt", tmp_path / "free") - 40
    for name in ("a.pt", "b.pt"):
        result = compress(
            float_model, pictures, tmp_path / name, *SIZE, "--budget-bytes", str(budget)
        )
        assert 0 == result.exit_code, result.output

    assert flash_of(tmp_path / "a.pt", tmp_path / "out") <= budget
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


def test_an_impossible_budget_names_the_smallest_size(
    float_model: Path, pictures: Path, tmp_path: Path
) -> None:
    """Nothing is written."""
    result = compress(float_model, pictures, tmp_path / "a.pt", *SIZE, "--budget-bytes", "100")

    assert re.search(r"does not fit into 100 bytes: the smallest .* is [\d,]+", reason(result))
    assert not (tmp_path / "a.pt").exists()


def test_a_quantized_network_is_refused(model: Path, pictures: Path, tmp_path: Path) -> None:
    """Its numbers are chosen already."""
    result = compress(model, pictures, tmp_path / "a.pt")

    assert "is quantized already: compress the float network" in reason(result)


def test_pictures_are_needed(float_model: Path, tmp_path: Path) -> None:
    """Without a folder, and with an empty one."""
    out = ("-o", tmp_path / "a.pt", *SIZE)
    (tmp_path / "empty").mkdir()
    asked = call("compress", float_model, "--no-train", *out)
    empty = call("compress", float_model, "--no-train", "--calibrate", tmp_path / "empty", *out)

    assert "give --calibrate a folder" in reason(asked)
    assert "holds no picture" in reason(empty)
