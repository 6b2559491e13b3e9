"""
An exploration as a picture: accuracy against flash, RAM and instructions.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sqz2c.drawing import drawn
from sqz2c.explore.front import Entry, Explored

PANELS = (
    ("read-only data, KB", "flash_bytes", 1e3),
    ("static RAM, KB", "ram_bytes", 1e3),
    ("million instructions", "instructions", 1e6),
)
TRAINED, FRONT = "#bbbbbb", "#4477aa"


def plot(explored: Explored, suffix: str) -> bytes:
    """
    A picture file of kind SUFFIX (.png or .svg): a panel for each cost, all networks in grey,
    those of the front in blue, and a line along the best accuracy for that cost alone.
    """
    return drawn(lambda: _figure(explored), suffix)


def _figure(explored: Explored) -> Figure:
    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
    for axes, (label, cost, unit) in zip(figure.subplots(1, 3, sharey=True), PANELS, strict=True):
        for entries, colour in ((explored.entries, TRAINED), (explored.front, FRONT)):
            axes.scatter([getattr(e.costs, cost) / unit for e in entries],
                         [100 * e.accuracy for e in entries], s=12, color=colour)  # fmt: skip
        _stairs(axes, explored.entries, cost, unit)
        axes.set_xlabel(label)
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("top-1 on held-out pictures, %")

    return figure


def _stairs(axes: Axes, entries: tuple[Entry, ...], cost: str, unit: float) -> None:
    """The best accuracy that so much of one cost buys."""
    x, y = [], []
    for entry in sorted(entries, key=lambda e: (getattr(e.costs, cost), -e.accuracy)):
        if not y or 100 * entry.accuracy > y[-1]:
            x.append(getattr(entry.costs, cost) / unit)
            y.append(100 * entry.accuracy)
    axes.step(x, y, where="post", color=FRONT, linewidth=1)
