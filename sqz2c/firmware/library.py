"""
The folder that `sqz2c generate` wrote, as far as firmware needs to know it.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from sqz2c.errors import FirmwareError

CHECKPOINT_DIGITS = 16


@dataclass(frozen=True)
class Library:
    """
    Generated C in FOLDER. INPUT_SHAPE is [height, width, channels]; TAKES_ROWS: it was generated
    with --input rows. CHECKPOINT begins the hash of reference.pt. SOURCES are its C files, in a
    fixed order.
    """

    folder: Path
    name: str
    input_shape: tuple[int, int, int]
    classes: int
    checkpoint: str
    takes_rows: bool
    sources: tuple[Path, ...]

    @property
    def input_bytes(self) -> int:
        return math.prod(self.input_shape)

    @property
    def row_bytes(self) -> int:
        return self.input_bytes // self.input_shape[0]

    @property
    def headers(self) -> tuple[Path, ...]:
        folders = (self.folder, self.folder / "runtime")
        return tuple(path for folder in folders for path in sorted(folder.glob("*.h")))

    @property
    def macro(self) -> str:
        """The prefix of the library's macros."""
        return self.name.upper()


def read_library(folder: Path) -> Library:
    """
    Read FOLDER/manifest.json and find the C files that belong to it.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise FirmwareError(f"{folder} holds no manifest.json: make it with sqz2c generate")
    try:
        manifest = json.loads(path.read_text("utf-8"))
        name, shape = str(manifest["name"]), manifest["input"]
        height, width, channels = (int(shape[k]) for k in ("height", "width", "channels"))
        classes = int(manifest["classes"])
        checkpoint = str(manifest["checkpoint_sha256"])[:CHECKPOINT_DIGITS]
        takes_rows = manifest["input_mode"] == "rows"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FirmwareError(
            f"{path} is damaged, run sqz2c generate again: {error!r}"
        ) from error

    own = (folder / f"{name}.c", folder / f"{name}_weights.c")
    runtime = tuple(sorted((folder / "runtime").glob("*.c")))
    missing = [file for file in own if not file.is_file()]
    if missing or not name.isidentifier():
        lost = missing[0].name if missing else f"a network called {name!r}"
        raise FirmwareError(f"{folder} lacks {lost}: run sqz2c generate again")

    return Library(
        folder=folder,
        name=name,
        input_shape=(height, width, channels),
        classes=classes,
        checkpoint=checkpoint,
        takes_rows=takes_rows,
        sources=(*own, *runtime),
    )
