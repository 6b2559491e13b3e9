"""
Files that commands write: refused before the work where they cannot be, written at its end.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sqz2c.errors import EmitError
from sqz2c.train.kept import write_whole

Named = Mapping[str, Path | None]  # what the command line calls it, and what was given


def check_file(path: Path) -> None:
    """Raise EmitError unless a file PATH can be written, in a folder that is there or can be."""
    if path.is_dir():
        raise EmitError(f"{path}: is a folder; give the name of a file to write.")
    if path.exists() and not path.is_file():
        raise EmitError(f"{path}: is no regular file; give another name.")
    _check_inside(path, path.parent)


def check_folder(path: Path) -> None:
    """Raise EmitError unless files can be written into PATH, a folder that is there or can be."""
    _check_inside(path, path)


def _check_inside(path: Path, folder: Path) -> None:
    there = folder.absolute()
    while not os.path.lexists(there):
        there = there.parent
    if not there.is_dir():
        raise EmitError(f"{path}: cannot be written ({there} is no folder).")
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise EmitError(f"{path}: cannot be written ({error.strerror or error}).") from error


def check_apart(written: Named, read: Named) -> None:
    """Raise EmitError where something WRITTEN would be, or change, what is READ the next time."""
    for option, path in written.items():
        for source, data in read.items():
            if path is None or data is None:
                continue
            if path.resolve() == data.resolve():
                raise EmitError(f"{option} {path} is what {source} reads: give another name.")
            if path.resolve().is_relative_to(data.resolve()):
                raise EmitError(
                    f"{option} {path} lies in {data}, which {source} reads and it would change: "
                    "write it elsewhere."
                )


def write_file(path: Path, data: bytes) -> None:
    """Write PATH, whole or not at all, and the folder it lies in. Raise EmitError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise EmitError(f"{path}: cannot be written ({error.strerror or error}).") from error
