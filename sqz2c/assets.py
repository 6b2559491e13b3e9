"""
Where the C runtime, templates and boards are, and how templates are read.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def root() -> Path:
    """
    The folder that holds templates/, runtime_c/ and boards/.

    A wheel carries them in sqz2c/_assets; a checkout has them beside sqz2c/.
    """
    installed = Path(__file__).parent / "_assets"

    return installed if installed.is_dir() else Path(__file__).parent.parent


def templates() -> Environment:
    """
    The templates: strict about what they do not know, literal about whitespace.
    """
    return _environment(root() / "templates")


@cache
def _environment(folder: Path) -> Environment:
    """
    Kept: what jinja makes of FOLDER takes longer than all the rest of a small network's files.
    """
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
