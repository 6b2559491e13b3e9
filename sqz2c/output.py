"""
The folder that generate writes and the other commands read.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from sqz2c.emit import check_model_name
from sqz2c.errors import EmitError
from sqz2c.ir.checkpoint import from_bytes
from sqz2c.ir.graph import Graph

MANIFEST = "manifest.json"
REFERENCE = "reference.pt"
PICTURES = "pictures"
BUILD = "build"  # firmware, and whatever else is built from the folder
STAGE = ".sqz2c-"


@dataclass(frozen=True, eq=False)
class Output:
    """
    A generated folder, read back: GRAPH is the quantized network of reference.pt.
    """

    folder: Path
    name: str
    graph: Graph
    manifest: dict[str, Any]

    @property
    def pictures(self) -> Path | None:
        """Where the stored pictures are; None when there are none."""
        folder = self.folder / PICTURES
        return folder if folder.is_dir() else None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def picture_files(
    names: Sequence[str], images: Sequence[np.ndarray], order: str
) -> dict[str, bytes]:
    """
    IMAGES, uint8 [height, width, channels] in ORDER, as lossless PNG files.
    """
    files = {}
    for number, (name, image) in enumerate(zip(names, images, strict=True)):
        pixels = image[:, :, ::-1] if order == "BGR" else image
        picture = Image.fromarray(np.ascontiguousarray(pixels.squeeze()))
        encoded = io.BytesIO()
        picture.save(encoded, format="PNG")
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)[:40]
        files[f"{PICTURES}/{number:02d}_{plain}.png"] = encoded.getvalue()

    return files


def write_output(folder: Path, files: dict[str, bytes]) -> None:
    """
    Put FILES into FOLDER: all of them or, on an error, none.

    A folder that sqz2c wrote before is replaced, except for what was built in it; if that is cut
    short, the folder says so and can be generated again. Raises EmitError when FOLDER holds
    anything that sqz2c did not write, or when another sqz2c is writing there.
    """
    stale = _own_files(folder, files.keys())
    manifest = json.loads(files[MANIFEST])
    manifest["files"] = sorted(files)
    complete = {**files, MANIFEST: _as_json(manifest)}
    stage = None
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=folder.absolute().parent))
        for name, data in complete.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        stage.chmod(0o777 & ~_umask())
        if folder.exists():
            _replace(folder, stage, stale, manifest)
        else:
            stage.rename(folder)
    except OSError as error:
        raise EmitError(f"{folder}: cannot be written ({error.strerror or error}).") from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


def _replace(folder: Path, stage: Path, stale: set[str], manifest: dict[str, Any]) -> None:
    """Move STAGE's files over those in FOLDER, whose manifest meanwhile says: incomplete."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise EmitError(f"{folder}: another sqz2c is writing there; try again.") from error
    try:
        names = sorted(manifest["files"])
        unfinished = {
            "generator": manifest["generator"],
            "incomplete": True,
            "files": sorted(stale | set(names)),
        }
        final = (stage / MANIFEST).read_bytes()
        (stage / MANIFEST).write_bytes(_as_json(unfinished))
        for name in [MANIFEST, *(name for name in names if name != MANIFEST)]:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (stage / name).replace(target)
        for name in sorted(stale - set(names)):
            (folder / name).unlink(missing_ok=True)
        for name in ("runtime", PICTURES):
            if (folder / name).is_dir() and not any((folder / name).iterdir()):
                (folder / name).rmdir()
        (stage / MANIFEST).write_bytes(final)
        (stage / MANIFEST).replace(folder / MANIFEST)
    finally:
        os.close(lock)


def _as_json(manifest: dict[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=2) + "\n").encode()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _own_files(folder: Path, wanted: Collection[str]) -> set[str]:
    """
    Files of an earlier generate in FOLDER. Refuse a folder that holds other things, links that
    lead out of it, or folders where WANTED files go.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise EmitError(f"{folder}: is not a folder; give -o a new or empty one.")
    if not folder.exists():
        return set()
    own: set[str] = set()
    try:
        listed = json.loads((folder / MANIFEST).read_text("utf-8"))
        if str(listed["generator"]).startswith("sqz2c "):
            own = {str(name) for name in listed["files"] if _is_inside(str(name))}
    except (OSError, ValueError, KeyError, TypeError):
        own = set()
    foreign = sorted(
        name
        for path in folder.rglob("*")
        if _is_foreign(path, name := path.relative_to(folder).as_posix(), own, wanted)
    )
    if foreign:
        raise EmitError(
            f"{folder}: holds {foreign[0]}, which sqz2c did not write; give -o a new or empty "
            "folder, or move it away."
        )

    return own


def _is_foreign(path: Path, name: str, own: set[str], wanted: Collection[str]) -> bool:
    if path.is_dir() and not path.is_symlink():
        return name in wanted

    return name not in own and not (own and PurePosixPath(name).parts[0] == BUILD)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def read_output(folder: Path) -> Output:
    """
    What generate wrote to FOLDER. Raises EmitError when it is not such a folder or was changed.
    """
    folder = folder.absolute()
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        if manifest.get("incomplete"):
            raise EmitError(f"{folder}: was not written to its end; run `sqz2c generate` again.")
        name, expected = str(manifest["name"]), str(manifest["checkpoint_sha256"])
        data = (folder / REFERENCE).read_bytes()
    except OSError as error:
        raise EmitError(
            f"{folder}: is not a folder that `sqz2c generate` wrote "
            f"({Path(str(error.filename)).name} is missing)."
        ) from error
        check_model_name(name)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EmitError(f"{folder}/{MANIFEST}: is damaged; run `sqz2c generate` again.") from error
    missing = [f for f in manifest.get("files", ()) if not (folder / f).is_file()]
    if missing:
        raise EmitError(f"{folder}: lacks {missing[0]}; run `sqz2c generate` again.")
    if sha256(data) != expected:
        raise EmitError(
            f"{folder}/{REFERENCE}: is not the checkpoint that this code was generated from; "
            "run `sqz2c generate` again."
        )

    return Output(folder, name, from_bytes(data, str(folder / REFERENCE)), manifest)
