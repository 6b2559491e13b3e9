"""
`sqz2c profile`: as a table, as JSON, as a picture; refusals before anything is counted.
"""

import json
from pathlib import Path

from tests.boards import RUN_TOOLS
from tests.command import BOARD, call, reason
from tests.tools import need


def test_profile_counts_each_layer(out: Path, tmp_path: Path) -> None:
    """JSON adds up, the picture is drawn, OUT stays as it is."""
    need(*RUN_TOOLS)
    before = sorted(out.rglob("*"))

    result = call("profile", out, "--board", BOARD, "--json", "--plot", tmp_path / "bars.svg")

    assert 0 == result.exit_code, result.output
    found = json.loads(result.stdout)
    assert (BOARD, "cortex-m4", True) == (found["board"], found["core"], found["equal"])
    assert found["whole"]["total"] == sum(layer["total"] for layer in found["layers"])
    assert 0 < found["whole"]["requantize"] < found["whole"]["convolve"]
    assert b"fire2/squeeze" in (tmp_path / "bars.svg").read_bytes()
    assert before == sorted(out.rglob("*"))
    table = call("profile", out, "--board", BOARD).stdout
    assert all(layer["name"] in table for layer in found["layers"])


def test_profile_refuses_what_it_cannot_count(out: Path, tmp_path: Path) -> None:
    """A board without QEMU, a foreign folder, an unknown kind of picture."""
    assert "no machine for" in reason(call("profile", out, "--board", "nucleo_h743zi"))
    assert "sqz2c generate" in reason(call("profile", tmp_path, "--board", BOARD))
    bad = call("profile", out, "--board", BOARD, "--plot", tmp_path / "bars.gif")
    assert ".png or an .svg" in reason(bad)
