"""
The two published ImageNet networks of ../shared/data through the whole chain.
"""

import csv
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
import torch

from sqz2c.firmware import load_board, run_firmware
from sqz2c.ir.graph import Graph
from sqz2c.load import LoadOptions, load_model, read_images
from sqz2c.output import Output, read_output
from sqz2c.pipeline import Options, build_output, compile_model, pictures_of, verify_output
from sqz2c.quantize.calibrate import run_float
from sqz2c.verify import Reference
from sqz2c.verify.compare import first_difference
from tests.boards import RUN_TOOLS
from tests.exact.qnnpack import Qnnpack
from tests.tools import need
from tests.unit.load.real_files import NET, NPZ, PICTURES, needs_data, torchvision_names

pytestmark = [pytest.mark.slow, needs_data]

KIB = 1024
OPTIONS = {
    "v1_0": LoadOptions(),
    "v1_1": LoadOptions(input_height=224, input_width=224, preset="caffe"),
}


@dataclass(frozen=True)
class Real:
    """
    A published network: its float FILE and the folder OUT that was generated from it.
    """

    name: str
    file: Path
    out: Path

    @cached_property
    def output(self) -> Output:
        return read_output(self.out)

    @property
    def graph(self) -> Graph:
        return self.output.graph

    def pictures(self, count: int | None = None) -> list[np.ndarray]:
        """
        The pictures that calibration never saw, as the network takes them.
        """
        image = self.graph.image
        order = self.graph.order
        found = read_images(self.out.parent / "scored", image.height, image.width, order, count)

        return list(found)


def labelled() -> list[tuple[str, int]]:
    """
    (file, class) of every picture, in the order of labels.csv.
    """
    with (PICTURES / "labels.csv").open(newline="") as file:
        return [(row["file"], int(row["class_index"])) for row in csv.DictReader(file)]


def link_pictures(folder: Path) -> None:
    """
    Even lines of labels.csv under FOLDER/calibrate, odd ones under FOLDER/scored, in their order.
    """
    for number, (name, _) in enumerate(labelled()):
        target = folder / ("scored" if number % 2 else "calibrate")
        target.mkdir(exist_ok=True)
        (target / f"{number:03d}_{name}").symlink_to(PICTURES / name)


def state_dict_file(path: Path) -> Path:
    """
    The v1.1 network as torch.save writes it, under torchvision's names.
    """
    with np.load(NPZ) as arrays:
        named = torchvision_names(dict(arrays))
    torch.save({name: torch.from_numpy(values) for name, values in named.items()}, path)

    return path


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """
    Keep other test processes out.
    """
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session", params=OPTIONS)
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Real:
    """
    Each network, generated once for all test processes.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    name = request.param
    folder = base / f"real_{name}"
    folder.mkdir(exist_ok=True)
    file = NET if name == "v1_0" else folder / "v1_1.pt"
    with alone(folder / "lock"):
        if not (folder / "out").exists():
            link_pictures(folder)
            if name == "v1_1":
                state_dict_file(file)
            options = Options(
                name=name,
                calibrate=folder / "calibrate",
                pictures=folder / "scored",
                load=OPTIONS[name],
            )
            compile_model(file, options).write(folder / "out")

    return Real(name, file, folder / "out")


def test_every_layer_equals_both_judges(real: Real) -> None:
    """Five photographs, noise, all 0 and all 255: C, integers and qnnpack agree on every byte."""
    images = list(pictures_of(real.output, None, None))
    judges = Reference(real.graph), Qnnpack(real.graph)

    assert 5 + 3 == len(images)
    for name, image in images:
        expected, actual = (judge(image) for judge in judges)
        for layer in expected:
            assert None is first_difference(name, layer, actual[layer], expected[layer])
    proof = verify_output(real.output, iter(images))
    assert (True, 8, len(real.graph.layers)) == (proof.equal, proof.images, proof.layers)


def test_logits_are_equal_on_a_cortex_m4(real: Real) -> None:
    """One photograph in QEMU on mps2_an386: PyTorch's logits."""
    need(*RUN_TOOLS)
    board = load_board("mps2_an386")

    result = run_firmware(build_output(real.output, board, embed=1), board)
    assert ("pass", True, 1) == (result.verdict, result.equal, result.images)


def test_few_predictions_change(real: Real) -> None:
    """Of 100 pictures that calibration never saw, top-1 stays within 3, 90 predictions equal."""
    labels = [label for _, label in labelled()][1::2]
    graph = load_model(real.file, OPTIONS[real.name])
    reference = Reference(real.graph)
    floats, integers = [], []
    for image in real.pictures():
        *_, (_, logits) = run_float(graph, torch.from_numpy(image[np.newaxis]))
        floats.append(int(logits.argmax()))
        integers.append(int(reference(image)[real.graph.head.name].argmax()))

    right = [sum(map(int.__eq__, found, labels)) for found in (floats, integers)]
    same = sum(map(int.__eq__, floats, integers))
    print(f"{real.name}: top-1 float {right[0]}, integers {right[1]}, same {same} of {len(labels)}")
    assert 100 == len(labels) == len(integers)
    assert abs(right[0] - right[1]) <= 3
    assert 90 <= same


def test_sizes_stay_within_their_limits(real: Real) -> None:
    """All read-only data of the Deep Compression network; the arena of v1.1 at 224."""
    manifest = json.loads((real.out / "manifest.json").read_text())
    print(real.name, manifest["flash"], manifest["ram"])

    if real.name == "v1_0":
        assert manifest["flash"]["total_bytes"] <= 450 * KIB
    else:
        assert manifest["ram"]["arena_bytes"] <= 435 * KIB
