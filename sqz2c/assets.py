"""
Where the C runtime, templates and boards are.
"""

from pathlib import Path


def root() -> Path:
    """
    The folder that holds templates/, runtime_c/ and boards/.

    A wheel carries them in sqz2c/_assets; a checkout has them beside sqz2c/.
    """
    installed = Path(__file__).parent / "_assets"

    return installed if installed.is_dir() else Path(__file__).parent.parent
