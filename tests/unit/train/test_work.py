"""
The work folder: finished stages are not repeated, other runs are refused, files are whole.
"""

import json
from pathlib import Path

import pytest
import torch

from sqz2c.errors import CompressError, TrainError
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet
from sqz2c.train.work import Work

MEMBER = Architecture(classes=2, stem_filters=2, stem_kernel=3, widths=(FireWidths(1, 1, 1),))


def test_a_finished_stage_is_taken_from_its_file(tmp_path: Path) -> None:
    """Trained once; its weights come back in a blank network, its epochs' file is gone."""
    work = Work(tmp_path)
    told = []

    def train(epochs: Path) -> SqueezeNet:
        told.append(epochs.name)
        epochs.write_bytes(b"state")
        return SqueezeNet(MEMBER)

    first, second = (work.stage("a", lambda: SqueezeNet(MEMBER), train) for _ in range(2))

    assert ["a.epoch.pt"] == told
    assert ["a.pt"] == [path.name for path in tmp_path.iterdir()]
    expected = first.state_dict()
    assert all(torch.equal(expected[key], value) for key, value in second.state_dict().items())


def test_another_run_is_refused(tmp_path: Path) -> None:
    """The same options go on, others, which are named, need another folder."""
    folder = tmp_path / "new" / "work"
    options = {"epochs": 3, "data": {"hold_out": 0.1, "seed": 0}, "rate": None}
    for _ in range(2):
        with Work(folder).begun(options):
            pass

    changed = options | {"epochs": 4, "data": {"hold_out": 0.2, "seed": 0}}
    refused = r"holds a run with other options or data \(epochs, hold-out\): give another --work"
    with pytest.raises(TrainError, match=refused), Work(folder).begun(changed):
        pass
    (folder / "options.json").write_bytes(b"[\xff")
    with (
        pytest.raises(TrainError, match=r"options\.json is damaged"),
        Work(folder).begun(options),
    ):
        pass


def test_two_do_not_work_in_one_folder(tmp_path: Path) -> None:
    """While one is there, the other is refused; afterwards it goes on."""
    with (
        Work(tmp_path).begun({}),
        pytest.raises(TrainError, match="another sqz2c is at work there"),
        Work(tmp_path).begun({}),
    ):
        pass
    with Work(tmp_path).begun({}):
        pass


def test_what_cannot_be_made_leaves_no_file(tmp_path: Path) -> None:
    """The refusal goes on, and the next run tries again."""

    def refuse() -> bytes:
        raise CompressError("too small")

    with pytest.raises(CompressError, match="too small"):
        Work(tmp_path).file("a", refuse)

    assert [] == list(tmp_path.iterdir())
    assert b"made" == Work(tmp_path).file("a", lambda: b"made")
    assert b"made" == Work(tmp_path).file("a", refuse)


def test_the_log_is_appended_and_told(tmp_path: Path) -> None:
    """One JSON object a line."""
    told = []
    for epoch in (1, 2):
        Work(tmp_path, tell=told.append).log(stage="a", epoch=epoch)

    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [{"stage": "a", "epoch": 1}, {"stage": "a", "epoch": 2}] == told
    assert told == [json.loads(line) for line in lines]
