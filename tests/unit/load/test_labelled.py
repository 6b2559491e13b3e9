"""
Labelled pictures: what is read, and what is refused.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sqz2c.errors import LoadError
from sqz2c.load import read_labelled
from sqz2c.split import DataOptions, read_split
from sqz2c.train.data import Dataset


def save_classes(folder: Path, counts: dict[str, int]) -> Path:
    """Grey pictures of 6x4, all of one value: ten times the class, plus the picture's number."""
    for number, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            pixels = np.full((6, 4, 3), 10 * number + index, np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")

    return folder


def save_arrays(path: Path, **changed: object) -> Path:
    arrays = {
        "images": np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5),
        "labels": np.array([0, 1, 0, 1, 0, 1]),
    } | changed
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})

    return path


def test_class_folders_are_numbered_by_name(tmp_path: Path) -> None:
    """Sorted by name, whatever order they were made in; pictures come as the network takes them."""
    found = read_labelled(save_classes(tmp_path / "data", {"b": 2, "a": 3}))

    assert ("a", "b") == found.names
    assert [0, 0, 0, 1, 1] == found.labels.tolist()
    pixels = found.pixels([4, 0], 2, 2, "GRAY")
    assert (2, 2, 2, 1) == pixels.shape
    assert [1, 10] == pixels[:, 0, 0, 0].tolist()


def test_arrays_are_taken_as_they_are(tmp_path: Path) -> None:
    """Grey without a channel axis; classes without names are called by their numbers."""
    path = save_arrays(tmp_path / "data.npz")
    found = read_labelled(path)

    assert ("0", "1") == found.names
    assert ((4, 5), "GRAY") == (found.size, found.order)
    assert np.array_equal(
        np.load(path)["images"][[5], ..., None], found.pixels([5], 4, 5, "GRAY")
    )


def test_arrays_are_cut_to_another_size(tmp_path: Path) -> None:
    """Colours may be asked for the other way round."""
    images = np.zeros((6, 8, 8, 3), np.uint8)
    images[..., 0] = 200
    found = read_labelled(save_arrays(tmp_path / "data.npz", images=images, names=["x", "y"]))

    assert ("x", "y") == found.names
    pixels = found.pixels([0, 1, 2], 4, 4, "BGR")
    assert (3, 4, 4, 3) == pixels.shape
    assert [0, 0, 200] == pixels[0, 0, 0].tolist()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": None}, "has no array named labels"),
        ({"images": np.zeros((6, 4, 5))}, r"images are float64 \[6, 4, 5\], expected uint8"),
        ({"images": np.zeros((6, 4, 5, 2), np.uint8)}, "expected uint8"),
        (
            {"labels": np.array([0, 1])},
            r"labels are int64 \[2\], expected integers, one for each",
        ),
        ({"labels": np.array([0.0, 1, 0, 1, 0, 1])}, "labels are float64"),
        ({"labels": np.array([0, 1, 0, 1, 0, -1])}, "the label -1 is below 0"),
        ({"names": np.array(["x"])}, "the label 1 is out of range of 1 names"),
        ({"names": np.array(["x", "y", "z"])}, "the class z has 0 pictures"),
        ({"labels": np.zeros(6, np.int64)}, "has 1 class: training needs at least two"),
        ({"labels": np.array([0, 1, 0, 0, 0, 0])}, "the class 1 has 1 picture:"),
        ({"labels": np.array([0, 1, 0, 1, 0, 2**63], np.uint64)}, "the label 9223372036854775808"),
        ({"labels": np.array([0, 1, 0, 1, 0, 10**12])}, "too large, since each class needs two"),
        ({"labels": np.array([0.0, 1, 0, 1, 0.5, 1])}, "labels are float64"),
        ({"names": np.array("x")}, r"names are <U1 \[\], expected one text a class"),
        ({"names": np.array([b"x", b"y"])}, r"names are \|S1 \[2\]"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changed, message, tmp_path: Path) -> None:
    """By name, before anything is trained."""
    path = save_arrays(tmp_path / "data.npz", **changed)

    with pytest.raises(LoadError, match=message):
        read_labelled(path)


def test_folders_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """Without classes, with an empty one, with a broken picture, which is named."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(LoadError, match="holds no class folders"):
        read_labelled(tmp_path / "empty")
    folder = save_classes(tmp_path / "data", {"a": 2, "b": 2})
    (folder / "b" / "1.png").write_bytes(b"no picture")
    with pytest.raises(LoadError, match=re.escape(str(folder / "b" / "1.png"))):
        read_labelled(folder).pixels(range(4), 4, 4, "RGB")
    (folder / "c").mkdir()
    with pytest.raises(LoadError, match="c holds no picture"):
        read_labelled(folder)


def save_parts(folder: Path, **parts: dict[str, int]) -> Path:
    for name, counts in parts.items():
        (folder / name).mkdir(parents=True)
        save_classes(folder / name, counts)

    return folder


@pytest.mark.parametrize("held", ["val", "valid", "validation", "test", "Test"])
def test_what_was_put_aside_is_held_out(held: str, tmp_path: Path) -> None:
    """Folders train and val, each with all classes: none of the former, all of the latter."""
    counts = {"a": 3, "b": 2}
    found = read_labelled(save_parts(tmp_path / "data", train=counts, **{held: {"a": 1, "b": 2}}))

    assert ("a", "b") == found.names
    assert [0, 0, 0, 1, 1, 0, 1, 1] == found.labels.tolist()
    assert (5, 6, 7) == found.held_out
    split = read_split(DataOptions(tmp_path / "data", augment="none"), found, (6, 4, "GRAY"))
    assert found.pixels([0, 1, 2, 3, 4], 6, 4, "GRAY").tobytes() == pixels_of(split.training)
    assert found.pixels([5, 6, 7], 6, 4, "GRAY").tobytes() == pixels_of(split.held_out)


def pixels_of(pictures: Dataset) -> bytes:
    return pictures.images.permute(0, 2, 3, 1).numpy().tobytes()


BOTH = {"a": 2, "b": 2}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"train": BOTH, "val": BOTH, "test": BOTH}, "holds test, train, val: leave train and one"),
        ({"train": BOTH}, "holds train: leave train and one of val, valid, validation, test there"),
        ({"test": BOTH, "val": BOTH}, "holds test, val: leave train"),
        ({"train": BOTH, "test": BOTH, "notes": {}}, "holds notes, test, train: leave train"),
        ({"train": BOTH, "val": {"a": 1, "c": 1}}, "different classes, b, c is in one of them"),
        ({"train": BOTH, "test": {".": 2}}, "test holds no class folders"),
    ],
)
def test_parts_that_are_not_clear_are_refused(parts, message: str, tmp_path: Path) -> None:
    """Nothing is guessed, least of all that train and val were classes."""
    folder = save_parts(tmp_path / "data", **parts)

    with pytest.raises(LoadError, match=message):
        read_labelled(folder)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    """Pictures right inside make it a class, beside cars and buses; a class may have folders."""
    folder = save_classes(tmp_path / "data", {"bus": 2, "train": 2, "car/old": 2})

    assert ("bus", "car", "train") == read_labelled(folder).names


def test_what_is_no_picture_is_counted(tmp_path: Path) -> None:
    """By kind, but for hidden files; a class where nothing else is, is refused with what it is."""
    folder = save_classes(tmp_path / "data", {"a": 2, "b": 2})
    assert read_labelled(folder).ignored is None
    for name in ("a/x.HEIC", "a/y.heic", "b/LIST", "b/.hidden", "a/.cache/z.png", "c.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    (folder / "b" / "folder.png").mkdir()
    found = read_labelled(folder)

    assert 4 == len(found.labels)
    assert "4 files (2 .heic, 1 .png outside class folders, 1 without suffix)" == found.ignored
    (folder / "d").mkdir()
    (folder / "d" / "x.avif").write_bytes(b"")
    with pytest.raises(LoadError, match=r"d holds no picture but 1 file \(1 \.avif\)"):
        read_labelled(folder)


def test_other_files_are_refused(tmp_path: Path) -> None:
    """Neither a folder nor arrays."""
    (tmp_path / "text.npz").write_bytes(b"PK\x03\x04 but damaged")
    with pytest.raises(LoadError, match="is damaged"):
        read_labelled(tmp_path / "text.npz")
    with pytest.raises(LoadError, match="cannot be read"):
        read_labelled(tmp_path / "absent")


def test_grey_is_not_made_of_colours(tmp_path: Path) -> None:
    """A network for RGB cannot be trained on grey arrays."""
    found = read_labelled(save_arrays(tmp_path / "data.npz"))

    with pytest.raises(LoadError, match="takes RGB images, but the arrays hold GRAY"):
        found.pixels([0], 4, 5, "RGB")
