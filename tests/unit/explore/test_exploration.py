"""
Exploring: what fits is trained, a study goes on where it stopped, several may work on one.
"""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sqz2c import exploration
from sqz2c.errors import ExploreError, TrainError
from sqz2c.exploration import explore
from sqz2c.explore import Candidate, Costs, Space, Teaching
from sqz2c.explore.study import Trials
from sqz2c.firmware import load_board
from sqz2c.ir.checkpoint import from_bytes
from sqz2c.ir.program import InputMode
from sqz2c.load import LoadOptions
from sqz2c.pipeline import Options, compile_model
from sqz2c.plan import instructions
from tests.command import call, reason
from tests.tools import ROOT
from tests.unit.explore.two_classes import COMMON, options, save_pictures_of_two_classes


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pictures_of_two_classes(tmp_path_factory.mktemp("data") / "data.npz")


def test_a_study_goes_on_as_if_it_had_not_stopped(data: Path, tmp_path: Path) -> None:
    """One network, then one more: the same two as at once; nothing is trained twice."""
    told: list[object] = []
    explore(options(data, tmp_path / "a.log", 1))
    again = explore(options(data, tmp_path / "a.log", 2), lambda r: told.append(r["trial"]))
    at_once = explore(options(data, tmp_path / "b.log", 2))
    assert [1] == told
    assert at_once == again
    assert [0, 1] == [entry.number for entry in again.entries]
    assert again == explore(options(data, tmp_path / "a.log", 1))  # more than enough


def test_colour_with_a_deviation_a_channel(tmp_path: Path) -> None:
    """torchvision's preprocessing: trained with it, deployed without; a padded stem is refused."""
    data = save_pictures_of_two_classes(tmp_path / "data.npz", channels=3)
    load = LoadOptions(preset="torchvision")
    found = explore(options(data, tmp_path / "a.log", 1, load=load))
    assert 1 == len(found.entries)
    padded = replace(COMMON, stem_padding=1)
    with pytest.raises(ExploreError, match="conv1 has padding"):
        explore(options(data, tmp_path / "b.log", 1, load=load, architecture=padded))


def test_labels_name_the_classes(data: Path, tmp_path: Path) -> None:
    """As for train and compress: kept in checkpoints, refused where they are too few."""
    named, short = LoadOptions(labels=("dark", "bright")), LoadOptions(labels=("dark",))
    with pytest.raises(TrainError, match="1 labels do not name 2 classes"):
        explore(options(data, tmp_path / "a.log", 1, load=short))
    explore(options(data, tmp_path / "a.log", 1, load=named, models=tmp_path))
    kept = from_bytes((tmp_path / "trial-0.pt").read_bytes(), "trial-0.pt")
    assert ("dark", "bright") == kept.labels
    with pytest.raises(ExploreError, match="a study with other classes"):
        explore(options(data, tmp_path / "a.log", 1))


@pytest.mark.parametrize(("board", "mode"), [(None, "image"), ("microbit", "rows")])
def test_costs_of_a_trial_are_those_of_its_checkpoint(
    board: str | None, mode: InputMode, data: Path, tmp_path: Path
) -> None:
    """What the study says of a network is what generate says of the file, for the same board."""
    bound = load_board(board) if board is not None else None
    more = {"board": bound, "input_mode": mode, "models": tmp_path / "models"}
    found = explore(options(data, tmp_path / "a.log", 1, **more))
    compiled = compile_model(
        tmp_path / "models" / "trial-0.pt", Options(board=bound, input_mode=mode)
    )
    flash = json.loads(compiled.files["manifest.json"])["flash"]["total_bytes"]
    expected = (flash, compiled.program.ram_bytes, instructions(compiled.program))
    costs = found.entries[0].costs
    assert expected == (costs.flash_bytes, costs.ram_bytes, costs.instructions)


def test_what_does_not_fit_is_not_trained(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Candidates over the budget are dropped by what the compiler says of random weights."""

    def train(*_: object) -> None:
        raise AssertionError("trained")

    monkeypatch.setattr(exploration, "taught", train)
    monkeypatch.setattr(exploration, "MOST_MISSES", 3)
    for number, budget in enumerate(({"flash_bytes": 1000}, {"ram_bytes": 100})):
        told: list[object] = []
        with pytest.raises(ExploreError, match="3 networks one after another do not fit"):
            explore(options(data, tmp_path / f"{number}.log", 1, **budget), told.append)
        assert 3 == sum("infeasible" in record for record in told)


def test_an_interrupted_trial_is_not_counted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while a network is trained: the study stays whole, and goes on."""

    def train(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(exploration, "taught", train)
        explore(options(data, tmp_path / "a.log", 1))
    found = explore(options(data, tmp_path / "a.log", 1))
    assert [1] == [entry.number for entry in found.entries]


def test_a_study_is_of_one_exploration(data: Path, tmp_path: Path) -> None:
    """Other options are refused by name, other numbers of trials are not."""
    explore(options(data, tmp_path / "a.log", 1))
    with pytest.raises(ExploreError, match="a study with other space, training"):
        explore(options(data, tmp_path / "a.log", 1, teaching=Teaching(2, 8), space=Space()))
    with pytest.raises(ExploreError, match="cannot be opened as a study"):
        explore(options(data, "nonsense://x", 1))


def test_optuna_is_asked_for(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it, one sentence says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExploreError, match=r"pip install 'sqz2c\[explore\]'"):
        explore(options(data, tmp_path / "a.log", 1))


def test_a_file_of_others_is_no_study(data: Path, tmp_path: Path) -> None:
    """It is refused, and not a byte is added to it."""
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")

    with pytest.raises(ExploreError, match="table.csv is no journal of a study"):
        explore(options(data, path, 1))
    assert "a,b\n1,2\n" == path.read_text()


@pytest.mark.parametrize("where", ["sqlite:///{}/study.db", "{}/study.log"])
def test_two_share_a_study(where: str, tmp_path: Path) -> None:
    """Each sees what the other did; numbers are given once; neither tries what the other tries."""
    study = where.format(tmp_path)
    space = Space()
    first, second = Trials(study, {"x": 1}, 0), Trials(study, {"x": 1}, 0)
    (a, one), (b, other) = first.ask(space), second.ask(space)
    second.tell(b, 0.5, Costs(3, 2, 1))
    first.tell(a, 0.75, Costs(6, 5, 4))
    assert {0, 1} == {a.number, b.number}
    assert one != other
    assert (2, 2) == (first.trained, second.trained)
    assert first.explored() == second.explored()
    assert [Candidate] * 2 == [type(e.candidate) for e in first.explored().entries]


def test_choices_follow_from_seed_number_and_past(tmp_path: Path) -> None:
    """Past the first random ones too: a study opened anew each time chooses as one that is not."""

    def choices(study: Path, seed: int, anew: bool) -> list[Candidate]:
        trials, found = Trials(str(study), {}, seed), []
        for number in range(14):
            if anew:
                trials = Trials(str(study), {}, seed)
            trial, candidate = trials.ask(Space())
            trials.tell(trial, candidate.density, Costs(candidate.base_e, number % 3, 1))
            found.append(candidate)
        return found

    expected = choices(tmp_path / "a.log", 7, False)
    assert expected == choices(tmp_path / "b.log", 7, True)
    assert expected != choices(tmp_path / "c.log", 8, False)
    assert 14 == len(set(expected))


def test_command_prints_and_draws(data: Path, tmp_path: Path) -> None:
    """JSON, the table and the picture are of one study; wrong ranges and pictures are refused."""
    words = ["explore", "--data", data, "--study", tmp_path / "a.log", "--trials", "1",
             "--epochs", "1", "--stem", "3x3/4", "--stem-stride", "1", "--fires", "1", "--pools",
             "0", "--range", "base-e=4", "--pct-3x3", "0.5"]  # fmt: skip
    result = call(*words, "--json", "--plot", tmp_path / "front.svg")
    assert 0 == result.exit_code, result.output
    network = json.loads(result.stdout)["networks"][0]
    assert (0, 4, 0.5, True) == tuple(
        network[key] for key in ("trial", "base_e", "pct_3x3", "on_front"))  # fmt: skip
    assert b"million instructions" in (tmp_path / "front.svg").read_bytes()
    assert f"{network['flash_bytes']:,}" in call(*words).stdout
    assert "ascend" in reason(call(*words, "--range", "density=1:0.5"))
    assert ".png or an .svg" in reason(call(*words, "--plot", tmp_path / "front.gif"))
    assert 2 == call(*words, "--range", "depth=1:2").exit_code


@pytest.mark.slow
def test_two_processes_lose_no_trial(data: Path, tmp_path: Path) -> None:
    """Two commands on one database: both end, with the same networks, each number once."""
    words = [sys.executable, "-m", "sqz2c", "explore", "--data", str(data), "--study",
             f"sqlite:///{tmp_path}/study.db", "--trials", "4", "--epochs", "1", "--stem",
             "3x3/4", "--stem-stride", "1", "--fires", "1", "--pools", "0", "--range",
             "base-e=2:6", "--json", "--threads", "1"]  # fmt: skip
    running = [
        subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ends = [process.communicate() for process in running]
    assert [0, 0] == [process.returncode for process in running], ends
    told = [line for _, errors in ends for line in errors.splitlines() if " accuracy " in line]
    earlier, later = sorted(
        (json.loads(out)["networks"] for out, _ in ends), key=lambda networks: len(networks)
    )
    assert len(told) == len(later) == len({network["trial"] for network in later})
    assert 4 <= len(earlier) <= len(later) <= 5
    shared = ("trial", "accuracy", "flash_bytes")
    values = [{tuple(n[key] for key in shared) for n in networks} for networks in (earlier, later)]
    assert set() == values[0] - values[1]
