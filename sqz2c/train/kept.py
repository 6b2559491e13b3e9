"""
Files of a run that may be interrupted: each is whole or not there.
"""

import fcntl
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from sqz2c.errors import TrainError


def write_whole(path: Path, data: bytes) -> None:
    """Write PATH under another name first, then rename it."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)


@contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """
    Whether no other process is in this context for FOLDER. Where a file system has no locks, we
    cannot know, and go on.
    """
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_alone = True
    except BlockingIOError:
        is_alone = False
    except OSError:
        is_alone = True
    try:
        yield is_alone
    finally:
        os.close(lock)


def keep(path: Path, state: Any) -> None:
    """Write STATE, tensors in plain containers, as torch.save does."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, buffer.getvalue())


def kept(path: Path) -> Any:
    """Give what `keep` wrote, None where there is nothing."""
    if not path.exists():
        return None
    try:
        return torch.load(path, weights_only=True)
    except Exception as error:  # torch raises nearly anything on damaged files
        raise TrainError(f"{path} is damaged: remove it, and its stage runs again.") from error
