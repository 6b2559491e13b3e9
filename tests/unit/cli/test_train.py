"""
`sqz2c train` and `sqz2c compress --data`: pictures in, checkpoints out that need no options.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sqz2c import stages
from sqz2c.errors import QuantizeError
from sqz2c.ir.checkpoint import from_bytes
from sqz2c.train.squeezenet import squeezenet1_1
from tests.command import call, reason, save_pictures
from tests.tools import ROOT

TINY = (
    *("--fires", "1", "--stem", "3x3/6", "--base-e", "8", "--squeeze-ratio", "0.375"),
    *("--pools", "0", "--batch", "15"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grey pictures of 20x20, a third of which is brighter: which third is the class."""
    path = tmp_path_factory.mktemp("data") / "thirds.npz"
    rng = np.random.default_rng(1)
    labels = np.arange(60) % 3
    images = rng.integers(0, 80, (60, 20, 20), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[7 * label : 7 * label + 7] += 150
    np.savez(path, images=images, labels=labels, names=np.array(["top", "middle", "bottom"]))

    return path


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "float.pt"
    result = call("train", "--data", data, "-o", out, *TINY, "--epochs", "2")
    assert 0 == result.exit_code, result.output
    assert re.search(
        r"float\.pt: 236 parameters, \d of 6 held-out pictures right", result.stdout
    )

    return out


def test_the_float_checkpoint_says_all_there_is(trained: Path) -> None:
    """Size, labels and preprocessing; the log has a line an epoch and one of the result."""
    graph = from_bytes(trained.read_bytes(), "float.pt")

    assert (20, 20, "GRAY") == (graph.image.height, graph.image.width, graph.order)
    assert ("top", "middle", "bottom") == graph.labels
    assert not graph.is_quantized
    log = (trained.parent / "float.pt.work" / "log.jsonl").read_text().splitlines()
    assert ["loss", "loss", "of"] == [list(json.loads(line))[-1] for line in log]


def test_training_again_gives_the_same_bytes(trained: Path, data: Path, tmp_path: Path) -> None:
    """
    In another folder; in the same one nothing is trained again, wherever the data are by then, and
    other options are refused by name.
    """
    again = tmp_path / "again.pt"
    arguments = ("train", "--data", data, "-o", again, *TINY, "--epochs", "2")
    assert 0 == call(*arguments).exit_code
    moved = shutil.copy(data, tmp_path / "moved.npz")
    finished = call(*arguments, "--data", moved)

    assert trained.read_bytes() == again.read_bytes()
    assert ["train, right"] == [line[:12] for line in finished.stderr.splitlines()]
    refused = call(*arguments, "--rate", "0.2", "--no-mirror")
    assert "holds a run with other options or data (mirror, rate)" in reason(refused)


def compress(model: Path, data: Path, out: Path, *more: str):
    return call("compress", model, "--data", data, "-o", out, "--epochs", "2", *more)


def test_bits_and_density_are_kept(trained: Path, data: Path, tmp_path: Path) -> None:
    """No layer has more values than asked for, and labels stay."""
    out = tmp_path / "small.pt"
    result = compress(trained, data, out, "--bits", "3", "--density", "0.5")
    assert 0 == result.exit_code, result.output

    graph = from_bytes(out.read_bytes(), "small.pt")
    assert graph.is_quantized
    assert ("top", "middle", "bottom") == graph.labels
    assert max(np.unique(conv.weights).size for conv in graph.convs) <= 8
    kept = sum(int((conv.weights != 0).sum()) for conv in graph.convs)
    assert kept <= 0.51 * sum(conv.weights.size for conv in graph.convs)
    assert re.search(r"integers: \d of 6 held-out pictures right", result.stdout)


@pytest.mark.slow
def test_a_budget_decides_density_and_values(trained: Path, data: Path, tmp_path: Path) -> None:
    """
    What generate reports is within it, as printed, and the C equals PyTorch; densities were tried,
    though most of so small a network's data is tables.
    """
    out = tmp_path / "small.pt"
    free = compress(trained, data, tmp_path / "free.pt")
    allowed = int(re.search(r"([\d,]+) B of read-only", free.stdout)[1].replace(",", "")) + 40
    result = compress(trained, data, out, "--budget-bytes", str(allowed))
    assert 0 == result.exit_code, result.output

    assert 0 == call("generate", out, "-o", tmp_path / "c", "--verify", "3").exit_code
    flash = json.loads((tmp_path / "c" / "manifest.json").read_text())["flash"]["total_bytes"]
    assert flash <= allowed
    assert f"{flash:,} B of read-only data" in result.stdout
    assert len(set(re.findall(r"density, density (0\.\d+)", result.stderr))) > 1


def test_an_impossible_budget_is_refused(trained: Path, data: Path, tmp_path: Path) -> None:
    """With the numbers: of flash after bits were given, of RAM before anything is trained."""
    flash = compress(trained, data, tmp_path / "a.pt", "--bits", "2", "--budget-bytes", "100")
    assert "With 2 bits a weight the network takes" in flash.stderr.splitlines()[-1]
    ram = compress(trained, data, tmp_path / "b.pt", "--ram", "100")

    assert re.search(r"\d", reason(ram))
    assert not (tmp_path / "a.pt").exists() and not (tmp_path / "b.pt").exists()


def test_the_data_must_be_the_networks(trained: Path, data: Path, tmp_path: Path) -> None:
    """Other classes are refused by compress, and get a new head from train."""
    with np.load(data) as arrays:
        np.savez(tmp_path / "two.npz", images=arrays["images"], labels=arrays["labels"] % 2)
    other = tmp_path / "two.npz"

    refused = compress(trained, other, tmp_path / "a.pt")
    assert "tells 3 classes apart (top, middle, bottom), but the data has 2 (0, 1)" in reason(
        refused
    )
    arguments = ("--from", trained, "--epochs", "1")
    result = call("train", "--data", other, "-o", tmp_path / "b.pt", *arguments)
    assert 0 == result.exit_code, result.output
    assert 2 == from_bytes((tmp_path / "b.pt").read_bytes(), "b.pt").classes


def test_weights_in_the_papers_names_are_caffes(data: Path, tmp_path: Path) -> None:
    """conv1, fire2.squeeze, ..., conv10: the pools are v1.1's, the preprocessing Caffe's."""
    torch.manual_seed(0)
    names = {"features.0": "conv1", "classifier.1": "conv10"}
    names |= {f"features.{i}": f"fire{n}" for n, i in enumerate((3, 4, 6, 7, 9, 10, 11, 12), 2)}
    weights = {
        re.sub(r"^(features|classifier)\.\d+", lambda m: names[m[0]], key): value.numpy()
        for key, value in squeezenet1_1(4).state_dict().items()
    }
    np.savez(tmp_path / "caffe.npz", **weights)
    pictures = tmp_path / "pictures"
    for name in ("a", "b"):
        save_pictures(pictures / name, 2)

    arguments = ("--from", tmp_path / "caffe.npz", "--input-size", "32x32", "--epochs", "1")
    result = call("train", "--data", pictures, "-o", tmp_path / "a.pt", *arguments)

    assert 0 == result.exit_code, result.output
    graph = from_bytes((tmp_path / "a.pt").read_bytes(), "a.pt")
    assert ("RGB", (123.0, 117.0, 104.0)) == (graph.order, graph.preprocessing.mean)
    pools = ["pool1", "pool3", "pool5"]
    assert pools == [layer.name for layer in graph.layers if layer.name.startswith("pool")]


def test_one_of_two_ways_must_be_chosen(trained: Path, data: Path, tmp_path: Path) -> None:
    """With training or without, not both and not neither."""
    out = ("-o", tmp_path / "a.pt")

    assert "say --no-train" in reason(call("compress", trained, *out))
    assert "one of the two" in reason(
        call("compress", trained, "--no-train", "--data", data, *out)
    )


def test_folders_need_a_size(tmp_path: Path) -> None:
    """Photographs come in all sizes."""
    for name in ("a", "b"):
        save_pictures(tmp_path / "data" / name, 2)

    result = call("train", "--data", tmp_path / "data", "-o", tmp_path / "a.pt")
    assert "give --input-size" in reason(result)


def test_parted_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    """What is in val is held out, all of it; a line says what is no picture."""
    for name, count in (("train/a", 3), ("train/b", 3), ("val/a", 1), ("val/b", 4)):
        save_pictures(tmp_path / "data" / name, count)
    (tmp_path / "data" / "train" / "a" / "x.heic").write_bytes(b"")
    arguments = ("train", "--data", tmp_path / "data", "-o", tmp_path / "a.pt", *TINY,
                 "--epochs", "1", "--input-size", "12x12")  # fmt: skip
    result = call(*arguments)

    assert re.search(r"\d of 5 held-out pictures right", result.stdout), result.output
    assert "data, ignored 1 file (1 .heic)" == result.stderr.splitlines()[0]
    assert "val is what is held out: leave out --hold-out" in reason(
        call(*arguments, "--hold-out", "0.1")
    )


@pytest.mark.slow
def test_two_processes_share_the_work(trained: Path, data: Path, tmp_path: Path) -> None:
    """Started by torchrun, they compress one network; only the first one writes."""
    out = tmp_path / "small.pt"
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
        *("-m", "sqz2c", "compress", trained, "--data", data, "-o", out, "--bits", "3"),
        *("--epochs", "2"),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert 0 == run.returncode, run.stderr
    assert 1 == run.stdout.count("B of read-only data")
    assert 2 == run.stderr.count("pruned, epoch")
    assert from_bytes(out.read_bytes(), "small.pt").is_quantized


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--from", "MODEL", "--fires", "2", "--arch", "v1.0"), "leave out --fires, --arch"),
        (("--squeeze-ratio", "nan"), "no finite number"),
        (("--threads", "100000"), "is not in the range"),
        (("--augment", "photo", "--rate", "inf"), "no finite number"),
        (("--squeeze-ratio", "1e300"), "is not in the range"),
        (("--stem", "3x3/100000000"), "parameters, more than 100,000,000: take fewer filters"),
        (("--labels", os.devnull), "is empty: put one class name a line there"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], expected: str, trained: Path, data: Path, tmp_path: Path
) -> None:
    """Options that would be ignored, and numbers that are none."""
    given = [str(trained) if word == "MODEL" else word for word in arguments]
    result = call("train", "--data", data, "-o", tmp_path / "a.pt", *given)

    assert 2 == result.exit_code
    assert expected in result.stderr
    assert not (tmp_path / "a.pt.work").exists()


def test_a_loss_that_is_no_number_ends_the_training(data: Path, tmp_path: Path) -> None:
    """At its epoch, not after all of them."""
    arguments = ("--epochs", "9", "--rate", "1e30")
    result = call("train", "--data", data, "-o", tmp_path / "a.pt", *TINY, *arguments)

    assert 2 == result.exit_code
    assert 0 == result.stderr.count("train, epoch")
    assert "In epoch 1 the loss is no finite number any more: give a smaller" in result.stderr


@pytest.mark.parametrize(
    ("way", "option"), [("--data", "--calibrate"), ("--no-train", "--bits")]
)
def test_options_of_the_other_way_are_refused(
    way: str, option: str, trained: Path, data: Path, tmp_path: Path
) -> None:
    """Rather than ignored."""
    chosen = ("--data", data) if way == "--data" else ("--no-train", "--calibrate", data)
    result = call("compress", trained, *chosen, option, "3", "-o", tmp_path / "a.pt")

    assert f"{way} does without {option}" in reason(result)


def test_other_pictures_are_another_run(data: Path, tmp_path: Path) -> None:
    """Also where the classes are as large as before; a refused run leaves nothing behind."""
    with np.load(data) as arrays:
        parts = dict(arrays)
    np.savez(tmp_path / "d.npz", **parts)
    arguments = ("train", "--data", tmp_path / "d.npz", "-o", tmp_path / "a.pt", *TINY,
                 "--epochs", "1")  # fmt: skip
    colour = np.repeat(parts["images"][..., np.newaxis], 3, 3)
    np.savez(tmp_path / "d.npz", **(parts | {"images": colour}))
    assert "--augment photo" in reason(call(*arguments, "--augment", "small"))
    np.savez(tmp_path / "d.npz", **parts)
    assert 0 == call(*arguments).exit_code
    np.savez(tmp_path / "d.npz", **(parts | {"labels": (parts["labels"] + 1) % 3}))

    assert "holds a run with other options or data" in reason(call(*arguments))


def test_a_damaged_work_file_is_named(data: Path, tmp_path: Path) -> None:
    """With what to do about it."""
    arguments = ("train", "--data", data, "-o", tmp_path / "a.pt", *TINY, "--epochs", "1")
    assert 0 == call(*arguments).exit_code
    kept = tmp_path / "a.pt.work" / "float.pt"
    kept.write_bytes(kept.read_bytes()[:100])

    assert f"{kept} is damaged: remove it" in reason(call(*arguments))


def test_tuning_that_leads_astray_is_dropped(
    trained: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before it is kept, and the log says why."""

    def astray(*_: object) -> None:
        raise QuantizeError("conv1: its rescaling factor is too large")

    monkeypatch.setattr(stages, "integers_of", astray)
    result = compress(trained, data, tmp_path / "a.pt", "--bits", "3")

    assert 0 == result.exit_code, result.output
    assert "tuned, refused conv1: its rescaling factor" in result.stderr
