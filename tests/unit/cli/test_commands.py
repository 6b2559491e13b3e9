"""
What each command prints, and its exit codes.
"""

import json
import re
from pathlib import Path

import pytest
import torch

from sqz2c.version import VERSION
from tests.authors import saved
from tests.boards import RUN_TOOLS
from tests.command import BOARD, SIZE, call, copy_of, save_pictures
from tests.tools import need

COMMANDS = (
    "generate", "compress", "verify", "build", "run", "profile", "flash", "inspect", "plan",
    "boards", "doctor",
)  # fmt: skip


def test_generate_reports_flash_ram_and_rescaling(model: Path, tmp_path: Path) -> None:
    """The summary names sizes, plan and requantizers; --verify compares before writing."""
    result = call("generate", model, "-o", tmp_path / "out", "--verify", "2")

    assert (0, "") == (result.exit_code, result.stderr)
    for pattern in (
        r"squeezenet, 24x20 RGB, 10 classes, [\d,]+ MACs",
        r"flash +[\d,]+ B  weights [\d,]+, codebooks",
        r"RAM +[\d,]+ B  arena [\d,]+",
        r"requantization: \d+ (fixed|checked)",
        r"2 images through 11 layers: equal to PyTorch",
    ):
        assert re.search(pattern, result.stdout), pattern
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"squeezenet.c", "squeezenet.h", "manifest.json", "reference.pt", "README.md"} <= names


def test_generate_calibrates_a_float_network(
    float_state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """A float state_dict and a folder of pictures are enough; five of them are kept."""
    torch.save(float_state, tmp_path / "float.pt")
    pictures = save_pictures(tmp_path / "images", 7)
    out = tmp_path / "out"
    result = call("generate", tmp_path / "float.pt", "-o", out, *SIZE, "--calibrate", pictures)

    assert 0 == result.exit_code, result.output
    assert 5 == len(list((out / "pictures").iterdir()))
    assert 0 == call("verify", out, "--count", "3").exit_code


def test_verify_prints_what_was_compared(out: Path) -> None:
    """In words: pictures and layers; the stored pictures come first, then noise."""
    result = call("verify", out)

    assert (0, "") == (result.exit_code, result.stderr)
    assert "5 images through 11 layers: equal to PyTorch\n" == result.stdout


def test_verify_prints_json(out: Path, tmp_path: Path) -> None:
    """One object with equal, images, layers and first_difference; --images alone are compared."""
    pictures = save_pictures(tmp_path / "images", 3)
    result = call("verify", out, "--images", pictures, "--count", "2", "--json")

    expected = {"equal": True, "images": 2, "layers": 11, "first_difference": None}
    assert (0, expected) == (result.exit_code, json.loads(result.stdout))


def test_verify_names_the_first_difference(out: Path, tmp_path: Path) -> None:
    """A changed kernel exits with 1: layer, position, both values."""
    changed = copy_of(out, tmp_path / "out")
    path = changed / "runtime" / "sqz_strip.c"
    text = path.read_text()
    right = ".low = requantizer->low,"
    assert 1 == text.count(right)
    path.write_text(text.replace(right, ".low = (uint8_t)(requantizer->low + 1),"))

    result = call("verify", changed, "--json")
    found = json.loads(result.stdout)
    difference = found["first_difference"]
    assert (1, False) == (result.exit_code, found["equal"])
    assert {"image", "layer", "position", "actual", "expected"} == set(difference)
    assert ("conv1", difference["expected"] + 1) == (difference["layer"], difference["actual"])
    assert 3 == len(difference["position"])


def test_firmware_is_built_run_and_flashed(out: Path, tmp_path: Path) -> None:
    """build, then run with --json; flash on a board with a tool prints its command."""
    need(*RUN_TOOLS)
    folder = copy_of(out, tmp_path / "out")

    built = call("build", folder, "--board", BOARD, "--embed", "1")
    assert 0 == built.exit_code, built.output
    assert re.search(r"firmware.elf \(.bin, .hex\): 1 test picture", built.stdout)
    for suffix in ("elf", "bin", "hex"):
        assert (folder / "build" / BOARD / f"firmware.{suffix}").exists()

    run = call("run", folder, "--board", BOARD, "--json")
    assert 0 == run.exit_code, run.output
    figures = json.loads(run.stdout)
    assert (BOARD, True) == (figures["board"], figures["equal"])
    for key in ("instructions", "stack_bytes", "flash_bytes", "ram_bytes"):
        assert 0 < figures[key]
    assert "logits equal to PyTorch" in call("run", folder, "--board", BOARD).stdout

    flash = call("flash", folder, "--board", "stm32f4_discovery", "--dry-run")
    assert 0 == flash.exit_code, flash.output
    assert "firmware" in flash.stdout


def test_inspect_lists_the_layers(model: Path) -> None:
    """What is in a file, layer by layer."""
    result = call("inspect", model)

    assert (0, "") == (result.exit_code, result.stderr)
    for name in ("conv1", "pool1", "fire2/expand3x3", "average"):
        assert f"layer {name}: " in result.stdout


def test_exported_programs_are_inspected_and_generated(tmp_path: Path) -> None:
    """A .pt2 file says its own image size; pictures to calibrate with are all that it needs."""
    program = saved("functional", tmp_path / "model.pt2")
    inspected = call("inspect", program)
    pictures = save_pictures(tmp_path / "images", 3)
    generated = call(
        "generate", program, "-o", tmp_path / "out", "--calibrate", pictures, "--verify", "2"
    )

    assert (0, "") == (inspected.exit_code, inspected.stderr)
    assert "layer fire3/expand3x3: " in inspected.stdout
    assert 0 == generated.exit_code, generated.output
    assert "squeezenet, 35x35 RGB, 9 classes" in generated.stdout
    assert "equal to PyTorch" in generated.stdout


def test_boards_are_listed() -> None:
    """A table for people, an object for programs."""
    rows = json.loads(call("boards", "--json").stdout)["boards"]

    assert BOARD in {row["name"] for row in rows}
    assert {"name", "core", "flash_bytes", "ram_bytes", "qemu", "title"} == set(rows[0])
    assert BOARD in call("boards").stdout


def test_doctor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every tool by name, and one command that brings those that are not there."""
    assert 0 == call("doctor").exit_code
    monkeypatch.setenv("PATH", str(tmp_path))

    result = call("doctor")
    assert 0 == result.exit_code
    assert "missing  qemu-system-arm" in result.stdout
    assert re.search(r"apt-get install .*qemu-system-arm", result.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_there(command: str) -> None:
    """Each command explains itself."""
    assert command in call("--help").stdout
    assert call(command, "-h").stdout.startswith(f"Usage: main {command}")


def test_version() -> None:
    """The version, for reports."""
    assert f"sqz2c, version {VERSION}\n" == call("--version").stdout


def test_no_progress_bar_when_piped(model: Path, tmp_path: Path) -> None:
    """A program that reads the output sees no control characters."""
    result = call("generate", model, "-o", tmp_path / "out")

    assert "\x1b" not in result.output
    assert "\r" not in result.output
