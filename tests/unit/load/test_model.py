"""
Any file: what it is is told by its content, and what it is not by one sentence.
"""

import io
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sqz2c.errors import LoadError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.load import LoadOptions, load_model
from tests.networks import Member
from tests.unit.ir.graphs import as_float, build
from tests.unit.load.family import SIDE, network, quantized, saved

SQUARE = LoadOptions(input_height=SIDE, input_width=SIDE)
TABLED = build(Member(pixel_table=True, quantized_average=True))


def stored(data: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "model.file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("graph", [TABLED, as_float(build(Member()))], ids=["int8", "float"])
def test_a_checkpoint_is_told_by_its_content(graph, tmp_path):
    """The project's own file loads under any name, float or quantized."""
    loaded = load_model(stored(to_bytes(graph), tmp_path), LoadOptions())
    assert to_bytes(graph) == to_bytes(loaded)


def test_a_checkpoint_takes_the_cameras_order_and_labels(tmp_path):
    """Order reverses the first filters and the table; labels replace the file's."""
    labels = tuple("abcdefghij")
    options = LoadOptions(order="BGR", labels=labels, input_height=32)
    graph = load_model(stored(to_bytes(TABLED), tmp_path), options)
    assert ("BGR", labels) == (graph.order, graph.labels)
    assert TABLED.layers[0].table[::-1].tolist() == graph.layers[0].table.tolist()
    assert TABLED.convs[0].weights[:, ::-1].tolist() == graph.convs[0].weights.tolist()
    assert TABLED.convs[1].weights.tolist() == graph.convs[1].weights.tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (LoadOptions(input_height=64), "holds its own input height: leave the option out"),
        (LoadOptions(preset="unit"), "holds its own preset"),
        (LoadOptions(head_relu=False), "holds its own head relu"),
        (LoadOptions(labels=("a",)), "1 labels do not name 10 classes"),
        (LoadOptions(order="GRAY"), "takes RGB images, which cannot be made of GRAY"),
    ],
)
def test_a_checkpoint_is_not_changed_by_other_options(options, message, tmp_path):
    """What the file states cannot be overruled."""
    with pytest.raises(LoadError, match=message):
        load_model(stored(to_bytes(TABLED), tmp_path), options)


def test_a_head_without_relu_is_an_option(tmp_path):
    """The last convolution's ReLU can be left out."""
    path = saved(network().state_dict(), tmp_path / "m.pt")
    assert not load_model(path, replace(SQUARE, head_relu=False)).convs[-1].relu


def exported() -> bytes:
    """The members of a file of torch.export.save, but nothing in them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/models/model.json", "{}")
        archive.writestr("archive/archive_format", "pt2")
    return buffer.getvalue()


def scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1))), buffer)
    return buffer.getvalue()


def as_bytes(value: object, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def npz(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def other_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notes.txt", "hello")
    return buffer.getvalue()


STATE = as_bytes(network().state_dict())
SAVE = r"save model.state_dict\(\)"
WRONG = {
    "module": (lambda: as_bytes(network()), SAVE),
    "quantized module": (lambda: as_bytes(quantized()), SAVE),
    "old module": (lambda: as_bytes(network(), _use_new_zipfile_serialization=False), SAVE),
    "module inside": (lambda: as_bytes({"model": network()}), SAVE),
    "pickle": (lambda: pickle.dumps({"a": 1}), "holds pickled Python objects"),
    "exported program": (exported, "is damaged or not a file of torch.export.save"),
    "script": (scripted, f"holds a TorchScript program, which is not supported: {SAVE}"),
    "half a state_dict": (lambda: STATE[: len(STATE) // 2], "is truncated or damaged"),
    "less than a header": (lambda: STATE[:100], "is truncated or damaged"),
    "last byte": (lambda: STATE[:-1], "is truncated"),
    "old, truncated": (
        lambda: as_bytes(network().state_dict(), _use_new_zipfile_serialization=False)[:-9],
        "is truncated, damaged",
    ),
    "zip": (other_zip, "is truncated, damaged or not a file of torch.save"),
    "npz of objects": (
        lambda: npz(**{"features.0.weight": np.array([{}], dtype=object)}),
        "arrays that are not",
    ),
    "npz of text": (lambda: npz(a=np.array(["x"])), "arrays that are not numbers"),
    "npz, damaged": (
        lambda: npz(a=np.zeros(999)).replace(bytes(64), b"\1" * 64, 1),
        "is damaged in a.npy",
    ),
    "npz, other names": (lambda: npz(a=np.zeros(3)), "there is no features.0.weight"),
    "text": (
        lambda: b"just a text, longer than the counts of another file. " * 9,
        "none of the",
    ),
    "a byte": (lambda: b"P", "is none of the files that sqz2c reads"),
    "noise": (lambda: bytes(range(256)) * 9, "is none of the files that sqz2c reads"),
    "empty": (lambda: b"", "is empty: save the model again"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", WRONG)
def test_other_files_are_refused(case, tmp_path):
    """Each file that is none of the known ones ends in a sentence with the way out."""
    make, message = WRONG[case]
    path = stored(make(), tmp_path)
    with pytest.raises(LoadError, match=message) as error:
        load_model(path, SQUARE)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    """Paths that hold no file are refused."""
    with pytest.raises(LoadError, match=r"none\.pt cannot be read: No such file"):
        load_model(tmp_path / "none.pt", SQUARE)
    with pytest.raises(LoadError, match="is a folder: give the model's file"):
        load_model(tmp_path, SQUARE)
    with pytest.raises(LoadError, match=r"cannot be read: Not a directory"):
        load_model(stored(b"x", tmp_path) / "inside", SQUARE)


@pytest.mark.filterwarnings("ignore")
def test_damaged_state_dicts_never_crash(tmp_path):
    """Flipped bytes end in a sentence or in numbers that are legal."""
    data = bytearray(STATE)
    for at in range(0, len(data), 151):
        data[at] ^= 0xFF
        try:
            load_model(stored(bytes(data), tmp_path), SQUARE)
        except LoadError as error:
            assert "\n" not in str(error)
        data[at] ^= 0xFF


def test_a_flipped_bit_is_seen(tmp_path):
    """The archive's own checksums are looked at: torch.load alone would take changed weights."""
    archive = bytearray(stored_bytes())
    archive[len(archive) // 2] ^= 1
    path = tmp_path / "model.pt"
    path.write_bytes(bytes(archive))
    with pytest.raises(LoadError, match=r"model\.pt is damaged in archive/data/"):
        load_model(path, LoadOptions())


def stored_bytes():
    return to_bytes(build(Member(seed=3, fires=((8, 32, 32),), classes=40)))
