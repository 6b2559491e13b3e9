"""
Files of a run that may be interrupted: each is whole or not there.
"""

import io
from pathlib import Path
from typing import Any

import torch

from sqz2c.errors import TrainError


def write_whole(path: Path, data: bytes) -> None:
    """Write PATH under another name first, then rename it."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)


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
