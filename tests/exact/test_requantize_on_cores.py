"""
The requantizer's instructions on real cores' semantics: QEMU against the definition.
"""

from math import inf
from pathlib import Path

import pytest

from benchmarks.requantize_cores import BOARDS, FORMS, run
from sqz2c.firmware import load_board
from tests.boards import RUN_TOOLS, marked
from tests.tools import need

MOST = {  # instructions an output, what a loop has of its own included
    ("mps2_an385", "fixed"): 2.75,
    ("mps2_an385", "checked-alike"): 6.0,
    ("mps2_an386", "fixed"): 2.5,
    ("mps2_an386", "checked-alike"): 6.0,
    ("mps3_an547", "fixed"): 2.5,
    ("mps3_an547", "checked-alike"): 6.0,
}


@pytest.mark.parametrize("name", marked(BOARDS))
def test_every_form_gives_the_same_bits_on_a_core(name: str, tmp_path: Path) -> None:
    """At and beside every threshold; the fitted form in two instructions, the checked in six."""
    for tool in RUN_TOOLS:
        need(tool)
    records = run(load_board(name), tmp_path)

    assert {*FORMS} <= {record["form"] for record in records}
    assert {"0"} == {record["wrong"] for record in records}
    for record in records:
        more = int(record["work"]) - int(record["nothing"])
        most = MOST.get((name, record["form"]), inf)
        assert more / (4 * int(record["groups"])) < most, record
