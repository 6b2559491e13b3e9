"""
A profile's phases add up to what the same network takes without marks.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from sqz2c.firmware import build_firmware, count_phases, load_board, run_firmware
from sqz2c.ir.layer import Conv, MaxPool
from sqz2c.ir.program import InputMode
from sqz2c.verify import Reference
from tests.boards import QEMU_BOARDS, RUN_TOOLS
from tests.chain import compiled, emitted, written
from tests.exact.test_boards import pictures_for
from tests.networks import Member, build
from tests.tools import need

SECONDS = 60.0
MEMBER = Member(height=33, width=29, stem=(8, 3, 2, 0), pool_after=(0, 2), classes=7, seed=1)
MODES: dict[str, tuple[InputMode, int | None]] = {
    "image": ("image", None),
    "arena": ("arena", None),
    "rows": ("rows", None),
    "summed": ("rows", 9000),
}


@pytest.mark.parametrize("name", QEMU_BOARDS)
@pytest.mark.parametrize("mode", MODES)
def test_phases_add_up(tmp_path: Path, mode: str, name: str) -> None:
    """Within one percent, wherever the picture lies and however rows flow."""
    need(*RUN_TOOLS)
    board, graph = load_board(name), build(replace(MEMBER, pixel_table=mode == "rows"))
    written(tmp_path, emitted(compiled(graph, *MODES[mode])))
    picture = pictures_for(MEMBER)[0]
    expected = Reference(graph)(picture)[graph.head.name]

    counts = count_phases(tmp_path, board, picture, expected, SECONDS)
    plain = run_firmware(build_firmware(tmp_path, board, [picture], [expected]), board, SECONDS)

    total = sum(x.decode + x.convolve + x.pool + x.other for x in counts.layers)
    assert counts.equal
    assert plain.instructions is not None
    assert abs(total - plain.instructions) <= 0.01 * plain.instructions
    for layer, found in zip(graph.layers, counts.layers, strict=True):
        assert isinstance(layer, Conv) == (found.decode > 0) == (found.convolve > 0)
        assert isinstance(layer, Conv) == (found.an_output is not None)
        assert not isinstance(layer, MaxPool) or found.pool > 0
