"""
Chains that nobody wrote: any order of convolutions, fires and pools, exported and compiled.
"""

import random

import pytest
import torch
from torch import nn

from sqz2c.errors import PlanError
from sqz2c.ir.program import InputMode
from sqz2c.load import LoadOptions, load_model
from sqz2c.quantize import quantize
from sqz2c.quantize.calibrate import run_float
from sqz2c.verify import Reference, noise_images
from tests.authors import Beside, as_if_trained, export
from tests.chain import compiled, differences, host_library
from tests.exact.qnnpack import Qnnpack
from tests.many import times

Layers = list[nn.Module]


class Author:
    """Writes a network by SEED, layer after layer; CHANNELS are those of the last one."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.rng = random.Random(seed)
        self.channels = self.rng.choice([1, 3])
        self.shape = (self.channels, self.rng.randint(18, 40), self.rng.randint(18, 40))

    def network(self) -> nn.Sequential:
        stem = self.conv(self.rng.choice([1, 3, 5, 7]), self.rng.choice([1, 2, 3]))
        middle = [
            layer
            for _ in range(self.rng.randint(0, 4))
            for layer in self.rng.choice([self.pool, self.fire, self.fire, self.plain])()
        ]
        return nn.Sequential(*stem, *middle, *self.head())

    def conv(self, size: int, stride: int = 1) -> Layers:
        outputs = self.rng.randint(1, 9)
        padding = self.rng.choice([0, size // 2])
        conv = nn.Conv2d(self.channels, outputs, size, stride, padding)
        self.channels = outputs

        return [conv, *self.behind(outputs)]

    def behind(self, channels: int) -> Layers:
        """BatchNorm, ReLU, both or neither."""
        norm = [nn.BatchNorm2d(channels)] if self.rng.random() < 0.3 else []

        return [*norm, *([nn.ReLU()] if self.rng.random() < 0.75 else [])]

    def plain(self) -> Layers:
        return self.conv(self.rng.choice([1, 2, 3]), self.rng.choice([1, 1, 2]))

    def pool(self) -> Layers:
        stride, padding = self.rng.choice([1, 2, 2, 3]), self.rng.choice([0, 0, 1])
        ceil = self.rng.random() < 0.5

        return [nn.MaxPool2d(self.rng.choice([2, 3]), stride, padding, ceil_mode=ceil)]

    def fire(self) -> Layers:
        squeeze = self.conv(1, self.rng.choice([1, 1, 1, 2]))
        stride, branches, outputs = self.rng.choice([1, 1, 1, 2]), [], 0
        for size in self.rng.sample([1, 1, 3, 3, 5], self.rng.randint(2, 3)):
            filters = self.rng.randint(1, 9)
            conv = nn.Conv2d(self.channels, filters, size, stride, size // 2)
            branches.append(nn.Sequential(conv, *self.behind(filters)))
            outputs += filters
        self.channels = outputs

        return [*squeeze, Beside(branches), *([nn.ReLU()] if self.rng.random() < 0.3 else [])]

    def head(self) -> Layers:
        average = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        if self.rng.random() < 0.5:
            return [*average, nn.Linear(self.channels, self.rng.randint(1, 12))]

        return [*self.conv(1), *average]


def check(seed: int, tmp_path) -> bool:
    """
    Whether there is a network of SEED; its graph gives the module's logits, its C both judges'.
    """
    author = Author(seed)
    network = as_if_trained(author.network())
    mode: InputMode = author.rng.choice(["image", "arena", "rows"])
    try:
        network(torch.zeros(1, *author.shape))
    except RuntimeError:
        return False  # no pixel is left somewhere
    (tmp_path / "model.pt2").write_bytes(export(network, author.shape))
    graph = load_model(tmp_path / "model.pt2", LoadOptions(mean=(120.0,), std=(60.0,)))
    images = [image for _, image in noise_images(graph, seed)]
    x = torch.stack([torch.from_numpy(image) for image in images])
    with torch.no_grad():
        expected = network(((x - 120.0) / 60.0).permute(0, 3, 1, 2))
    actual = list(run_float(graph, x))[-1][1].flatten(1)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)
    graph = quantize(graph, images)
    try:
        program = compiled(graph, mode)
    except PlanError as error:
        assert "too few layers to be fed row by row" in str(error)
        program = compiled(graph)
    with host_library(program) as library:
        for judge in (Reference(program.graph), Qnnpack(program.graph)):
            named = noise_images(program.graph, seed)
            assert [] == differences(program.graph, library, judge, named)

    return True


def test_any_chain_is_what_its_module_computes(tmp_path) -> None:
    """Loaded, quantized and compiled, whatever the order of its layers."""
    assert 2 <= sum(check(seed, tmp_path) for seed in range(3))


@pytest.mark.slow
def test_many_chains_are_what_their_modules_compute(tmp_path) -> None:
    """The same for many more."""
    seeds = range(1000, 1000 + times(40))
    assert 0.8 * len(seeds) < sum(check(seed, tmp_path) for seed in seeds)
