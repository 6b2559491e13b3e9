"""
What an exploration found: every network that was trained, and those that none beats.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from sqz2c.explore.costs import Costs
from sqz2c.explore.space import Candidate


@dataclass(frozen=True)
class Entry:
    """Trial NUMBER of the study: a network, its integer ACCURACY on held-out pictures, COSTS."""

    number: int
    candidate: Candidate
    accuracy: float
    costs: Costs

    def beats(self, other: "Entry") -> bool:
        """Whether it is nowhere worse than OTHER and somewhere better."""
        ours, theirs = self._losses, other._losses
        return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))

    @property
    def _losses(self) -> tuple[float, ...]:
        costs = self.costs
        return -self.accuracy, costs.flash_bytes, costs.ram_bytes, costs.instructions


@dataclass(frozen=True)
class Explored:
    """All ENTRIES of a study by number, and how many candidates were INFEASIBLE."""

    entries: tuple[Entry, ...]
    infeasible: int

    @property
    def front(self) -> tuple[Entry, ...]:
        return front(self.entries)


def front(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Those of ENTRIES that no other beats, smallest flash first."""
    best = [e for e in entries if not any(other.beats(e) for other in entries)]

    return tuple(sorted(best, key=lambda e: (e.costs.flash_bytes, e.number)))


def facts(explored: Explored) -> dict[str, Any]:
    """EXPLORED as JSON."""
    best = {entry.number for entry in explored.front}

    return {
        "trained": len(explored.entries),
        "infeasible": explored.infeasible,
        "networks": [
            {
                "trial": entry.number,
                "accuracy": entry.accuracy,
                **asdict(entry.costs),
                **asdict(entry.candidate),
                "on_front": entry.number in best,
            }
            for entry in explored.entries
        ],
    }


def table(explored: Explored) -> Table:
    """The front, a line a network."""
    best = explored.front
    result = Table(
        title=f"{len(best)} of {len(explored.entries)} networks are beaten by none "
        f"({explored.infeasible} more did not fit)",
        box=None,
        pad_edge=False,
        title_justify="left",
    )
    for heading in ("trial", "top-1 %", "flash, B", "RAM, B", "M instr.", "base e", "incr e",
                    "3x3 %", "squeeze", "bits", "density"):  # fmt: skip
        result.add_column(heading, justify="right", no_wrap=True)
    for entry in best:
        c, costs = entry.candidate, entry.costs
        result.add_row(
            str(entry.number), f"{100 * entry.accuracy:.2f}", f"{costs.flash_bytes:,}",
            f"{costs.ram_bytes:,}", f"{costs.instructions / 1e6:.1f}", str(c.base_e),
            str(c.incr_e), f"{100 * c.pct_3x3:.0f}", f"{c.squeeze_ratio:.3f}", str(c.bits),
            f"{c.density:.2f}",
        )  # fmt: skip

    return result
