"""
Compression without training on the real Deep Compression network: small, and hardly worse.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sqz2c.compression import CompressOptions, compress_model
from sqz2c.ir.graph import Graph
from sqz2c.load import LoadOptions, load_model, read_images
from sqz2c.pipeline import Options, compile_model, verify_compiled
from sqz2c.quantize.calibrate import run_float
from sqz2c.verify import Reference
from tests.exact.test_real_networks import labelled, link_pictures
from tests.unit.load.real_files import NET, needs_data

KIB = 1024
BUDGET = 360 * KIB
MOST_LOST = 2  # of 100, against float
LEAST_EQUAL = 91


def answers_in_float(graph: Graph, images: list[np.ndarray]) -> list[int]:
    found = []
    for image in images:
        *_, (_, logits) = run_float(graph, torch.from_numpy(image[np.newaxis]))
        found.append(int(logits.argmax()))

    return found


@pytest.mark.slow
@needs_data
def test_deep_compression_fits_into_360_kib_without_training(tmp_path: Path) -> None:
    """
    Calibrated on even lines of labels.csv: of the other 100 pictures at most two are lost, and 91
    answers are those of float, in the arithmetic of the C.
    """
    link_pictures(tmp_path)
    made = compress_model(NET, CompressOptions(tmp_path / "calibrate", BUDGET))
    (tmp_path / "model.pt").write_bytes(made.checkpoint)
    compiled = compile_model(tmp_path / "model.pt", Options(pictures=tmp_path / "scored"))
    flash = json.loads(compiled.files["manifest.json"])["flash"]["total_bytes"]
    images = list(read_images(tmp_path / "scored", 227, 227, "RGB"))
    expected = answers_in_float(load_model(NET, LoadOptions()), images)
    reference, head = Reference(made.graph), made.graph.head.name
    found = [int(reference(image)[head].argmax()) for image in images]

    labels = [label for _, label in labelled()][1::2]
    right = [sum(map(int.__eq__, answers, labels)) for answers in (expected, found)]
    same = sum(map(int.__eq__, found, expected))
    print(
        f"{flash:,} B: float {right[0]} right, integers {right[1]}, same {same} of {len(found)}"
    )
    assert made.flash_bytes == flash <= BUDGET
    assert 100 == len(labels) == len(found)
    assert right[1] >= right[0] - MOST_LOST
    assert same >= LEAST_EQUAL
    assert verify_compiled(compiled, 1).equal
