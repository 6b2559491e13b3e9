"""
Pruning by magnitude, gradually, with retraining (Deep Compression, section 2).
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


def gradual_density(progress: float, final: float) -> float:
    """
    Give the density to hold at PROGRESS 0..1: 1 at the start, FINAL at the end, cubic between
    (Zhu and Gupta 2017), so that most weights leave while the rest can still adapt.
    """
    left = 1.0 - min(max(progress, 0.0), 1.0)

    return final + (1.0 - final) * left**3


def layer_densities(weights: Mapping[str, torch.Tensor], density: float) -> dict[str, float]:
    """
    Share out DENSITY (of all weights together) among layers by the LAMP score
    (Lee et al. 2021).

    A weight's score is its square over the sum of all squares in its layer that are no smaller:
    about how much of the layer would be lost with it and everything below it.
    """
    scores = {name: _lamp_scores(weight) for name, weight in weights.items()}
    everything = torch.cat(list(scores.values()))
    kept = max(round(density * everything.numel()), 1)
    threshold = torch.topk(everything, kept).values[-1]

    return {name: float((score >= threshold).float().mean()) for name, score in scores.items()}


def _lamp_scores(weight: torch.Tensor) -> torch.Tensor:
    squares = weight.detach().double().flatten().square().sort().values
    suffix = squares.flip(0).cumsum(0).flip(0)

    return squares / suffix.clamp_min(torch.finfo(torch.float64).tiny)


def magnitude_mask(weight: torch.Tensor, density: float) -> torch.Tensor:
    """
    Mark the largest DENSITY of a layer's weights, at least one; exactly so many, ties by place.
    """
    kept = max(round(density * weight.numel()), 1)
    largest = torch.topk(weight.detach().abs().flatten(), kept).indices
    mask = torch.zeros(weight.numel(), dtype=torch.bool)
    mask[largest] = True

    return mask.view(weight.shape)


class Pruner:
    """
    Masks over some layers' weights: drop the smallest with `prune_to`, and after every step of
    the optimizer call `apply`, so that what is pruned stays zero while the rest is retrained.
    """

    def __init__(self, layers: Mapping[str, nn.Conv2d]) -> None:
        self.layers = dict(layers)
        self.masks = {name: torch.ones_like(m.weight).bool() for name, m in layers.items()}

    @torch.no_grad()
    def prune_to(self, densities: Mapping[str, float]) -> None:
        """Shrink each named layer's mask to its density; pruned weights never come back."""
        for name, density in densities.items():
            weight = self.layers[name].weight * self.masks[name]
            self.masks[name] &= magnitude_mask(weight, density)
        self.apply()

    @torch.no_grad()
    def apply(self) -> None:
        """Set pruned weights to zero."""
        for name, mask in self.masks.items():
            self.layers[name].weight.mul_(mask)

    @property
    def density(self) -> float:
        """Share of weights kept, over all layers."""
        kept = sum(int(mask.sum()) for mask in self.masks.values())

        return kept / sum(mask.numel() for mask in self.masks.values())


class GradualPruning:
    """
    For after each step of training: prune LAYERS to DENSITY, all together, within the first ENDS
    of it, and keep the zeros; the rest of the time retrains what is left.
    """

    def __init__(self, layers: Mapping[str, nn.Conv2d], density: float, ends: float) -> None:
        self.layers, self.density, self.ends = dict(layers), density, ends
        self.pruner = Pruner(layers)

    def __call__(self, progress: float) -> None:
        """Prune a little more where enough has gathered since the last time."""
        least = 1e-4 if progress >= self.ends else 2e-3
        wanted = gradual_density(progress / self.ends, self.density)
        if wanted < self.pruner.density - least:
            weights = {name: layer.weight for name, layer in self.layers.items()}
            self.pruner.prune_to(layer_densities(weights, wanted))
        self.pruner.apply()

    def state_dict(self) -> dict[str, Any]:
        """Give the masks."""
        return dict(self.pruner.masks)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take masks that state_dict gave."""
        self.pruner.masks = dict(state)


def pruning_optimizer(layers: Mapping[str, nn.Conv2d], rate: float) -> torch.optim.Optimizer:
    """Adam whose RATE is relative to how large each layer's weights and biases are."""
    groups = []
    for layer in layers.values():
        size = float(layer.weight.detach().square().mean().sqrt()) or 1.0
        bias = float(layer.bias.detach().square().mean().sqrt()) or size
        groups += [
            {"params": [layer.weight], "lr": rate * size},
            {"params": [layer.bias], "lr": rate * bias},
        ]

    return torch.optim.Adam(groups)
