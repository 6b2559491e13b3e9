"""
The two real networks, as published.
"""

import numpy as np
import pytest
import torch

from sqz2c.errors import LoadError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.geometry import macs
from sqz2c.load import LoadOptions, load_model
from sqz2c.train.squeezenet import squeezenet1_1
from tests.authors import export
from tests.unit.load.real_files import NET, NPZ, needs_data, torchvision_names, v1_0, v1_1

pytestmark = [pytest.mark.slow, needs_data]


def test_the_deep_compression_file_has_its_published_counts():
    """1,244,448 weights, 415,921 of them not zero, at most 256 values a layer."""
    graph = v1_0()
    assert 1_244_448 == sum(conv.weights.size for conv in graph.convs)
    assert 415_921 == sum(np.count_nonzero(conv.weights) for conv in graph.convs)
    assert max(len(np.unique(conv.weights)) for conv in graph.convs) <= 256
    assert (15, 15) == (graph.tensor("conv10").height, graph.tensor("conv10").width)


def test_v1_1_has_its_published_size(tmp_path):
    """1,235,496 parameters; 55, 27 and 13 pixels a side after the pools."""
    graph = v1_1(tmp_path)
    assert 1_235_496 == sum(conv.weights.size + conv.bias.size for conv in graph.convs)
    assert [55, 27, 13] == [graph.tensor(name).width for name in ("pool1", "pool3", "pool5")]
    assert 337_404_608 == sum(macs(graph, layer) for layer in graph.layers)


def test_v1_1_as_an_exported_program_is_the_same_graph(tmp_path):
    """The published weights in a module, exported: what their state_dict gives, byte by byte."""
    network = squeezenet1_1().eval()
    with np.load(NPZ) as arrays:
        weights = torchvision_names(dict(arrays))
    network.load_state_dict({key: torch.from_numpy(values) for key, values in weights.items()})
    (tmp_path / "v1_1.pt2").write_bytes(export(network, (3, 224, 224)))
    graph = load_model(tmp_path / "v1_1.pt2", LoadOptions(preset="caffe"))
    assert to_bytes(v1_1(tmp_path)) == to_bytes(graph)


@pytest.mark.parametrize("size", [103, 104, 5000, 675_762])
def test_a_truncated_file_is_refused(size, tmp_path):
    """The published file, cut anywhere, ends in one sentence."""
    (tmp_path / "cut.net").write_bytes(NET.read_bytes()[:size])
    message = (
        "none of the files" if size < 104 else "its counts ask for 675763: the file is damaged"
    )
    with pytest.raises(LoadError, match=message):
        load_model(tmp_path / "cut.net", LoadOptions())
