"""
Seeded tiny members of the family as firmware on every core: the logits are PyTorch's.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sqz2c.firmware import (
    Firmware,
    RunResult,
    build_firmware,
    load_board,
    run_firmware,
)
from sqz2c.verify import Reference
from tests.boards import QEMU_BOARDS, RUN_TOOLS
from tests.chain import compiled, emitted, written
from tests.networks import Member, build
from tests.tools import need

SECONDS = 60.0
PLAIN = Member(height=23, width=19, stem=(8, 3, 2, 0), classes=7, seed=1)
MEMBERS = {
    "one scale a tensor": PLAIN,
    "one scale a filter": replace(PLAIN, per_filter=True, values=40, seed=2),
    "zero points, a table and scales that differ": replace(
        PLAIN, zero_points=True, pixel_table=True, differing_scales=True, seed=3
    ),
    "padding, a wide stem and an average": replace(
        PLAIN, head_padding=1, stem=(6, 7, 2, 3), quantized_average=True, density=1.0, seed=4
    ),
    "gray, dense, four values": replace(PLAIN, channels=1, density=0.9, values=4, seed=5),
}


def pictures_for(member: Member) -> list[np.ndarray]:
    """Noise, all 0 and all 255."""
    shape = (member.height, member.width, member.channels)
    noise = np.random.default_rng(member.seed).integers(0, 256, shape, np.uint8)

    return [noise, np.zeros_like(noise), np.full_like(noise, 255)]


def run_on(
    folder: Path, member: Member, name: str
) -> tuple[Firmware, RunResult, list[np.ndarray]]:
    """MEMBER on the board NAME, with what it should give."""
    graph = build(member)
    written(folder, emitted(compiled(graph)))
    reference = Reference(graph)
    pictures = pictures_for(member)
    expected = [reference(picture)[graph.head.name] for picture in pictures]
    board = load_board(name)
    firmware = build_firmware(folder, board, pictures, expected)

    return firmware, run_firmware(firmware, board, SECONDS), expected


@pytest.mark.parametrize("name", QEMU_BOARDS)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if "zero points" in kind else pytest.mark.slow)
        for kind in MEMBERS
    ],
)
def test_logits_are_pytorch_s_on_every_core(tmp_path: Path, kind: str, name: str) -> None:
    """Every core gives PyTorch's logits, with intact weights and stack, within its reserve."""
    need(*RUN_TOOLS)

    firmware, result, expected = run_on(tmp_path, MEMBERS[kind], name)

    assert [logits.tolist() for logits in expected] == [x.tolist() for x in result.logits]
    assert ("pass", True) == (result.verdict, result.equal)
    assert 2 * result.stack_bytes <= firmware.stack_reserve_bytes
    assert len(set(map(tuple, (x.tolist() for x in expected)))) > 1


@pytest.mark.slow
def test_instructions_are_the_same_in_each_run(tmp_path: Path) -> None:
    """The same firmware counts the same instructions whenever it runs."""
    need(*RUN_TOOLS)
    board = load_board("mps2_an386")

    firmware, first, _ = run_on(tmp_path, PLAIN, board.name)
    second = run_firmware(firmware, board, SECONDS)

    assert first.instructions_each == second.instructions_each
    assert min(first.instructions_each) > 10_000
