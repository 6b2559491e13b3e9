"""
The command line: what each command prints, its exit codes, and one sentence for each bad input.
"""

import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from sqz2c.cli import main
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet
from sqz2c.version import VERSION
from tests.boards import RUN_TOOLS
from tests.networks import Member, build
from tests.tools import need

BOARD = "mps2_an386"
COMMANDS = ("generate", "verify", "build", "run", "flash", "inspect", "boards", "doctor")
SIZE = ("--input-size", "32x32")


def call(*arguments: str | Path) -> Result:
    """
    Run the command in this process; stdout and stderr apart.
    """
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


def reason(result: Result) -> str:
    """
    The one sentence of a refusal, which exits with 2 and prints nothing else.
    """
    assert 2 == result.exit_code, result.output
    assert "" == result.stdout
    assert re.fullmatch(r"sqz2c: [^\n]+\n", result.stderr), result.stderr

    return result.stderr


def save_pictures(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(count)
    for number in range(count):
        pixels = rng.integers(0, 256, (40, 36, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")

    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.pt"
    path.write_bytes(to_bytes(build(Member(height=24, width=20))))

    return path


@pytest.fixture(scope="module")
def float_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    architecture = Architecture(
        classes=4, stem_filters=6, stem_kernel=3, pools=(0,), widths=(FireWidths(3, 4, 4),)
    )

    return SqueezeNet(architecture).state_dict()


@pytest.fixture(scope="module")
def out(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    What `generate` made of MODEL, with two pictures; tests that change it take a copy.
    """
    folder = tmp_path_factory.mktemp("generated")
    pictures = save_pictures(folder / "images", 2)
    result = call("generate", model, "-o", folder / "out", "--name", "tiny", "--images", pictures)
    assert 0 == result.exit_code, result.output

    return folder / "out"


def test_generate_reports_flash_ram_and_rescaling(model: Path, tmp_path: Path) -> None:
    """The summary names sizes, plan and requantizers; --verify compares before writing."""
    result = call("generate", model, "-o", tmp_path / "out", "--verify", "2")

    assert (0, "") == (result.exit_code, result.stderr)
    for pattern in (
        r"squeezenet, 24x20 RGB, 10 classes, [\d,]+ MACs",
        r"flash +[\d,]+ B  weights [\d,]+, codebooks",
        r"RAM +[\d,]+ B  arena [\d,]+",
        r"requantization: \d+ (fixed|checked)",
        r"2 pictures through 11 layers: equal to PyTorch",
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
    assert "5 pictures through 11 layers: equal to PyTorch\n" == result.stdout


def test_verify_prints_json(out: Path) -> None:
    """One object with equal, images, layers and first_difference."""
    result = call("verify", out, "--json", "--count", "4")

    expected = {"equal": True, "images": 4, "layers": 11, "first_difference": None}
    assert (0, expected) == (result.exit_code, json.loads(result.stdout))


def test_verify_takes_a_folder_of_pictures(out: Path, tmp_path: Path) -> None:
    """With --images only these are compared."""
    pictures = save_pictures(tmp_path / "images", 3)
    result = call("verify", out, "--images", pictures, "--json")

    assert 3 == json.loads(result.stdout)["images"]


def copy_of(out: Path, folder: Path) -> Path:
    for path in out.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(out)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())

    return folder


def test_verify_names_the_first_difference(out: Path, tmp_path: Path) -> None:
    """A changed kernel exits with 1: layer, position, both values."""
    changed = copy_of(out, tmp_path / "out")
    path = changed / "runtime" / "sqz_requantize.h"
    text = path.read_text()
    assert 1 == text.count("value > 255 ? 255 : value")
    path.write_text(text.replace("value > 255 ? 255 : value", "value > 254 ? 254 : value"))

    result = call("verify", changed)
    assert 1 == result.exit_code
    pattern = r"picture \S[^\n]*: conv1 \[\d+, \d+, \d+\]: 254, expected 255\n"
    assert re.fullmatch(pattern, result.stdout), result.stdout

    found = json.loads(call("verify", changed, "--json").stdout)
    assert {"image", "layer", "position", "actual", "expected"} == set(found["first_difference"])
    assert (False, 254) == (found["equal"], found["first_difference"]["actual"])


def test_firmware_is_built_run_and_flashed(out: Path, tmp_path: Path) -> None:
    """build, then run with --json; flash on a board with a tool prints its command."""
    need(*RUN_TOOLS)
    folder = copy_of(out, tmp_path / "out")

    built = call("build", folder, "--board", BOARD, "--embed", "1")
    assert 0 == built.exit_code, built.output
    assert re.search(r"firmware.elf \(.bin, .hex\): 1 test pictures", built.stdout)
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


class Unsafe:
    """Something that only a real unpickler would build."""


def test_missing_file(tmp_path: Path) -> None:
    """The file's name and what is wrong with it."""
    result = call("generate", tmp_path / "absent.pt", "-o", tmp_path / "out")

    assert "absent.pt" in reason(result)
    assert not (tmp_path / "out").exists()


State = dict[str, torch.Tensor]


def truncated(state: State, path: Path) -> None:
    torch.save(state, path)
    path.write_bytes(path.read_bytes()[:-700])


def written(data: bytes) -> Callable[[State, Path], object]:
    return lambda _state, path: path.write_bytes(data)


def saved(value: object) -> Callable[[State, Path], object]:
    return lambda _state, path: torch.save(value, path)


def with_value(key: str, value: float) -> Callable[[State, Path], object]:
    def write(state: State, path: Path) -> None:
        changed = state[key].clone()
        changed[0] = value
        torch.save(state | {key: changed}, path)

    return write


def with_tensor(key: str, *shape: int) -> Callable[[State, Path], object]:
    return lambda state, path: torch.save(state | {key: torch.zeros(shape)}, path)


def headless(state: State, path: Path) -> None:
    torch.save({k: v for k, v in state.items() if not k.startswith("classifier")}, path)


# name: (how to write the file, what the sentence must say)
BAD_FILES = {
    "truncated": (truncated, "truncated or damaged"),
    "empty": (written(b""), "is empty"),
    "noise": (written(b"\x80\x02noise" * 99), "model.pt"),
    "text": (written(b"hello\n" * 100), "none of the files"),
    "pickled module": (saved(SqueezeNet(Architecture(fires=1))), "state_dict"),
    "pickled object": (written(pickle.dumps(Unsafe())), "state_dict"),
    "nan": (with_value("features.3.squeeze.weight", np.nan), r"features\.3\.squeeze\.weight"),
    "infinite": (with_value("classifier.1.bias", np.inf), r"classifier\.1\.bias"),
    "shapes": (with_tensor("features.3.expand1x1.weight", 4, 5, 1, 1), r"features\.3\.expand1x1"),
    "no head": (headless, r"classifier\.1"),
    "batch norm": (with_tensor("features.1.running_mean", 6), r"features\.1\.running_mean"),
    "linear layer": (with_tensor("fc.weight", 4, 4), r"fc\.weight"),
    "a list": (saved([1, 2]), "state_dict"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_model_files(
    kind: str, float_state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """Each is refused by name, in both commands that read models, and nothing is written."""
    write, said = BAD_FILES[kind]
    path = tmp_path / "model.pt"
    write(float_state, path)
    pictures = save_pictures(tmp_path / "images", 1)

    options = ("-o", tmp_path / "out", *SIZE, "--calibrate", pictures)
    for result in (call("generate", path, *options), call("inspect", path, *SIZE)):
        sentence = reason(result)
        assert "model.pt" in sentence
        assert re.search(said, sentence), sentence
    assert not (tmp_path / "out").exists()


@pytest.fixture
def float_model(float_state: dict[str, torch.Tensor], tmp_path: Path) -> Path:
    torch.save(float_state, tmp_path / "float.pt")

    return tmp_path / "float.pt"


def test_bad_calibration(float_model: Path, tmp_path: Path) -> None:
    """No folder, an empty one, one without pictures, one with a corrupt picture."""
    generate = ("generate", float_model, "-o", tmp_path / "out", *SIZE)
    empty = tmp_path / "empty"
    empty.mkdir()
    corrupt = save_pictures(tmp_path / "corrupt", 2)
    (corrupt / "0.png").write_bytes(b"\x89PNG nothing")

    assert "--calibrate" in reason(call(*generate))
    assert "empty" in reason(call(*generate, "--calibrate", empty))
    assert "absent" in reason(call(*generate, "--calibrate", tmp_path / "absent"))
    assert "0.png" in reason(call(*generate, "--calibrate", corrupt))
    assert "size" in reason(call("generate", float_model, "-o", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_bad_output_folders(model: Path, tmp_path: Path) -> None:
    """Somebody else's files, a file, a name that C cannot have."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")

    assert "thesis.txt" in reason(call("generate", model, "-o", tmp_path / "out"))
    assert "is not a folder" in reason(call("generate", model, "-o", model))
    for name in ("2fast", "Net", "sqz_net", "int", "a-b", "a" * 41, ""):
        result = call("generate", model, "-o", tmp_path / "new", "--name", name)
        assert "--name" in reason(result)
    assert not (tmp_path / "new").exists()
    assert ["thesis.txt"] == [path.name for path in (tmp_path / "out").iterdir()]


def test_bad_boards(model: Path, out: Path, tmp_path: Path) -> None:
    """Unknown ones, with those that there are; too small ones, by how many bytes."""
    new = tmp_path / "new"
    for result in (
        call("generate", model, "-o", new, "--board", "toaster"),
        call("build", out, "--board", "toaster"),
        call("run", out, "--board", "toaster"),
        call("flash", out, "--board", "toaster", "--dry-run"),
    ):
        assert re.search(r"toaster.*mps2_an386", reason(result))
    large = tmp_path / "large.pt"
    large.write_bytes(to_bytes(build(Member(classes=6000))))
    assert re.search(r"\d B", reason(call("generate", large, "-o", new, "--board", "microbit")))
    assert re.search(r"\d B", reason(call("generate", large, "-o", new, "--ram", "900")))
    assert not new.exists()


def test_missing_tools(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing compiler is named, with the package that brings it."""
    folder = copy_of(out, tmp_path / "out")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)

    assert "gcc" in reason(call("verify", folder))
    assert "arm-none-eabi-gcc" in reason(call("build", folder, "--board", BOARD))
    assert "apt-get install" in reason(call("run", folder, "--board", BOARD))


def test_folders_that_generate_did_not_write(out: Path, tmp_path: Path) -> None:
    """Missing, foreign and changed folders are refused by the commands that read them."""
    changed = copy_of(out, tmp_path / "changed")
    (changed / "reference.pt").write_bytes(b"x")
    (tmp_path / "foreign").mkdir()

    for folder in ("absent", "foreign", "changed"):
        for command in (("verify",), ("build", "--board", BOARD), ("run", "--board", BOARD)):
            sentence = reason(call(command[0], tmp_path / folder, *command[1:]))
            assert folder in sentence
            assert "sqz2c generate" in sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ("--input-size", "224"),
        ("--mean", "a,b"),
        ("--order", "CMYK"),
        ("--verify", "-1"),
        ("--ram", "0"),
    ],
)
def test_bad_options(model: Path, tmp_path: Path, arguments: tuple[str, str]) -> None:
    """Options that make no sense are refused before anything runs."""
    result = call("generate", model, "-o", tmp_path / "out", *arguments)

    assert 2 == result.exit_code
    assert arguments[0] in result.stderr
    assert not (tmp_path / "out").exists()


def test_options_that_a_checkpoint_answers_itself(model: Path, tmp_path: Path) -> None:
    """Another input size than the checkpoint's is refused, not ignored."""
    result = call("generate", model, "-o", tmp_path / "out", "--input-size", "64x64")

    assert "leave the option out" in reason(result)
