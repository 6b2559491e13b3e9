"""
Pictures in class folders: all together, or parted by whoever collected them, as train/ and val/.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sqz2c.errors import LoadError
from sqz2c.ir.graph import Order
from sqz2c.load.images import EXTENSIONS, read_image

TRAINING, HELD_OUT = ("train", "training"), ("val", "valid", "validation", "test", "testing")
MOST = 4  # names in a sentence


@dataclass(frozen=True, eq=False)
class PictureFiles:
    """Pictures as files, decoded when they are asked for."""

    paths: tuple[Path, ...]
    labels: np.ndarray
    names: tuple[str, ...]
    held_out: tuple[int, ...] | None = None
    ignored: str | None = None
    size: tuple[int, int] | None = None
    order: Order = "RGB"

    def pixels(
        self, chosen: Sequence[int], height: int, width: int, order: Order
    ) -> np.ndarray:
        """See Labelled. Raise LoadError naming a picture that cannot be read."""
        return np.stack([read_image(self.paths[i], height, width, order) for i in chosen])


def read_class_folders(path: Path) -> PictureFiles:
    """
    Find the pictures of PATH, which holds a folder for each class, or a folder of TRAINING and one
    of HELD_OUT with the same class folders in both.

    Raise LoadError where a class has no picture, or it is not clear what shall be held out.
    """
    folders = _folders(path)
    if not folders:
        raise LoadError(
            f"{path} holds no class folders: put the pictures of each class into a folder with "
            "its name."
        )
    if not any(_is_part(folder) for folder in folders):
        classes = [_Class.found(folder) for folder in folders]
        return _files(classes, [], _strays(path))
    training, held_out = _parts(path, folders)
    classes, held = ([_Class.found(f) for f in _folders(part)] for part in (training, held_out))
    alone = {found.folder.name for found in classes} ^ {found.folder.name for found in held}
    if alone:
        raise LoadError(
            f"{training} and {held_out} hold different classes, {_some(sorted(alone))} is in one "
            "of them alone: give both the same class folders."
        )

    return _files(classes, held, sum(map(_strays, (path, training, held_out)), Counter()))


def held_out_folder(path: Path) -> Path | None:
    """The folder of PATH that is held out, where whoever collected the pictures has parted them."""
    folders = _folders(path) if path.is_dir() else []
    if not any(_is_part(folder) for folder in folders):
        return None

    return _parts(path, folders)[1]


@dataclass(frozen=True)
class _Class:
    """The PICTURES of FOLDER, sorted, and how many OTHERS there are of each suffix."""

    folder: Path
    pictures: tuple[Path, ...]
    others: Counter[str]

    @classmethod
    def found(cls, folder: Path) -> "_Class":
        files = [path for path in folder.rglob("*") if _is_file(path, folder)]
        pictures = sorted(path for path in files if _is_picture(path))
        others = Counter(_suffix(path) for path in files if not _is_picture(path))
        if not pictures:
            beside = f" but {_listed(others)}" if others else ""
            raise LoadError(
                f"{folder} holds no picture{beside}: put files named *.png, *.jpg, *.bmp or *.ppm "
                "there, or remove it."
            )

        return cls(folder, tuple(pictures), others)


def _files(
    training: Sequence[_Class], held_out: Sequence[_Class], strays: Counter[str]
) -> PictureFiles:
    classes = (*training, *held_out)
    numbers = [n for part in (training, held_out) for n in range(len(part))]
    counts = [len(found.pictures) for found in classes]
    learnt = sum(counts[: len(training)])
    others = sum((found.others for found in classes), strays)

    return PictureFiles(
        tuple(path for found in classes for path in found.pictures),
        np.repeat(np.array(numbers), counts),
        tuple(found.folder.name for found in training),
        tuple(range(learnt, sum(counts))) if held_out else None,
        _listed(others) if others else None,
    )


def _folders(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))


def _is_part(folder: Path) -> bool:
    """Whether FOLDER is no class, but classes of a part of the data."""
    return (
        folder.name.casefold() in (*TRAINING, *HELD_OUT)
        and bool(_folders(folder))
        and not any(path.is_file() and _is_picture(path) for path in folder.iterdir())
    )


def _parts(path: Path, folders: Sequence[Path]) -> tuple[Path, Path]:
    """The folder to train on and the one held out; raise LoadError where it is not clear."""
    training = [f for f in folders if f.name.casefold() in TRAINING]
    held_out = [f for f in folders if f.name.casefold() in HELD_OUT]
    if (len(training), len(held_out), len(folders)) != (1, 1, 2):
        raise LoadError(
            f"{path} holds {_some([f.name for f in folders])}: leave train and one of "
            f"{', '.join(HELD_OUT[:4])} there, or give --data the one to take pictures from."
        )
    for part in (*training, *held_out):
        if not _is_part(part):
            raise LoadError(
                f"{part} holds no class folders as the one beside it does: put the pictures of "
                "each class into a folder with its name."
            )

    return training[0], held_out[0]


def _is_file(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)

    return not hidden and path.is_file()


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in EXTENSIONS


def _strays(path: Path) -> Counter[str]:
    """Pictures of PATH that are in no class folder."""
    strays = [p for p in path.iterdir() if _is_file(p, path) and _is_picture(p)]

    return Counter(f"{_suffix(p)} outside class folders" for p in strays)


def _suffix(path: Path) -> str:
    return path.suffix.lower() or "without suffix"


def _listed(others: Counter[str]) -> str:
    """How many files of which kinds: `5 files (3 .heic, 2 .txt)`."""
    kinds = [f"{count} {kind}" for kind, count in sorted(others.items())]
    count = others.total()

    return f"{count} file{'s'[: count != 1]} ({_some(kinds)})"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST]) + (" ..." if len(names) > MOST else "")
