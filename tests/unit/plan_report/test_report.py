"""
A plan for people and for machines: complete, true, and always the same.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from click.testing import CliRunner, Result

from sqz2c.cli import main
from sqz2c.errors import EmitError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.program import InputMode
from sqz2c.pipeline import Options, plan_model
from sqz2c.plan import curve, instructions, plan
from sqz2c.plan_report import Planned, facts, words
from sqz2c.plan_report.plot import plot
from tests.networks import Member, build
from tests.tools import ROOT

MEMBER = Member(
    height=26, width=22, fires=((4, 8, 8), (4, 8, 8), (6, 9, 9)), pool_after=(0, 2), seed=4
)
MODES: tuple[InputMode, ...] = ("image", "arena", "rows")
EVERY_MODE = pytest.mark.parametrize("mode", MODES)


def planned(mode: InputMode = "image", ram: int | None = None) -> Planned:
    graph = build(MEMBER)
    return Planned(plan(graph, mode, ram), curve(graph, mode), ram)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "model.pt"
    path.write_bytes(to_bytes(build(MEMBER)))
    return path


def sqz2c(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@EVERY_MODE
def test_facts_are_the_program_s(mode: InputMode) -> None:
    """RAM adds up, segments list every layer once, and JSON holds it all."""
    subject = planned(mode)
    found = json.loads(json.dumps(facts(subject, with_curve=True)))
    ram, program = found["ram"], subject.program
    assert ram["total_bytes"] == ram["arena_bytes"] + ram["context_bytes"]
    scratch = [sum(step["scratch"].values()) for seg in found["segments"] for step in seg["steps"]]
    assert ram["scratch_bytes"] == program.scratch_bytes == max(scratch)
    assert ram["total_bytes"] == found["plan"]["ram_bytes"] == program.ram_bytes
    layers = [
        name for seg in found["segments"] for step in seg["steps"] for name in step["layers"]
    ]
    assert [layer.name for layer in program.graph.layers] == layers
    decoded = [step["decoded_weights"] for seg in found["segments"] for step in seg["steps"]]
    assert program.decoded_weights == found["plan"]["decoded_weights"] == sum(decoded)
    assert instructions(program) == found["plan"]["instructions"]
    assert len(found["segments"]) == found["plan"]["segments"]
    assert mode == found["input"]["mode"]


@EVERY_MODE
def test_the_curve_names_the_neighbours(mode: InputMode) -> None:
    """The next smaller and the next cheaper plan are those before and after it on the curve."""
    for at, program in enumerate(curve(build(MEMBER), mode)):
        found = facts(planned(mode, program.ram_bytes), with_curve=True)
        points = found["curve"]
        assert points[at] == found["plan"]
        assert (points[at - 1] if at else None) == found["next_smaller"]
        assert (points[at + 1] if at + 1 < len(points) else None) == found["next_cheaper"]


def test_without_being_asked_for_the_curve_stays_out() -> None:
    """One plan is one plan."""
    assert "curve" not in facts(planned())
    assert "segments\n" not in words(planned())


@EVERY_MODE
def test_words_say_everything(mode: InputMode) -> None:
    """Each step with its rows, each buffer in the chart, each plan of the curve in the table."""
    subject = planned(mode)
    text = words(subject, with_curve=True)
    program = subject.program
    assert f"RAM      {program.ram_bytes:,} B: arena {program.arena_bytes:,} " in text
    for segment in program.segments:
        for step in segment.steps:
            assert f"  {step.name}: {step.rows} of {step.limit} row" in text
        for buffer in segment.buffers:
            assert re.search(rf"\| {re.escape(buffer.tensor)} {buffer.size:,} B", text)
    table = text.split("M instr.")[1].splitlines()[1:]
    assert [f"{p.ram_bytes:,}" for p in subject.curve] == [
        line.replace("*", " ").split()[0] for line in table
    ]
    assert 1 == sum(line.startswith("*") for line in table)
    assert all(len(line) < 400 for line in text.splitlines())


@pytest.mark.parametrize(
    ("mode", "with_curve"),
    [("rows", True), *(pytest.param(mode, False, marks=pytest.mark.slow) for mode in MODES)],
)
def test_a_plot_names_every_buffer_and_is_the_same_again(
    mode: InputMode, with_curve: bool
) -> None:
    """The SVG's text is text: each tensor with its bytes, each segment; no date, no version."""
    subject = planned(mode)
    picture = plot(subject, ".svg", with_curve=with_curve)
    text = picture.decode()
    for number, segment in enumerate(subject.program.segments):
        assert f"segment {number}" in text
        for buffer in segment.buffers:
            assert f"{buffer.tensor} {buffer.size:,} B" in text
    assert with_curve == ("static RAM, KiB" in text)
    assert picture == plot(planned(mode), ".svg", with_curve=with_curve)
    assert not re.search(r"20\d\d-\d\d|dc:date", text)
    assert matplotlib.__version__ not in text


def test_a_png_is_the_same_again() -> None:
    """Pixels, and nothing of the machine."""
    picture = plot(planned(), ".PNG", with_curve=True)
    assert picture.startswith(b"\x89PNG")
    assert picture == plot(planned(), ".png", with_curve=True)
    assert b"atplotlib" not in picture


@pytest.mark.parametrize("suffix", [".jpg", ""])
def test_other_pictures_are_refused(suffix: str) -> None:
    """The two kinds that can be written are named."""
    with pytest.raises(EmitError, match=r"\.png or an \.svg"):
        plot(planned(), suffix)


def test_the_command_plans_what_generate_compiles(checkpoint: Path, tmp_path: Path) -> None:
    """The same options give the same RAM and the same segments."""
    out = tmp_path / "out"
    chosen = ("--input", "rows", "--ram", curve(build(MEMBER), "rows")[2].ram_bytes)
    shown = json.loads(sqz2c("plan", checkpoint, *chosen, "--json").output)
    assert 0 == sqz2c("generate", checkpoint, "-o", out, *chosen).exit_code
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["ram"]["total_bytes"] == shown["ram"]["total_bytes"] <= int(chosen[-1])
    assert manifest["decoded_weights"] == shown["plan"]["decoded_weights"]
    keys = ("tensor", "held", "row_bytes", "offset", "kind")
    assert [s["buffers"] for s in manifest["segments"]] == [
        [{key: buffer[key] for key in keys} for buffer in s["buffers"]] for s in shown["segments"]
    ]


def test_the_command_draws(checkpoint: Path, tmp_path: Path) -> None:
    """--plot writes the file that its name asks for, beside the words."""
    for name in ("plan.svg", "plan.png"):
        done = sqz2c("plan", checkpoint, "--curve", "--plot", tmp_path / name)
        assert 0 == done.exit_code, done.output
        assert (tmp_path / name).stat().st_size > 1000
        assert "segment 0" in done.output


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--ram", 100), "100 B of RAM are too few: the smallest plan takes"),
        (("--board", "nowhere"), "nowhere"),
        (("--plot", "plan.gif"), "a plot can be a .png or an .svg file, not .gif"),
        (("--plot", "/dev/null/plan.svg"), "/dev/null/plan.svg: cannot be written"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    checkpoint: Path, options: tuple[object, ...], complaint: str
) -> None:
    """Exit code 2, one line, nothing written."""
    done = sqz2c("plan", checkpoint, *options)
    assert 2 == done.exit_code
    (line,) = done.output.splitlines()
    assert line.startswith("sqz2c: ")
    assert complaint in line


def test_a_board_bounds_the_plan(checkpoint: Path) -> None:
    """What its RAM leaves beside stack, logits and firmware is the budget."""
    shown = json.loads(sqz2c("plan", checkpoint, "--board", "microbit", "--json").output)
    assert 0 < shown["ram"]["total_bytes"] <= shown["ram_budget_bytes"] < 16 * 1024


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_in_any_process(
    checkpoint: Path, tmp_path: Path
) -> None:
    """Words, JSON and picture do not depend on hash seeds."""
    seen = set()
    for seed in ("0", "1"):
        picture = tmp_path / f"{seed}.svg"
        done = subprocess.run(
            [sys.executable, "-m", "sqz2c", "plan", str(checkpoint), "--curve", "--json",
             "--plot", str(picture)],
            cwd=ROOT, env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True, check=True,
        )  # fmt: skip
        seen.add((done.stdout, picture.read_bytes()))
    assert 1 == len(seen)


def test_the_library_plans_too(checkpoint: Path) -> None:
    """plan_model gives what the command shows."""
    result = plan_model(checkpoint, Options(input_mode="arena"))
    shown = json.loads(sqz2c("plan", checkpoint, "--input", "arena", "--json").output)
    assert shown == json.loads(json.dumps(facts(result)))
