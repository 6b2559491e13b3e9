"""
The front: those that none beats; as a table, as JSON, as a picture.
"""

import io
from pathlib import Path

import pytest
from rich.console import Console

from sqz2c.drawing import check_plot
from sqz2c.errors import EmitError
from sqz2c.explore import Candidate, Costs, Entry, Explored, facts, front, table
from sqz2c.explore.plot import plot

CANDIDATE = Candidate(16, 8, 0.5, 0.25, 6, 0.3)


def entry(number: int, accuracy: float, flash: int, ram: int = 1, work: int = 1) -> Entry:
    return Entry(number, CANDIDATE, accuracy, Costs(flash, ram, work))


ENTRIES = (
    entry(0, 0.9, 3000),
    entry(1, 0.8, 2000),
    entry(2, 0.8, 2500),  # beaten by 1
    entry(3, 0.7, 2500, 1, 0),  # fewer instructions than all
    entry(4, 0.9, 3000),  # equal to 0: both stay
)


def test_front_holds_what_none_beats() -> None:
    """Worse in everything is out; better in one thing, or equal, is in; smallest flash first."""
    assert [1, 3, 0, 4] == [e.number for e in front(ENTRIES)]
    assert () == front(())


def test_facts_say_who_is_on_the_front() -> None:
    """Every trained network, with costs and parameters."""
    found = facts(Explored(ENTRIES, 7))
    assert (5, 7) == (found["trained"], found["infeasible"])
    assert [True, True, False, True, True] == [n["on_front"] for n in found["networks"]]
    assert (16, 3000, 0.9) == tuple(
        found["networks"][0][key] for key in ("base_e", "flash_bytes", "accuracy"))  # fmt: skip


def test_table_has_the_front() -> None:
    """A line each, and how many were beaten or did not fit."""
    file = io.StringIO()
    Console(file=file, width=140).print(table(Explored(ENTRIES, 7)))
    text = file.getvalue()
    assert "4 of 5 networks are beaten by none (7 more did not fit)" in text
    assert "2,000" in text
    assert 2 == text.count("90.00")


def test_plot_is_the_same_twice() -> None:
    """Three panels with their units, no byte that depends on when it is drawn."""
    explored = Explored(ENTRIES, 0)
    data = plot(explored, ".svg")
    assert data == plot(explored, ".svg")
    for label in ("read-only data, KB", "static RAM, KB", "million instructions"):
        assert label.encode() in data
    assert plot(explored, ".png").startswith(b"\x89PNG")
    with pytest.raises(EmitError, match=".png or an .svg"):
        check_plot(Path("front.gif"))
