"""
From float graph to integers: what is chosen is what is deployed.
"""

from functools import cache

import numpy as np
import pytest
import torch

from sqz2c.compression import Compression, flash_bytes_of
from sqz2c.errors import CompressError
from sqz2c.ir.graph import Graph
from sqz2c.quantize.calibrate import run_float
from sqz2c.verify.reference import Reference
from tests.unit.quantize.float_graphs import bypassed, pictures, tiny

VARIANTS = {"folded": {}, "padded": {"padding": 1}, "gray": {"channels": 1}, "bypassed": {}}


def graph_of(variant: str) -> Graph:
    return bypassed() if variant == "bypassed" else tiny(**VARIANTS[variant])


def images_of(variant: str, seed: int = 5) -> list[np.ndarray]:
    return pictures(channels=VARIANTS[variant].get("channels", 3), seed=seed)


@cache
def compression(variant: str) -> Compression:
    return Compression(graph_of(variant), images_of(variant))


def logits(graph: Graph, images: list[np.ndarray]) -> np.ndarray:
    """Real logits of the integer GRAPH."""
    source = graph.tensor(graph.head.input)
    sums = np.stack([Reference(graph)(image)[graph.head.name] for image in images])
    pixels = source.height * source.width

    return (sums - pixels * source.quantization.zero_point) * source.quantization.scale / pixels


@pytest.mark.parametrize("variant", VARIANTS)
def test_integers_answer_as_the_float_network(variant: str) -> None:
    """At a low price, on pictures that nobody measured: folded, with a pixel table, and gray."""
    work = compression(variant)
    images = images_of(variant, seed=77)
    integers = work.integers(work.attempt(1e-11, {}))
    expected = list(run_float(graph_of(variant), torch.from_numpy(np.stack(images))))[-1][1]
    expected = expected.flatten(1).numpy()

    error = np.abs(logits(integers, images) - expected).mean()
    assert error < 0.03 * np.abs(expected).mean()


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_integers_are_those_that_were_chosen(variant: str) -> None:
    """
    Weights and steps pass through quantization unchanged, or as larger integers of a finer step
    where that is rescaled in fewer instructions.
    """
    work = compression(variant)
    integers = work.integers(work.start)

    for conv in integers.convs:
        chosen = work.start.layers[conv.name]
        times = round(np.float32(chosen.step) / conv.weight_scales[0])
        assert times in (1, 2, 4, 8, 16, 32, 64), conv.name
        assert np.array_equal(times * chosen.integers.astype(int), conv.weights), conv.name
        assert [np.float32(chosen.step)] == (np.float32(times) * conv.weight_scales).tolist()


def test_a_smaller_budget_costs_more() -> None:
    """The flash is within each budget; the divergence grows as it shrinks."""
    work = compression("folded")
    fine = work.attempt(1e-10, {})
    most = flash_bytes_of(work.integers(fine))
    losses = []
    for budget in (most, most - 60, most - 120):
        result = work.result(budget)
        assert flash_bytes_of(work.integers(result)) <= budget
        losses.append(result.loss)

    assert sorted(losses) == losses
    assert losses[0] < losses[-1]


def test_what_cannot_be_so_small_is_refused() -> None:
    """With the smallest size that was reached."""
    with pytest.raises(
        CompressError, match=r"does not fit into 64 bytes: the smallest that was"
    ):
        compression("folded").result(64)
