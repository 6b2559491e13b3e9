"""
Pictures from a folder, cut to the network's input.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from PIL import Image

from sqz2c.errors import LoadError
from sqz2c.ir.graph import Order

EXTENSIONS = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)


DEEP_MODES = ("I", "F")  # Pillow would cut their values off, not scale them


class Images(Sequence[np.ndarray]):
    """
    Pictures of one folder, each read when it is asked for: uint8 [height, width, channels].

    PATHS name them, in the same order.
    """

    def __init__(self, paths: tuple[Path, ...], height: int, width: int, order: Order) -> None:
        self.paths = paths
        self._height = height
        self._width = width
        self._order = order

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, index: slice) -> "Images": ...

    def __getitem__(self, index: int | slice) -> "np.ndarray | Images":
        if isinstance(index, slice):
            return Images(self.paths[index], self._height, self._width, self._order)

        return read_image(self.paths[index], self._height, self._width, self._order)

    def __iter__(self) -> Iterator[np.ndarray]:
        for path in self.paths:
            yield read_image(path, self._height, self._width, self._order)


def read_images(
    folder: Path, height: int, width: int, order: Order, count: int | None = None
) -> Images:
    """
    Find the first COUNT pictures of FOLDER and its subfolders, sorted by their path.

    Pictures are told by their extension; other files and hidden ones are ignored.
    Raise LoadError where there is none.
    """
    if not folder.is_dir():
        raise LoadError(f"{folder} is not a folder of pictures.")
    found = [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in EXTENSIONS
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise LoadError(
            f"{folder} holds no picture: put files named *.png, *.jpg, *.bmp or *.ppm there."
        )
    found.sort(key=lambda path: path.relative_to(folder).parts)

    return Images(tuple(found[:count]), height, width, order)


def read_image(path: Path, height: int, width: int, order: Order) -> np.ndarray:
    """
    Read one picture as uint8 [height, width, channels], channels in ORDER.

    It is scaled (bilinear) until it just covers HEIGHT x WIDTH, then centre-cropped; for a
    square input that makes the shorter side fit.
    """
    try:
        with Image.open(path) as picture:
            if picture.mode in DEEP_MODES or picture.mode.startswith("I;16"):
                raise LoadError(
                    f"{path} has more than 8 bits a channel: save it with 8 bits, or remove it."
                )
            converted = picture.convert("L" if order == "GRAY" else "RGB")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise LoadError(
            f"{path} is not a picture that can be read: replace or remove it."
        ) from error
    pixels = np.asarray(cut(converted, height, width), dtype=np.uint8)
    if order == "GRAY":
        return pixels[:, :, np.newaxis].copy()

    return (pixels[:, :, ::-1] if order == "BGR" else pixels).copy()


def cut(picture: Image.Image, height: int, width: int) -> Image.Image:
    """Scale PICTURE until it just covers HEIGHT x WIDTH, and cut its centre out."""
    scale = max(height / picture.height, width / picture.width)
    if scale != 1:
        covering = (
            max(width, round(picture.width * scale)),
            max(height, round(picture.height * scale)),
        )
        picture = picture.resize(covering, Image.Resampling.BILINEAR)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2

    return picture.crop((left, top, left + width, top + height))
