"""
A profile: counts joined with the manifest, as numbers, as a table, as a picture.
"""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from sqz2c.drawing import check_plot
from sqz2c.errors import EmitError
from sqz2c.firmware import PhaseCounts
from sqz2c.profile import Profile, facts, profile_of, table
from sqz2c.profile.plot import plot

BOARD = ("mps2_an386", "cortex-m4")
ENTRIES = (
    {"name": "conv1", "kind": "conv", "shape": [2, 3, 4], "macs": 1000,
     "estimate": 2200, "estimates": {"dsp": 2200, "plain": 4000}},
    {"name": "pool1", "kind": "maxpool", "shape": [1, 1, 4], "estimate": 0,
     "estimates": {"dsp": 0, "plain": 0}},
)
COUNTED = (PhaseCounts(100, 1700, 0, 200, 2.5), PhaseCounts(0, 0, 50, 0, None))


def profile() -> Profile:
    return profile_of("tiny", BOARD, ENTRIES, COUNTED, True)


def test_rescaling_is_taken_out_of_convolution() -> None:
    """The cost of an output times the outputs moves from one column to the other."""
    conv, pool = profile().layers
    assert (1640, 60) == (conv.convolve, conv.requantize)
    assert (0, 0) == (pool.convolve, pool.requantize)
    assert (2000, 50) == (conv.total, pool.total)


def test_rescaling_is_at_most_all_of_convolution() -> None:
    """A measured cost that is too high leaves nothing, never less."""
    dear = replace(COUNTED[0], an_output=1000.0)
    conv, _ = profile_of("tiny", BOARD, ENTRIES, (dear, COUNTED[1]), True).layers
    assert (0, 1700, 2000) == (conv.convolve, conv.requantize, conv.total)


def test_estimate_stands_beside_the_count() -> None:
    """Error in percent of the count: positive where the model expected too much."""
    conv, pool = profile().layers
    assert 10.0 == pytest.approx(conv.error_percent)
    assert (2.0, None, None) == (conv.per_mac, pool.per_mac, pool.error_percent)


def test_the_estimate_is_that_of_the_counted_core() -> None:
    """Whatever core the plan was made for: `estimates` holds one for each class."""
    other = profile_of("tiny", ("mps2_an385", "cortex-m3"), ENTRIES, COUNTED, True)
    assert (2200, 4000) == (profile().whole.estimate, other.whole.estimate)


def test_whole_is_the_sum() -> None:
    """The last line adds up all layers."""
    whole = profile().whole
    assert (2050, 1000, 2200) == (whole.total, whole.macs, whole.estimate)


def test_folder_without_estimates_is_refused() -> None:
    """What an older sqz2c generated is refused with the remedy."""
    old = [{key: value for key, value in e.items() if key != "estimates"} for e in ENTRIES]
    with pytest.raises(EmitError, match="tiny: has no estimates .* generate. again"):
        profile_of("tiny", BOARD, old, COUNTED, True)
    with pytest.raises(EmitError, match="generate. again"):
        profile_of("tiny", BOARD, ENTRIES, COUNTED[:1], True)


def test_facts_hold_every_column() -> None:
    """JSON has what the table has."""
    found = json.loads(json.dumps(facts(profile())))
    assert ["conv1", "pool1"] == [layer["name"] for layer in found["layers"]]
    assert (2050, "instructions", True) == (
        found["whole"]["total"], found["unit"], found["equal"],
    )  # fmt: skip
    assert 60 == found["layers"][0]["requantize"]


def test_table_shows_every_layer() -> None:
    """A line a layer and one for all of them."""
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(table(profile()))
    rows = [line.split() for line in console.export_text().splitlines()]
    conv1 = "conv1 1,000 1,640 60 100 - 200 2,000 2.00 2,200 +10"
    assert conv1.split() in rows
    assert ["whole", "network", "1,000"] in [row[:3] for row in rows]


def test_plot_is_reproducible() -> None:
    """The same profile gives the same bytes, and names every layer."""
    assert plot(profile(), ".svg") == plot(profile(), ".svg")
    assert b"pool1" in plot(profile(), ".svg")
    assert plot(profile(), ".PNG").startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["profile.gif", "profile"])
def test_unknown_pictures_are_refused(name: str) -> None:
    """Before anything is counted."""
    with pytest.raises(EmitError, match="png or an .svg"):
        check_plot(Path(name))
