"""
Sizes and MACs, judged by PyTorch and by counting.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sqz2c.ir.geometry import conv_side, macs, pool_side, taps
from tests.networks import Member, build

WINDOWS = [
    (side, kernel, stride, padding)
    for side in (1, 2, 3, 4, 5, 6, 7, 12, 13)
    for kernel in (1, 2, 3, 5)
    for stride in (1, 2, 3)
    for padding in (0, 1, 2)
    if 2 * padding <= kernel <= side + 2 * padding
]


@pytest.mark.parametrize(("side", "kernel", "stride", "padding"), WINDOWS)
def test_sizes_are_pytorchs(side, kernel, stride, padding):
    """Convolutions and ceil-mode pools have the sizes that PyTorch gives them."""
    x = torch.zeros(1, 1, side, side)
    pooled = F.max_pool2d(x, kernel, stride, padding, ceil_mode=True)
    convolved = F.conv2d(x, torch.zeros(1, 1, kernel, kernel), None, stride, padding)
    assert pooled.shape[2] == pool_side(side, kernel, stride, padding)
    assert convolved.shape[2] == conv_side(side, kernel, stride, padding)


@pytest.mark.parametrize(("side", "kernel", "stride", "padding"), WINDOWS)
def test_taps_are_counted(side, kernel, stride, padding):
    """The windows' positions inside the image are those that a convolution of ones sums."""
    out = conv_side(side, kernel, stride, padding)
    ones = F.conv1d(torch.ones(1, 1, side), torch.ones(1, 1, kernel), None, stride, padding)
    assert int(ones.sum()) == taps(side, out, kernel, stride, padding)


def test_macs_leave_padding_out():
    """A 3x3 convolution with padding 1 multiplies 9 times inside, 6 at edges, 4 in corners."""
    graph = build(Member(height=11, width=11, pool_after=()))
    layer = next(conv for conv in graph.convs if conv.name == "fire2/expand3x3")
    height = width = graph.tensor("fire2").height
    per_channel = 9 * (height - 2) * (width - 2) + 4 * 6 * (height - 2) + 4 * 4
    assert per_channel * layer.in_channels * layer.out_channels == macs(graph, layer)


def test_macs_of_the_whole_network_are_what_a_convolution_of_ones_counts():
    """MACs of every layer, counted by convolving ones with ones."""
    graph = build(Member(height=17, width=23, stem=(4, 5, 2, 2), head_padding=1))
    for layer in graph.layers:
        if layer not in graph.convs:
            assert 0 == macs(graph, layer)
            continue
        source = graph.tensor(layer.input)
        ones = torch.ones(1, source.channels, source.height, source.width, dtype=torch.float64)
        filters = torch.from_numpy(np.ones(layer.weights.shape))
        counted = F.conv2d(ones, filters, None, layer.stride, layer.padding).sum()
        assert int(counted) == macs(graph, layer)
