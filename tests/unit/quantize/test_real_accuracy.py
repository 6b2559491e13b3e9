"""
What quantization costs the two real networks: counts of 100 pictures that calibration never
saw.
"""

import csv

import numpy as np
import pytest
import torch

from sqz2c.ir.graph import Graph
from sqz2c.load.images import Images
from sqz2c.quantize.affine import to_integers
from sqz2c.quantize.calibrate import calibrate, run_float
from sqz2c.verify.reference import Reference
from tests.unit.load.real_files import PICTURES, needs_data, v1_0, v1_1

pytestmark = [pytest.mark.slow, needs_data]


def float_predictions(graph: Graph, images: Images) -> np.ndarray:
    logits = [
        list(run_float(graph, torch.from_numpy(image[np.newaxis])))[-1][1] for image in images
    ]
    return torch.cat(logits).flatten(1).argmax(dim=1).numpy()


@pytest.mark.parametrize("version", ["v1.0", "v1.1"])
def test_few_predictions_change(version, tmp_path):
    """Even lines of labels.csv calibrate, odd ones count: top-1 within 3 of 100, 90 equal."""
    graph = v1_0() if version == "v1.0" else v1_1(tmp_path)
    with (PICTURES / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    size = (graph.image.height, graph.image.width)
    images = Images(tuple(PICTURES / row["file"] for row in rows), *size, graph.order)
    labels = np.array([int(row["class_index"]) for row in rows])[1::2]
    quantized = to_integers(graph, calibrate(graph, images[::2]))
    reference = Reference(quantized)
    expected = float_predictions(graph, images[1::2])
    actual = np.array([reference(image)["average"].argmax() for image in images[1::2]])
    assert (100, 100) == (len(expected), len(actual))
    assert abs(int((expected == labels).sum()) - int((actual == labels).sum())) <= 3
    assert 90 <= int((expected == actual).sum())
