"""
Files of torch.export.save that are damaged, of other versions or hostile: no code of theirs runs.
"""

import io
import json
import pickle
import random
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from sqz2c.errors import LoadError
from sqz2c.load import LoadOptions, load_model
from tests.authors import export_of
from tests.unit.load.refusal import message_of

PLAIN = "version 1.1"


def rewritten(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """DATA with each member as CHANGE(name, content) has it; None leaves it out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return buffer.getvalue()


def edited(data: bytes, member: str, change: Callable[[Any], None]) -> bytes:
    """DATA with the JSON of MEMBER changed in place."""

    def edit(name: str, content: bytes) -> bytes:
        if not name.endswith(member):
            return content
        plain = json.loads(content)
        change(plain)
        return json.dumps(plain).encode()

    return rewritten(data, edit)


class Evil:
    """Unpickling one makes a file."""

    path = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.path, "w")


def test_no_pickle_of_the_file_is_opened(tmp_path, monkeypatch):
    """Sample inputs are never read, pickled weights are refused: no code of the file runs."""
    monkeypatch.setattr(Evil, "path", str(tmp_path / "ran"))
    evil = pickle.dumps(Evil())
    samples = rewritten(export_of(PLAIN), lambda n, c: evil if n.endswith("model.pt") else c)
    (tmp_path / "samples.pt2").write_bytes(samples)
    load_model(tmp_path / "samples.pt2", LoadOptions())

    def pickled(config: Any) -> None:
        config["config"]["body.0.weight"]["use_pickle"] = True

    data = rewritten(
        edited(export_of(PLAIN), "weights_config.json", pickled),
        lambda name, content: evil if name.endswith("/weight_0") else content,
    )
    assert "body.0.weight is a pickled object, which is not loaded" in message_of(
        data, tmp_path
    )
    assert not (tmp_path / "ran").exists()
    pickle.loads(evil).close()
    assert (tmp_path / "ran").exists()


def without(part: str) -> bytes:
    return rewritten(export_of(PLAIN), lambda name, content: None if part in name else content)


def with_weights(**fields: Any) -> bytes:
    def change(config: Any) -> None:
        config["config"]["body.0.weight"]["tensor_meta"].update(fields)

    return edited(export_of(PLAIN), "weights_config.json", change)


def newer(plain: Any) -> None:
    plain["schema_version"]["major"] = 99


def shape_changed(plain: Any) -> None:
    plain["graph_module"]["graph"]["tensor_values"]["relu_"]["sizes"][2]["as_int"] = 9


def old_format() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("serialized_exported_program.json", "{}")
        archive.writestr("version", "8.2")
    return buffer.getvalue()


HUGE = [{"as_int": 2**40}, {"as_int": 3}, {"as_int": 3}, {"as_int": 3}]
FLAT = [{"as_int": 0}] * 4
UNFIT = "body.0.weight is not a dense float tensor that the file holds whole"
DAMAGED = {
    "no program": (lambda: without("models/"), "holds 0 exported programs, expected one"),
    "no weights": (lambda: without("weight_0"), UNFIT),
    "no list of weights": (
        lambda: without("weights_config"),
        "the numbers of body.0.weight are missing",
    ),
    "too few numbers": (lambda: with_weights(sizes=HUGE), UNFIT),
    "stretched": (lambda: with_weights(sizes=HUGE[1:] * 2, strides=FLAT * 2), UNFIT),
    "integers": (lambda: with_weights(dtype=5), UNFIT),
    "newer": (
        lambda: edited(export_of(PLAIN), "models/model.json", newer),
        "has schema version 99 of exported programs, of which sqz2c reads 8",
    ),
    "big endian": (
        lambda: rewritten(export_of(PLAIN), lambda n, c: b"big" if "byteorder" in n else c),
        "in little endian",
    ),
    "another shape": (
        lambda: edited(export_of(PLAIN), "models/model.json", shape_changed),
        r"aten.relu_ \(relu_ in body.1\) gives \[6, 16, 19\] here, but \[6, 9, 19\] by the file",
    ),
    "an old file": (
        old_format,
        "was exported by an old PyTorch: export the model with PyTorch",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_files_that_are_not_whole_are_refused(case, tmp_path):
    """Missing members, tensors larger than their numbers, other versions."""
    make, message = DAMAGED[case]
    refused = message_of(make(), tmp_path)
    assert re.search(message, refused), refused


def places(plain: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside of PLAIN."""
    is_list, is_dict = isinstance(plain, list), isinstance(plain, dict)
    keys = plain if is_dict else range(len(plain)) if is_list else ()
    return [p for key in keys for p in [(plain, key), *places(plain[key])]]


@pytest.mark.parametrize("member", ["models/model.json", "weights_config.json"])
def test_changed_programs_never_crash(member, tmp_path):
    """Whatever stands in place of a value: a sentence, or a graph that is legal."""
    rng = random.Random(1)
    others = (None, True, -1, 0, 3, 2**70, 0.5, "x", [], {}, [[]], {"as_int": -7}, ["x"])
    path = tmp_path / "model.pt2"
    refused = 0
    for _ in range(100):

        def change(plain: Any) -> None:
            container, key = rng.choice(places(plain))
            container[key] = rng.choice(others)

        path.write_bytes(edited(export_of("batch norm"), member, change))
        try:
            load_model(path, LoadOptions())
        except LoadError as error:
            refused += 1
            assert "\n" not in str(error)
    assert 20 < refused
