"""
The folder that `sqz2c generate` wrote, as far as firmware needs to know it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from sqz2c.errors import FirmwareError


@dataclass(frozen=True)
class Library:
    """
    Generated C in FOLDER. SOURCES are its C files, in a fixed order.
    """

    folder: Path
    name: str
    input_bytes: int
    classes: int
    sources: tuple[Path, ...]

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
        input_bytes = int(shape["height"]) * int(shape["width"]) * int(shape["channels"])
        classes = int(manifest["classes"])
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

    return Library(folder, name, input_bytes, classes, (*own, *runtime))
