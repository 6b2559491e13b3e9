"""
Nothing grows unseen: instructions, code, RAM and stack against checked-in figures.
"""

import pytest

from benchmarks.kernels import CASES as REFERENCES
from sqz2c.firmware import load_board
from tests.boards import FAST_BOARDS, RUN_TOOLS
from tests.elf import library_text_bytes
from tests.limits.cases import (
    CASES,
    INSTRUCTIONS,
    SIZES,
    UPDATE,
    growth,
    measure,
    read,
    remedy,
    split,
    subject_of,
    versions,
)
from tests.measured import subject
from tests.tools import need

FAST = ("fashion_mnist", "fashion_mnist by rows")
TEXT_LIMIT = 20 * 1024  # the library's code on a Cortex-M4, all kernels that a network uses
PLACES = [
    pytest.param(
        name,
        board,
        marks=() if name in FAST and board in FAST_BOARDS else pytest.mark.slow,
        id=f"{name}-{board}",
    )
    for name, case in CASES.items()
    for board in case.boards
]


@pytest.mark.parametrize(("name", "board"), PLACES)
def test_nothing_grows(name: str, board: str) -> None:
    """No figure is more than one percent above what is checked in."""
    need(*RUN_TOOLS)
    counts, sizes = read(INSTRUCTIONS), read(SIZES)
    instructions, found = split(measure(name, board))
    recorded = sizes["figures"][name][board]

    grown = [growth("instructions", counts["figures"][name][board], instructions)]
    grown += [growth(what, recorded[what], found[what]) for what in found]
    grown = [line for line in grown if line is not None]

    assert [] == grown, f"{name} on {board}: {remedy(counts, versions())}"


@pytest.mark.parametrize("name", FAST)
def test_code_is_small(name: str) -> None:
    """The library's code on a Cortex-M4, all kernels that the network uses: at most 20 KiB."""
    need(*RUN_TOOLS)
    firmware = subject_of(name).firmware(load_board("mps2_an386"))
    assert 0 < library_text_bytes(firmware.elf) <= TEXT_LIMIT


@pytest.mark.slow
def test_code_of_deep_compression_is_small() -> None:
    """The same for the published v1.0, which uses more kernels than any other."""
    need(*RUN_TOOLS)
    case = REFERENCES["v1.0, 227, Deep Compression"]
    with subject(case.graph()[0], case.mode, case.ram) as found:
        firmware = found.firmware(load_board("mps2_an386"))
        assert 0 < library_text_bytes(firmware.elf) <= TEXT_LIMIT


def test_every_case_is_recorded() -> None:
    """A case without a figure, or a figure without a case, is a table that was not updated."""
    places = {name: set(case.boards) for name, case in CASES.items()}
    for path in (INSTRUCTIONS, SIZES):
        recorded = {name: set(row) for name, row in read(path)["figures"].items()}
        assert places == recorded, f"run `{UPDATE}`"


def test_growth_is_seen() -> None:
    """One percent is allowed, a thousandth more is not; what shrinks is welcome."""
    assert growth("instructions", 100_000, 101_000) is None
    assert growth("instructions", 100_000, 50_000) is None
    assert "instructions grew by 1.1 %: 100,000 -> 101,100" == growth(
        "instructions", 100_000, 101_100
    )


def test_other_tools_are_named() -> None:
    """Who has another compiler learns that it may be the reason."""
    here = {"arm-none-eabi-gcc": "13.2.1", "qemu-system-arm": "7.2.1"}
    table = {"tools": {"arm-none-eabi-gcc": "12.2.1", "qemu-system-arm": "7.2.1"}}
    assert "recorded with arm-none-eabi-gcc 12.2.1, this is 13.2.1" in remedy(table, here)
    assert "qemu" not in remedy(table, here)
