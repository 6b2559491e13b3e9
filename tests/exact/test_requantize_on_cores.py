"""
The requantizer's instructions on real cores' semantics: QEMU against the definition.
"""

from pathlib import Path

import pytest

from benchmarks.requantize_cores import BOARDS, FORMS, run
from sqz2c.firmware import load_board
from tests.boards import RUN_TOOLS, marked
from tests.tools import need

MOST = {"mps2_an385": 2.75, "mps2_an386": 2.5, "mps3_an547": 2.5}  # a store loop's own included


@pytest.mark.parametrize("name", marked(BOARDS))
def test_every_form_gives_the_same_bits_on_a_core(name: str, tmp_path: Path) -> None:
    """All forms at and beside every threshold; the fitted one in about two instructions."""
    for tool in RUN_TOOLS:
        need(tool)
    records = run(load_board(name), tmp_path)

    assert {*FORMS} <= {record["form"] for record in records}
    assert {"0"} == {record["wrong"] for record in records}
    if name in MOST:
        inline = next(record for record in records if record["form"] == "fixed-inline")
        more = int(inline["work"]) - int(inline["nothing"])
        assert more / (4 * int(inline["groups"])) < MOST[name]
