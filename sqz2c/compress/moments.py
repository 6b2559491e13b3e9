"""
What a convolution's inputs are like: means and covariances over a sample of places in all
pictures.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from sqz2c.ir.layer import Conv

ROWS = 20_000  # places in all, about
CHUNK = 10  # pictures at once
DAMPING = 0.01  # share of the mean of the diagonal
NOISE = 1e-6  # of float32 sums, relative
TINY = 1e-12
DOUBLINGS = 100  # of the damping, at most


@dataclass(frozen=True, eq=False)
class Moments:
    """
    Of the inputs that a filter meets, [inputs] = [in_channels * kernel_height * kernel_width]:
    their MEAN, and their covariance, damped, as HESSIAN. A bias takes errors in the mean, so only
    what varies around it counts for weights.
    """

    hessian: torch.Tensor
    mean: torch.Tensor


def measure(
    conv: Conv, maps: torch.Tensor, places: torch.Tensor, centre: torch.Tensor, seed: int
) -> Moments:
    """
    Measure what CONV meets in MAPS [n, in_channels, height, width]. PLACES [n, out_height,
    out_width] say what each output counts, SEED which are looked at; CENTRE [inputs] is about the
    mean, so that float32 products keep their digits.
    """
    size = conv.filter_weights
    gram = torch.zeros(size, size, dtype=torch.float64)
    total, weight = torch.zeros(size, dtype=torch.float64), 0.0
    for rows, amounts in _samples(conv, maps, places, seed):
        rows = rows - centre.float()
        weighted = rows * amounts
        gram += (weighted.t() @ rows).double()
        total += weighted.sum(0).double()
        weight += float(amounts.double().sum())
    mean = total / weight
    hessian = gram / weight - torch.outer(mean, mean)
    # Inputs that hardly change leave rounding errors, of either sign.
    least = NOISE * float(gram.diagonal().max()) / weight + TINY
    damping = DAMPING * max(float(hessian.diagonal().mean()), 0.0) + least
    damped = positive(hessian + damping * torch.eye(size, dtype=torch.float64), damping)

    return Moments(damped, mean + centre.float().double())


def positive(hessian: torch.Tensor, damping: float) -> torch.Tensor:
    """
    HESSIAN, damped more until it is positive definite: inputs that do not change at all, behind
    layers that have no weights left, are nothing but rounding errors.
    """
    for _ in range(DOUBLINGS):
        if not torch.linalg.cholesky_ex(hessian).info:
            break
        hessian = hessian + damping * torch.eye(len(hessian), dtype=torch.float64)
        damping *= 2

    return hessian


def mean_of(conv: Conv, maps: torch.Tensor, places: torch.Tensor, seed: int) -> torch.Tensor:
    """The mean alone, over the same places."""
    total, weight = torch.zeros(conv.filter_weights, dtype=torch.float64), 0.0
    for rows, amounts in _samples(conv, maps, places, seed):
        total += (rows * amounts).sum(0).double()
        weight += float(amounts.double().sum())

    return total / weight


def _samples(
    conv: Conv, maps: torch.Tensor, places: torch.Tensor, seed: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Give what filters see, [rows, inputs], and what each row counts, [rows, 1]."""
    count, available = places.shape[0], places[0].numel()
    kept = min(available, -(-ROWS // count))
    generator = torch.Generator().manual_seed(seed)
    for first in range(0, count, CHUNK):
        chosen = torch.randperm(available, generator=generator)[:kept]
        part = slice(first, first + CHUNK)
        amounts = places[part].flatten(1)[:, chosen].reshape(-1, 1)
        yield _patches(conv, maps[part], chosen), amounts


def _patches(conv: Conv, maps: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    kernel = (conv.kernel_height, conv.kernel_width)
    if kernel == (1, 1) and conv.stride == 1 and conv.padding == 0:
        columns = maps.flatten(2)
    else:
        columns = F.unfold(maps, kernel, padding=conv.padding, stride=conv.stride)

    return columns[:, :, chosen].transpose(1, 2).reshape(-1, conv.filter_weights)
