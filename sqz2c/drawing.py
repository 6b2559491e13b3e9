"""
Figures as picture files: without a screen, the same bytes for the same figure and matplotlib.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqz2c.errors import EmitError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLOTS = {".png": "png", ".svg": "svg"}
SETTINGS = {
    "font.size": 8.0,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "sqz2c",  # names inside the SVG follow from its content
}
NOTHING_OF_THE_MACHINE = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


def check_plot(path: Path) -> None:
    """Raise EmitError for a kind of picture that is not drawn."""
    if path.suffix.lower() not in PLOTS:
        raise EmitError(
            f"a plot can be a .png or an .svg file, not {path.suffix or 'without a suffix'}."
        )


def drawn(figure: "Callable[[], Figure]", suffix: str) -> bytes:
    """The picture file of kind SUFFIX (.png or .svg) of the FIGURE that is made when called."""
    import matplotlib  # slow, rarely wanted

    kind = PLOTS[suffix.lower()]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        file = io.BytesIO()
        figure().savefig(file, format=kind, dpi=110, metadata=NOTHING_OF_THE_MACHINE[kind])

    return file.getvalue()
