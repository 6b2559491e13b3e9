"""
Trained quantization: weights share a codebook, whose values are trained
(Deep Compression, section 3). Pruned weights stay zero, apart from the codebook's other values.
"""

from collections.abc import Iterable

import torch
from torch import nn
from torch.nn.utils import parametrize

MAX_ITERATIONS = 50


def linear_centroids(values: torch.Tensor, count: int) -> torch.Tensor:
    """
    Give COUNT centroids, ascending, evenly spaced over the negative and over the positive range
    of VALUES (pruning leaves a gap between them that needs none). Large weights matter most and
    are few, so a linear start beats density or random ones (section 3.2).
    """
    sides = [side for side in (values[values < 0], values[values >= 0]) if side.numel()]
    if len(sides) == 1 or count == 1:
        return torch.linspace(float(values.min()), float(values.max()), count)
    lengths = [float(side.max() - side.min()) for side in sides]
    share = lengths[0] / (sum(lengths) or 1.0)
    below = min(max(round(count * share), 1), count - 1)
    parts = zip(sides, (below, count - below), strict=True)

    return torch.cat([torch.linspace(float(s.min()), float(s.max()), n) for s, n in parts])


def density_centroids(values: torch.Tensor, count: int) -> torch.Tensor:
    """Give COUNT centroids, ascending, each with about as many of VALUES around it."""
    places = (torch.arange(count) + 0.5) / count * (values.numel() - 1)

    return values.sort().values[places.round().long()].unique()


def random_centroids(values: torch.Tensor, count: int) -> torch.Tensor:
    """Give COUNT of the distinct VALUES, ascending, drawn by PyTorch's own generator."""
    distinct = values.unique()

    return distinct[torch.randperm(distinct.numel())[:count]].sort().values


STARTS = {
    "linear": linear_centroids,
    "density": density_centroids,
    "random": random_centroids,
}


def nearest(values: torch.Tensor, centroids: torch.Tensor) -> torch.Tensor:
    """Give for each of VALUES [n] the index of the nearest of CENTROIDS (ascending)."""
    borders = (centroids[1:] + centroids[:-1]) / 2

    return torch.bucketize(values.contiguous(), borders)


def k_means(values: torch.Tensor, count: int, start: str = "linear") -> torch.Tensor:
    """
    Cluster VALUES [n] from one of STARTS; give at most COUNT centroids, ascending. Centroids
    that no value is nearest to are dropped, except that at least one remains.
    """
    distinct = values.unique()
    if distinct.numel() <= count:
        return distinct
    centroids = STARTS[start](values, count)
    for _ in range(MAX_ITERATIONS):
        index = nearest(values, centroids)
        sizes = torch.bincount(index, minlength=centroids.numel())
        sums = torch.zeros(centroids.numel()).index_add_(0, index, values)
        moved = (sums / sizes.clamp_min(1))[sizes > 0]
        if moved.shape == centroids.shape and torch.equal(moved, centroids):
            break
        centroids = moved

    return centroids


class SharedWeight(nn.Module):
    """
    Parametrization of one layer's weight: weight = codebook[index], index 0 is the value zero.

    The trained parameter is the codebook without its zero, so a centroid's gradient is the sum
    of its weights' gradients (equation 3).
    """

    index: torch.Tensor

    def __init__(self, weight: torch.Tensor, size: int, start: str = "linear") -> None:
        """Make a codebook of at most SIZE values, zero included, for WEIGHT."""
        super().__init__()
        values = weight.detach()[weight.detach() != 0]
        self.start = k_means(values, size - 1, start) if values.numel() else torch.zeros(1)
        index = torch.where(weight.detach() == 0, 0, 1 + nearest(weight.detach(), self.start))
        self.register_buffer("index", index.to(torch.int64))

    def forward(self, centroids: torch.Tensor) -> torch.Tensor:
        """Expand the codebook to the layer's weight."""
        values = torch.cat([centroids.new_zeros(1), centroids])

        return values.index_select(0, self.index.flatten()).view(self.index.shape)

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
        """Give the codebook to start training from."""
        return self.start.clone()


def share_weights(layers: Iterable[nn.Conv2d], size: int, start: str = "linear") -> None:
    """Give each layer a trainable codebook of at most SIZE values, zero included."""
    for layer in layers:
        shared = SharedWeight(layer.weight, size, start)
        parametrize.register_parametrization(layer, "weight", shared, unsafe=True)


def unshare(layer: nn.Conv2d) -> None:
    """Make what the codebook says LAYER's plain weight again."""
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)


def codebook(layer: nn.Conv2d) -> torch.Tensor:
    """Give the values of a shared layer without zero: its trainable parameter."""
    return layer.parametrizations.weight.original  # type: ignore[union-attr,return-value]
