"""
How a file is refused.
"""

from pathlib import Path

import pytest

from sqz2c.errors import LoadError
from sqz2c.load import LoadOptions, load_model


def message_of(data: bytes, tmp_path: Path) -> str:
    """The sentence with which DATA is refused, without the file's name."""
    path = tmp_path / "model.pt2"
    path.write_bytes(data)
    with pytest.raises(LoadError) as error:
        load_model(path, LoadOptions())
    message = str(error.value)
    assert message.startswith(str(path)) and message.endswith(".") and "\n" not in message

    return message.removeprefix(str(path))
