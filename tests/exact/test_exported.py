"""
SqueezeNets of other authors from torch.export to C: quantized here, equal in both judges and C.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.load import LoadOptions, load_model
from sqz2c.quantize import quantize
from sqz2c.verify import Reference, noise_images
from tests.authors import AUTHORS, saved, written_by
from tests.chain import compiled, differences, host_library
from tests.exact.qnnpack import Qnnpack

FAST = ("batch norm", "functional", "swapped")


def pictures(graph: Graph, count: int, seed: int) -> list[np.ndarray]:
    """
    A level a picture and channel, and noise on it.
    """
    rng = np.random.default_rng(seed)
    shape = (graph.image.height, graph.image.width, graph.image.channels)
    levels = rng.integers(20, 235, (count, 1, 1, shape[2]))

    return list(
        np.clip(levels + rng.integers(-60, 60, (count, *shape)), 0, 255).astype(np.uint8)
    )


def quantized(author: str, tmp_path: Path) -> Graph:
    graph = load_model(saved(author, tmp_path / "model.pt2"), LoadOptions())

    return quantize(graph, pictures(graph, 12, seed=5))


def images_of(graph: Graph) -> list[tuple[str, np.ndarray]]:
    own = enumerate(pictures(graph, 2, seed=9))

    return [*((f"picture {number}", image) for number, image in own), *noise_images(graph)]


def modes(*authors: str) -> list[object]:
    """
    Each of AUTHORS in every input mode; few of them are fast.
    """
    return [
        pytest.param(author, mode, marks=() if is_fast else pytest.mark.slow)
        for author in authors
        for mode in ("image", "arena", "rows")
        for is_fast in [author in FAST and mode == "image"]
    ]


@pytest.mark.parametrize(("author", "mode"), modes(*AUTHORS))
def test_generated_c_equals_both_judges(author: str, mode: InputMode, tmp_path: Path) -> None:
    """Every layer of the C, of plain PyTorch and of qnnpack are the same, byte by byte."""
    program = compiled(quantized(author, tmp_path), mode)
    graph = program.graph
    with host_library(program) as library:
        for judge in (Reference(graph), Qnnpack(graph), Qnnpack(graph, fused=False)):
            assert [] == differences(graph, library, judge, images_of(graph))


def test_signed_activations_are_among_them(tmp_path: Path) -> None:
    """What has no ReLU has a zero point: a squeeze, a concatenation of both kinds, the head."""
    graph = quantized("swapped", tmp_path)
    signed = [tensor.name for tensor in graph.tensors if tensor.quantization.zero_point]

    assert ["fire2/squeeze", "fire3/squeeze", "fire3", "conv4"] == signed
    assert [False, True, False] == [c.relu for c in graph.convs if c.output == "fire3"]


@pytest.mark.parametrize("author", AUTHORS)
def test_integers_stay_close_to_the_authors_module(author: str, tmp_path: Path) -> None:
    """On pictures like those of calibration the logits are the module's, to a tenth of a span."""
    graph = load_model(saved(author, tmp_path / "model.pt2"), LoadOptions())
    images = pictures(graph, 8, seed=5)
    mean, std = torch.tensor(graph.preprocessing.mean), torch.tensor(graph.preprocessing.std)
    x = ((torch.from_numpy(np.stack(images)) - mean) / std).permute(0, 3, 1, 2)
    module = written_by(author)
    with torch.inference_mode():
        expected = np.stack([module(image.unsqueeze(0)).reshape(-1).numpy() for image in x])
    actual = real_logits(quantize(graph, images), images)

    assert 0.1 < expected.std()
    np.testing.assert_allclose(expected, actual, rtol=0, atol=0.1 * np.ptp(expected))


def real_logits(graph: Graph, images: list[np.ndarray]) -> np.ndarray:
    """Sums as real numbers: [images, classes]."""
    head = graph.tensor(graph.head.input)
    count, reference = head.height * head.width, Reference(graph)
    sums = np.stack([reference(image)[graph.head.name] for image in images])

    return (sums - count * head.quantization.zero_point) * (head.quantization.scale / count)
