"""
What a network takes: grids of few values, budgets that hold.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sqz2c.encode import encode
from sqz2c.errors import ExploreError, PlanError
from sqz2c.exploration import CODE_BYTES
from sqz2c.explore import Budget, coded, costs_of, on_grid, untaught
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.load import LoadOptions, read_labelled
from sqz2c.pipeline import Options, compile_model
from sqz2c.plan import instructions, plan
from sqz2c.quantize import attach_requantizers
from sqz2c.split import DataOptions, read_split
from sqz2c.training import untrained
from tests.networks import Member, build
from tests.tools import ROOT
from tests.unit.explore.two_classes import COMMON, SIDE, save_pictures_of_two_classes


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> tuple[Graph, list[np.ndarray]]:
    """An untaught network with a third of its weights, and four pictures."""
    path = save_pictures_of_two_classes(tmp_path_factory.mktemp("data") / "data.npz")
    labelled = read_labelled(path)
    torch.manual_seed(0)
    blank = untrained(replace(COMMON, base_e=24), labelled, LoadOptions())
    split = read_split(DataOptions(path, 0.25), labelled, (SIDE, SIDE, "GRAY"))
    pictures = [image.permute(1, 2, 0).numpy() for image in split.sample(4).images]

    return untaught(blank, 0.33, 0), pictures


@pytest.mark.parametrize("bits", [2, 3, 5, 8])
def test_a_grid_has_so_many_values(bits: int) -> None:
    """2^bits - 1 values at most, 0 among them where it was, no weight further than it must be."""
    weights = np.random.default_rng(bits).normal(size=(8, 4, 3, 3)).astype(np.float32)
    weights[np.abs(weights) < 0.3] = 0
    rounded = on_grid(weights, bits)
    values = np.unique(rounded)
    assert len(values) <= 2**bits - 1
    assert np.all(rounded[weights == 0] == 0)
    plain = np.abs(weights).max() / (2 ** (bits - 1) - 1)
    whole = np.rint(weights / plain) * plain  # the grid that ends at the largest weight
    kept = weights != 0
    ours, theirs = (np.square(grid - weights)[kept].sum() for grid in (rounded, whole))
    assert ours <= 1.0001 * theirs


def test_what_is_untaught_has_the_density(network: tuple[Graph, list[np.ndarray]]) -> None:
    """Of all weights together, as pruning by LAMP shares it out."""
    weights = np.concatenate([conv.weights.ravel() for conv in network[0].convs])
    assert 0.33 == pytest.approx(np.count_nonzero(weights) / weights.size, abs=0.01)


def test_costs_are_those_of_generate(
    network: tuple[Graph, list[np.ndarray]], tmp_path: Path
) -> None:
    """Flash and RAM are what the manifest has when the checkpoint is compiled."""
    graph = integers(network, 6)
    costs = costs_of(graph, Budget())
    (tmp_path / "model.pt").write_bytes(to_bytes(graph))
    files = compile_model(tmp_path / "model.pt", Options()).files
    manifest = json.loads(files["manifest.json"])
    assert manifest["flash"]["total_bytes"] == costs.flash_bytes
    assert manifest["ram"]["total_bytes"] == costs.ram_bytes
    assert costs.instructions > 10_000


def test_fewer_bits_take_less_flash(network: tuple[Graph, list[np.ndarray]]) -> None:
    """What is explored along bits is the size."""
    sizes = [costs_of(integers(network, bits), Budget()).flash_bytes for bits in (3, 5, 8)]
    assert sorted(sizes) == sizes
    assert len(set(sizes)) == 3


def test_budgets_hold(network: tuple[Graph, list[np.ndarray]]) -> None:
    """Flash is compared; RAM bounds the plan, and is refused where there is none."""
    free = costs_of(integers(network, 6), Budget())
    with pytest.raises(ExploreError, match="more than"):
        costs_of(integers(network, 6), Budget(flash_bytes=free.flash_bytes - 1))
    tight = costs_of(integers(network, 6), Budget(free.flash_bytes + 99, free.ram_bytes))
    assert tight.ram_bytes <= free.ram_bytes
    with pytest.raises(PlanError, match="too few"):
        costs_of(integers(network, 6), Budget(ram_bytes=500))


@pytest.mark.parametrize("mode", ["image", "rows"])
def test_a_bound_is_used_as_generate_uses_it(mode: InputMode) -> None:
    """RAM that is there makes a network faster; without a bound it is spared."""
    graph = attach_requantizers(build(Member(height=24, width=20)))
    free, bound = (costs_of(graph, Budget(None, ram, mode)) for ram in (None, 100_000))
    program = encode(plan(graph, mode, 100_000))

    assert (program.ram_bytes, instructions(program)) == (bound.ram_bytes, bound.instructions)
    assert free.ram_bytes < bound.ram_bytes


def integers(network: tuple[Graph, list[np.ndarray]], bits: int) -> Graph:
    return coded(network[0], bits, network[1])[1]


def test_the_runtime_fits_in_what_is_kept_free_for_code() -> None:
    """No library's code in the table of sizes takes three quarters of it; drivers have the rest."""
    figures = json.loads((ROOT / "tests" / "limits" / "sizes.json").read_text())["figures"]
    largest = max(
        entry["text_bytes"]
        for name, boards in figures.items()
        for entry in boards.values()
        if name == "fashion_mnist"
    )
    assert largest <= 0.75 * CODE_BYTES
