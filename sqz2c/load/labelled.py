"""
Pictures with their classes: a folder of class folders, or an .npz of arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from sqz2c.errors import LoadError
from sqz2c.ir.graph import Order
from sqz2c.load.class_folders import read_class_folders
from sqz2c.load.images import cut


class Labelled(Protocol):
    """
    Pictures by number; LABELS int64 [n] index NAMES. HELD_OUT are the numbers of those that
    whoever collected them has put aside, None where that is left to us. IGNORED says what there is
    that is no picture. SIZE is (height, width) where all agree.
    """

    labels: np.ndarray
    names: tuple[str, ...]
    held_out: tuple[int, ...] | None
    ignored: str | None
    size: tuple[int, int] | None
    order: Order

    def pixels(
        self, chosen: Sequence[int], height: int, width: int, order: Order
    ) -> np.ndarray:
        """Give uint8 [n, height, width, channels], each scaled and cut as read_image does it."""
        ...


def read_labelled(path: Path) -> Labelled:
    """
    Find the pictures of PATH: class folders, see read_class_folders, or an .npz with
    `images` uint8 [n, height, width] or [n, height, width, channels], `labels` [n] and, where the
    classes have names, `names`.

    Raise LoadError where there are fewer than two classes, or what is there does not fit.
    """
    if not path.exists():
        raise LoadError(f"{path} cannot be read: there is no such file or folder.")
    found = read_class_folders(path) if path.is_dir() else _arrays(path)
    if len(found.names) < 2:
        raise LoadError(f"{path} has {len(found.names)} class: training needs at least two.")
    counts = np.bincount(found.labels, minlength=len(found.names))
    for name, count in zip(found.names, counts, strict=True):
        if count < 2:
            has = "1 picture" if count == 1 else f"{count} pictures"
            raise LoadError(
                f"{path}: the class {name} has {has}: it needs at least two, one to learn from "
                "and one to hold out."
            )

    return found


@dataclass(frozen=True, eq=False)
class PictureArrays:
    """Pictures IMAGES uint8 [n, height, width, channels], all of one size."""

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    held_out: tuple[int, ...] | None = None
    ignored: str | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.images.shape[1], self.images.shape[2]

    @property
    def order(self) -> Order:
        return "GRAY" if self.images.shape[3] == 1 else "RGB"

    def pixels(
        self, chosen: Sequence[int], height: int, width: int, order: Order
    ) -> np.ndarray:
        """See Labelled. Raise LoadError where grey and colour do not go together."""
        if (order == "GRAY") != (self.order == "GRAY"):
            raise LoadError(
                f"The network takes {order} images, but the arrays hold {self.order} ones."
            )
        images = self.images[np.asarray(chosen)]
        if (height, width) != self.size:
            images = np.stack([_resized(image, height, width) for image in images])

        return np.ascontiguousarray(images[..., ::-1] if order == "BGR" else images)


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    is_gray = image.shape[2] == 1
    pixels = np.asarray(
        cut(Image.fromarray(image[..., 0] if is_gray else image), height, width)
    )

    return pixels[..., np.newaxis] if is_gray else pixels


def _arrays(path: Path) -> PictureArrays:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except OSError as error:
        raise LoadError(
            f"{path} cannot be read as .npz or as a folder of class folders."
        ) from error
    except Exception as error:  # numpy and zlib raise nearly anything on damaged files
        raise LoadError(
            f"{path} is damaged or no .npz of numbers: save arrays with numpy.savez."
        ) from error
    for name in ("images", "labels"):
        if name not in arrays:
            raise LoadError(f"{path} has no array named {name}: save both images and labels.")
    images = _images(path, arrays["images"])
    labels = _labels(path, arrays["labels"], len(images))
    names = _names(path, arrays.get("names"), int(labels.max()))

    return PictureArrays(images, labels.astype(np.int64), names)


def _names(path: Path, names: np.ndarray | None, largest: int) -> tuple[str, ...]:
    """Names of the classes 0 to LARGEST, which are their numbers without NAMES [classes]."""
    if names is None:
        return tuple(str(number) for number in range(largest + 1))
    if names.ndim != 1 or names.dtype.kind not in "Uiu":
        raise LoadError(
            f"{path}: names are {names.dtype} {list(names.shape)}, expected one text a class."
        )
    if len(names) <= largest:
        raise LoadError(f"{path}: the label {largest} is out of range of {len(names)} names.")

    return tuple(str(name) for name in names)


def _images(path: Path, images: np.ndarray) -> np.ndarray:
    shaped = images[..., np.newaxis] if images.ndim == 3 else images
    if shaped.dtype != np.uint8 or shaped.ndim != 4 or shaped.shape[3] not in (1, 3):
        raise LoadError(
            f"{path}: images are {images.dtype} {list(images.shape)}, expected uint8 "
            "[n, height, width] or [n, height, width, 1 or 3]."
        )

    return shaped


def _labels(path: Path, labels: np.ndarray, count: int) -> np.ndarray:
    if labels.shape != (count,) or labels.dtype.kind not in "iu" or not count:
        raise LoadError(
            f"{path}: labels are {labels.dtype} {list(labels.shape)}, expected integers, one for "
            f"each of {count} images."
        )
    least, largest = int(labels.min()), int(labels.max())
    if least < 0:
        raise LoadError(f"{path}: the label {least} is below 0: count classes from 0.")
    if largest >= count:
        raise LoadError(
            f"{path}: the label {largest} is too large, since each class needs two of the {count} "
            "images: count classes from 0, without gaps."
        )

    return labels
