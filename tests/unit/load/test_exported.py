"""
Programs of torch.export.save: the same numbers as the author's module, whatever its names.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sqz2c.errors import LoadError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.ir.text import to_text
from sqz2c.load import LoadOptions, load_model
from sqz2c.quantize.calibrate import run_float
from tests.authors import AUTHORS, Beside, export, export_of, pruned, written_by
from tests.unit.load.family import BYPASSED, SIDE, network, saved


def loaded(data: bytes, tmp_path: Path, options: LoadOptions | None = None) -> Graph:
    path = tmp_path / "model.pt2"
    path.write_bytes(data)
    return load_model(path, options or LoadOptions())


def assert_same(network: nn.Module, graph: Graph) -> None:
    """GRAPH gives the logits of NETWORK for two pictures."""
    generator = torch.Generator().manual_seed(3)
    image = graph.image
    shape = (2, image.height, image.width, image.channels)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    mean, std = torch.tensor(graph.preprocessing.mean), torch.tensor(graph.preprocessing.std)
    with torch.no_grad():
        x = ((images - mean) / std).permute(0, 3, 1, 2)
        expected = torch.cat([network(x[:1]), network(x[1:])]).flatten(1).numpy()
    actual = list(run_float(graph, images))[-1][1].flatten(1).numpy()
    assert 0.05 < expected.std()
    np.testing.assert_allclose(expected, actual, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("author", AUTHORS)
def test_the_graph_computes_what_the_authors_module_does(author, tmp_path):
    """BatchNorm, order of branches, paddings, pools and heads are where the module has them."""
    assert_same(written_by(author), loaded(export_of(author), tmp_path))


class Bypassed(nn.Module):
    """Two residual blocks in the manner of others; the second one's way around is convolved."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 2)
        self.first, self.second = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1)
        self.third, self.around = nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(4, 6, 1)
        self.head = nn.Conv2d(6, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.stem(x))
        x = torch.relu(x + self.second(torch.relu(self.first(x))))
        x = torch.max_pool2d(x, 2)
        x = torch.relu(self.third(x)).add_(self.around(x))
        return self.head(torch.max_pool2d(x, 2)).mean((2, 3))


def test_bypasses_of_any_author_load(tmp_path):
    """Sums are found whatever surrounds them, with the ReLU and the pool behind them."""
    torch.manual_seed(3)
    net = Bypassed().eval()
    graph = loaded(export(net, (3, 25, 31)), tmp_path)
    assert_same(net, graph)
    expected = [
        ("conv3/add", "conv3", "conv1", True),
        ("conv4/add", "conv4/bypass", "conv4", False),
    ]
    assert expected == [(a.name, a.input, a.other, a.relu) for a in graph.adds]


@pytest.mark.parametrize("bypass", ["simple", "complex"])
def test_an_exported_family_module_is_its_state_dict(bypass, tmp_path):
    """The same graph from both files."""
    net = network(replace(BYPASSED, bypass=bypass))
    graph = loaded(export(net, (3, SIDE, SIDE)), tmp_path)
    state = saved(net.state_dict(), tmp_path / "model.pt")
    options = LoadOptions(input_height=SIDE, bypass=bypass)
    assert to_text(load_model(state, options)) == to_text(graph)


@pytest.mark.parametrize(
    ("author", "options"),
    [
        ("batch norm", {"decomposed": True}),
        ("sequential", {"decomposed": True}),
        ("averaged", {"decomposed": True, "batch": 3}),
        ("batch norm", {"batch": 2, "dynamic": True}),
        ("functional", {"batch": 2, "dynamic": True, "decomposed": True}),
        ("padded", {"batch": 2}),
    ],
)
def test_ways_to_export_give_the_same_graph(author, options, tmp_path):
    """Decomposed into core operations, with another batch or any batch: no number differs."""
    network = written_by(author)
    graph = loaded(export(network, AUTHORS[author][1], **options), tmp_path)
    plain = loaded(export_of(author), tmp_path)
    assert_same(network, graph)
    assert [x.name for x in plain.layers] == [x.name for x in graph.layers]
    for one, other in zip(plain.convs, graph.convs, strict=True):
        assert one.weights.tolist() == other.weights.tolist()
        assert one.bias.tolist() == other.bias.tolist()


def test_layers_have_the_papers_names(tmp_path):
    """Layers are named by their place, expands by their windows, whatever the author calls them."""
    names = [layer.name for layer in loaded(export_of("version 1.1"), tmp_path).layers]
    assert ["conv1", "pool1", "fire2/squeeze", "fire2/expand1x1", "fire2/expand3x3"] == names[
        :5
    ]
    assert ["pool2", "fire3/squeeze"] == names[5:7]
    assert ["conv5", "average"] == names[-2:]
    swapped = [layer.name for layer in loaded(export_of("swapped"), tmp_path).layers]
    assert ["fire2/expand3x3", "fire2/expand1x1"] == swapped[3:5]


def test_branches_of_one_size_have_names_of_their_own(tmp_path):
    """Two branches with the same window are told apart by a number."""
    names = [layer.name for layer in loaded(export_of_branches(), tmp_path).layers]
    assert ["fire2/expand1x1", "fire2/expand3x3", "fire2/expand1x1_2"] == names[2:5]


def export_of_branches() -> bytes:
    branches = Beside([nn.Conv2d(4, 3, 1), nn.Conv2d(4, 2, 3, 1, 1), nn.Conv2d(4, 1, 1)])
    network = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.Conv2d(6, 4, 1), branches, nn.AdaptiveAvgPool2d(1)
    )
    return export(network.append(nn.Conv2d(6, 5, 1)).eval(), (3, 9, 9))


def test_the_familys_own_module_gives_the_graph_of_its_state_dict(tmp_path):
    """Exported or saved by its weights, the module is one network, to the last byte."""
    module, size = network(), LoadOptions(input_height=SIDE, input_width=SIDE)
    by_weights = load_model(saved(module.state_dict(), tmp_path / "model.pt"), size)
    by_program = loaded(export(module, (3, SIDE, SIDE)), tmp_path)
    assert to_bytes(by_weights) == to_bytes(by_program)


def test_masks_of_pruning_are_multiplied_out(tmp_path):
    """torch.nn.utils.prune leaves weights and masks in the program; half of the weights are 0."""
    masked = pruned("functional")
    graph = loaded(export(masked, AUTHORS["functional"][1]), tmp_path)
    assert_same(masked, graph)
    assert all(abs(2 * np.count_nonzero(c.weights) - c.weights.size) < 2 for c in graph.convs)


def test_the_head_behind_the_average_comes_before_it(tmp_path):
    """A linear layer commutes with the average, so it is a 1x1 convolution without ReLU."""
    network = written_by("batch norm")
    head = loaded(export_of("batch norm"), tmp_path).convs[-1]
    assert not head.relu
    assert network.fc.weight.tolist() == head.weights[:, :, 0, 0].tolist()
    assert network.fc.bias.tolist() == head.bias.tolist()


def test_preprocessing_order_and_labels_are_options(tmp_path):
    """What a program does not say is said as for a state_dict."""
    labels = tuple("abcdefg")
    options = LoadOptions(
        order="BGR", trained_order="BGR", preset="caffe", labels=labels, input_height=32
    )
    graph = loaded(export_of("batch norm"), tmp_path, options)
    assert ("BGR", labels) == (graph.order, graph.labels)
    assert (104.0, 117.0, 123.0) == graph.preprocessing.mean
    assert "GRAY" == loaded(export_of("averaged"), tmp_path).order


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (LoadOptions(input_height=64), "holds its own input height: leave the option out"),
        (LoadOptions(stem_padding=1), "holds its own stem padding: leave the option out"),
        (LoadOptions(head_relu=False), "holds its own head relu"),
        (LoadOptions(labels=("a", "b")), "2 labels do not name 7 classes"),
        (LoadOptions(order="GRAY"), "takes RGB images, which cannot be made of GRAY"),
    ],
)
def test_what_the_program_says_is_no_option(options, message, tmp_path):
    """Sizes, strides, paddings and ReLUs are in the program and cannot be overruled."""
    with pytest.raises(LoadError, match=message):
        loaded(export_of("batch norm"), tmp_path, options)
