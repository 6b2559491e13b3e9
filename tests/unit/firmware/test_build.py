"""
Building: what comes out, what is refused, and that the bytes never change.
"""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sqz2c import assets
from sqz2c.errors import FirmwareError
from sqz2c.firmware import (
    build_firmware,
    check_fits,
    check_library_fits,
    find_tools,
    how_many_fit,
    library_ram_budget,
    load_board,
    load_firmware,
)
from sqz2c.firmware.compile import core_flags
from sqz2c.firmware.library import read_library
from sqz2c.firmware.sources import common_sources, write_sources
from tests.boards import ALL_BOARDS
from tests.unit.firmware.stub_library import stub_logits, stub_pictures, write_stub

STRICT = [
    *("-std=c99", "-O2", "-ffreestanding", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion"),
    *("-Wshadow", "-Wmissing-prototypes", "-Wstrict-prototypes", "-Werror"),
]


def build(out: Path, board: str, count: int = 1, **options: bool):
    pictures = stub_pictures(count)
    expected = [stub_logits(picture) for picture in pictures]

    return build_firmware(out, load_board(board), pictures, expected, **options)


@pytest.mark.parametrize("name", ALL_BOARDS)
def test_board_code_passes_strict_warnings(
    out: Path, tmp_path: Path, compiler: None, name: str
) -> None:
    """boards/common and the generated main program compile without any."""
    board = load_board(name)
    write_sources(tmp_path, board, read_library(out))
    common = assets.root() / "boards" / "common"
    folders = [f"-I{folder}" for folder in (tmp_path, common, out, out / "runtime")]

    for source in (tmp_path / "firmware_main.c", *common_sources(board)):
        command = ["arm-none-eabi-gcc", *core_flags(board), *STRICT, *folders, "-isystem"]
        command += [str(common / "include"), "-c", str(source), "-o", str(tmp_path / "made.o")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)

        assert "" == done.stderr
        assert 0 == done.returncode


def test_a_c_library_is_not_linked(tmp_path: Path, compiler: None) -> None:
    """Code that wants more than memcpy and its kin does not build: no C library is there."""
    out = write_stub(tmp_path / "out", extra='extern int puts(const char *); puts("x");')

    with pytest.raises(FirmwareError, match="undefined reference to `puts'"):
        build(out, "mps2_an386")


def test_same_bytes_in_another_folder(
    tmp_path: Path, compiler: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a library lies changes no byte of its firmware, debug information included."""
    monkeypatch.setenv("CCACHE_DISABLE", "1")
    first = build(write_stub(tmp_path / "a"), "mps2_an386")
    second = build(write_stub(tmp_path / "elsewhere and deeper" / "b"), "mps2_an386")

    for kind in ("elf", "bin", "hex"):
        assert getattr(first, kind).read_bytes() == getattr(second, kind).read_bytes()
    assert b".debug_info" in first.elf.read_bytes()
    assert str(tmp_path).encode() not in first.elf.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights_bytes": 300_000}, r"microbit: it is 4[\d,]+ bytes too large for its flash"),
        ({"ram_bytes": 20_000}, r"microbit: it is 6,\d+ bytes too large for its RAM"),
    ],
)
def test_too_large_is_refused_by_bytes(
    tmp_path: Path, compiler: None, options: dict, message: str
) -> None:
    """An image that does not fit is refused by how many bytes, and leaves nothing behind."""
    out = write_stub(tmp_path / "out", **options)

    with pytest.raises(FirmwareError, match=message):
        build(out, "microbit")

    assert not (out / "build").exists()


def test_refusal_is_exact(tmp_path: Path, compiler: None) -> None:
    """The last byte decides: what is told to be N bytes too large fits with N bytes less."""
    out = write_stub(tmp_path / "out", ram_bytes=20_000)
    with pytest.raises(FirmwareError) as refusal:
        build(out, "microbit")
    too_large = int(re.search(r"it is ([\d,]+) bytes", str(refusal.value))[1].replace(",", ""))

    fits = build(write_stub(tmp_path / "fits", ram_bytes=20_000 - too_large), "microbit")
    with pytest.raises(FirmwareError, match="4 bytes too large for its RAM"):
        build(write_stub(tmp_path / "over", ram_bytes=20_004 - too_large), "microbit")

    assert load_board("microbit").ram_bytes == fits.ram_bytes


def test_as_many_pictures_as_fit(tmp_path: Path, compiler: None) -> None:
    """With room for two pictures, two of five are embedded, and one more would not fit."""
    one = build(write_stub(tmp_path / "one"), "microbit", 0)
    room = load_board("microbit").flash_bytes - one.flash_bytes
    out = write_stub(tmp_path / "out", weights_bytes=64 + room - 2 * (48 + 28) - 16)

    firmware = build(out, "microbit", 5, as_many_as_fit=True)

    assert 2 == firmware.images
    with pytest.raises(FirmwareError, match="too large for its flash"):
        build(out, "microbit", 3)


def test_how_many_fit_counts_whole_pictures() -> None:
    """Pictures are whole: 0 where none fits, never more than wanted."""
    board = load_board("microbit")
    room = 1000

    def count(size: int) -> int:
        return how_many_fit(board, board.flash_bytes - room, size, 5)

    assert [5, 4, 1, 0] == [count(size) for size in (100, 249, 997, 998)]
    assert 0 == how_many_fit(board, board.flash_bytes + 1, 100, 5)


def test_check_fits_names_both_excesses() -> None:
    """Flash and RAM are told at once."""
    board = load_board("microbit")
    check_fits(board, board.flash_bytes, board.ram_bytes)

    with pytest.raises(FirmwareError, match=r"1 bytes too large for its flash .* and 2 bytes"):
        check_fits(board, board.flash_bytes + 1, board.ram_bytes + 2)


@pytest.mark.parametrize("name", ALL_BOARDS)
def test_sizes_are_those_of_the_image(tmp_path: Path, compiler: None, name: str) -> None:
    """Flash is what the .bin holds (and vectors apart from it), RAM is what sections take; a
    library that takes its whole budget of RAM builds, and hardly a byte is left."""
    board = load_board(name)
    budget = library_ram_budget(board, 7) // 4 * 4
    check_library_fits(board, 0, budget, 7)

    firmware = build(write_stub(tmp_path / "out", ram_bytes=budget), name)

    vectors = 0 if board.boots_from_flash else 64
    sections = subprocess.run(
        ["arm-none-eabi-size", "-A", str(firmware.elf)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ram = sum(int(n) for n in re.findall(r"^\.(?:stack|data|bss)\s+(\d+)", sections, re.M))
    assert firmware.flash_bytes == firmware.bin.stat().st_size + vectors
    assert firmware.ram_bytes == ram
    assert 0 <= board.ram_bytes - firmware.ram_bytes < 80
    assert ":00000001FF" in firmware.hex.read_text()
    with pytest.raises(FirmwareError, match="too large for its RAM"):
        check_library_fits(board, 0, budget + 4, 7)


def test_a_network_is_linked_without_pictures(out: Path, compiler: None) -> None:
    """Without pictures the firmware holds the network all the same, so its size is honest."""
    none, two = build(out, "mps2_an386", 0), build(out, "mps2_an386", 2)

    assert 2 * (48 + 28) == two.flash_bytes - none.flash_bytes


def test_failure_keeps_what_was_there(out: Path, compiler: None) -> None:
    """A build that fails leaves the firmware of the last one untouched."""
    before = build(out, "mps2_an386").elf.read_bytes()
    (out / "stub.c").write_text("int broken(\n")

    with pytest.raises(FirmwareError, match=r"arm-none-eabi-gcc failed: .*error"):
        build(out, "mps2_an386")

    folder = out / "build" / "mps2_an386"
    assert before == (folder / "firmware.elf").read_bytes()
    assert 4 == len(list(folder.iterdir()))


def test_loads_what_was_built_until_a_source_changes(out: Path, compiler: None) -> None:
    """load_firmware finds the last build, not one of other sources or with a file gone."""
    board = load_board("mps2_an386")
    assert None is load_firmware(out, board)

    firmware = build(out, board.name)
    assert firmware == load_firmware(out, board)

    source = (out / "stub_weights.c").read_text()
    (out / "stub_weights.c").write_text(source.replace("42", "43"))
    assert None is load_firmware(out, board)

    (out / "stub_weights.c").write_text(source)
    firmware.hex.unlink()
    assert None is load_firmware(out, board)


@pytest.mark.parametrize(
    ("picture", "logits", "message"),
    [
        (np.zeros(47, np.uint8), np.zeros(7, np.int32), "47 values of uint8.*takes 48"),
        (np.zeros(48, np.int8), np.zeros(7, np.int32), "48 values of int8"),
        (np.zeros(48, np.uint8), np.zeros(6, np.int32), "6 logits of int32.*gives 7"),
        (np.zeros(48, np.uint8), np.zeros(7, np.float32), "7 logits of float32"),
    ],
)
def test_pictures_must_be_the_library_s(
    out: Path, picture: np.ndarray, logits: np.ndarray, message: str
) -> None:
    """A picture or logits of another size or type are refused."""
    with pytest.raises(FirmwareError, match=message):
        build_firmware(out, load_board("mps2_an386"), [picture], [logits])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda out: (out / "manifest.json").unlink(), "holds no manifest.json"),
        (lambda out: (out / "manifest.json").write_text("{"), "is damaged"),
        (lambda out: (out / "manifest.json").write_text("[]"), "is damaged"),
        (lambda out: (out / "stub_weights.c").unlink(), "lacks stub_weights.c"),
        (lambda out: shutil.rmtree(out), "holds no manifest.json"),
    ],
)
def test_a_folder_that_is_no_library_is_refused(out: Path, damage, message: str) -> None:
    """What generate did not write, or was damaged since, is named with the way out."""
    damage(out)

    with pytest.raises(FirmwareError, match=f"{message}.*sqz2c generate"):
        build(out, "mps2_an386")


def test_missing_compiler_names_its_package(
    out: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a compiler one sentence says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(FirmwareError, match="apt-get install gcc-arm-none-eabi"):
        build(out, "mps2_an386")

    assert {None} == {tool.path for tool in find_tools()}
    assert all(tool.package and tool.purpose for tool in find_tools())
