"""
Trained quantization: codebook sizes, zeros apart, gradients summed per centroid.
"""

import pytest
import torch
from torch import nn

from sqz2c.train.share import (
    SharedWeight,
    codebook,
    k_means,
    linear_centroids,
    nearest,
    share_weights,
    unshare,
)


def sparse_conv(seed: int = 1) -> nn.Conv2d:
    torch.manual_seed(seed)
    conv = nn.Conv2d(8, 16, 3)
    with torch.no_grad():
        conv.weight[torch.rand_like(conv.weight) < 0.6] = 0

    return conv


@pytest.mark.parametrize("size", [2, 3, 16, 32])
def test_codebook_has_at_most_its_size(size):
    """Zero counts: a layer of size N has at most N distinct weights."""
    conv = sparse_conv()
    share_weights([conv], size)

    assert conv.weight.unique().numel() <= size


def test_zeros_stay_zero_and_nothing_else_becomes_zero():
    """Sharing and training keep exactly the pruned places at zero."""
    conv = sparse_conv()
    places = conv.weight == 0
    share_weights([conv], 16)
    optimizer = torch.optim.Adam(conv.parameters(), lr=1e-3)

    for _ in range(5):
        optimizer.zero_grad()
        conv(torch.randn(2, 8, 6, 6)).square().sum().backward()
        optimizer.step()

    assert torch.equal(places, conv.weight == 0)
    assert conv.weight.unique().numel() <= 16


def test_centroid_gradient_is_the_sum_of_its_weights_gradients():
    """Every weight that shares a value adds its gradient (Deep Compression, equation 3)."""
    conv = sparse_conv()
    share_weights([conv], 8)
    plain = nn.Conv2d(8, 16, 3)
    plain.load_state_dict({"weight": conv.weight.detach(), "bias": conv.bias.detach()})
    x = torch.randn(2, 8, 6, 6)

    conv(x).square().sum().backward()
    plain(x).square().sum().backward()

    expected = [plain.weight.grad[plain.weight == c].sum() for c in codebook(conv)]
    assert torch.allclose(torch.stack(expected), codebook(conv).grad, rtol=1e-4)


def test_k_means_finds_separated_clusters():
    """Values in tight groups get one centroid a group: its mean."""
    values = torch.tensor([-1.1, -0.9, 0.4, 0.6, 2.9, 3.1])

    assert torch.allclose(torch.tensor([-1.0, 0.5, 3.0]), k_means(values, 3))


def test_few_values_are_their_own_codebook():
    """Sharing what is shared already changes no weight."""
    conv = sparse_conv()
    share_weights([conv], 16)
    unshare(conv)
    expected = conv.weight.detach().clone()

    share_weights([conv], 16)

    assert torch.equal(expected, conv.weight)


def test_unshared_layer_keeps_its_weight_under_its_plain_name():
    """Unsharing leaves the state_dict of an ordinary convolution."""
    conv = sparse_conv()
    share_weights([conv], 16)
    expected = conv.weight.detach().clone()

    unshare(conv)

    assert {"weight", "bias"} == set(conv.state_dict())
    assert torch.equal(expected, conv.weight)


def test_nearest_is_nearest():
    """Each value's index is that of the closest centroid."""
    torch.manual_seed(1)
    values, centroids = torch.randn(100), torch.randn(9).sort().values

    expected = (values[:, None] - centroids).abs().argmin(1)
    assert torch.equal(expected, nearest(values, centroids))


def test_all_zero_layer_stays_zero():
    """A layer that was pruned away altogether can be shared too."""
    shared = SharedWeight(torch.zeros(2, 3), 16)

    assert torch.equal(torch.zeros(2, 3), shared(shared.right_inverse(torch.zeros(2, 3))))


def test_linear_start_leaves_the_gap_of_pruning_empty():
    """Centroids start evenly spaced over each sign's own range, none of them in the gap."""
    values = torch.tensor([-3.0, -1.0, 2.0, 4.0, 3.1, -1.3])

    assert [-3.0, -2.0, -1.0, 2.0, 3.0, 4.0] == linear_centroids(values, 6).tolist()
