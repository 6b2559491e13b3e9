"""
Pruning: how many weights stay, which, and that the others stay zero.
"""

import pytest
import torch
from torch import nn

from sqz2c.train.prune import (
    GradualPruning,
    Pruner,
    gradual_density,
    layer_densities,
    magnitude_mask,
)


@pytest.mark.parametrize(
    ("progress", "expected"), [(-1, 1.0), (0, 1.0), (0.5, 0.3), (1, 0.2), (2, 0.2)]
)
def test_density_falls_from_one_to_final(progress, expected):
    """Half way an eighth of the way down is left; outside of 0..1 the ends hold."""
    assert pytest.approx(expected) == gradual_density(progress, 0.2)


def test_mask_keeps_the_largest():
    """The mask marks the largest magnitudes, whatever their sign, and exactly so many."""
    weight = torch.tensor([[0.1, -3.0, 0.5], [2.0, 0.0, -0.4]])

    mask = magnitude_mask(weight, 0.5)

    assert [[False, True, True], [True, False, False]] == mask.tolist()


def test_mask_is_exact_among_equal_weights():
    """Equal magnitudes do not make a mask larger than asked for."""
    assert 25 == int(magnitude_mask(torch.ones(10, 10), 0.25).sum())


def test_layers_share_out_the_density():
    """Together layers keep the density asked for; one with few large weights keeps less."""
    torch.manual_seed(1)
    flat = torch.randn(1000).sign()
    peaked = torch.randn(1000) ** 5
    densities = layer_densities({"flat": flat, "peaked": peaked}, 0.3)

    assert pytest.approx(0.3, abs=0.002) == sum(densities.values()) / 2
    assert densities["peaked"] < densities["flat"]


def test_densities_do_not_depend_on_a_layers_scale():
    """The score is relative within a layer: scaling one layer's weights changes nothing."""
    torch.manual_seed(1)
    a, b = torch.randn(500), torch.randn(700)

    expected = layer_densities({"a": a, "b": b}, 0.3)
    assert expected == layer_densities({"a": 8 * a, "b": b}, 0.3)


def test_masks_hold_after_steps_and_only_shrink():
    """A pruned weight stays zero through training with momentum and through later pruning."""
    torch.manual_seed(1)
    conv = nn.Conv2d(4, 8, 3)
    pruner = Pruner({"conv": conv})
    pruner.prune_to({"conv": 0.5})
    first = pruner.masks["conv"].clone()
    optimizer = torch.optim.SGD(conv.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)

    for _ in range(5):
        optimizer.zero_grad()
        conv(torch.randn(2, 4, 6, 6)).square().sum().backward()
        optimizer.step()
        pruner.apply()
    pruner.prune_to({"conv": 0.25})
    pruner.prune_to({"conv": 0.75})

    assert 72 == int((conv.weight != 0).sum())
    assert 0.25 == pruner.density
    assert bool((first | ~pruner.masks["conv"]).all())


def pruned_convolution(steps: list[float], state: dict | None = None) -> GradualPruning:
    torch.manual_seed(1)
    pruning = GradualPruning({"a": torch.nn.Conv2d(8, 8, 3)}, density=0.25, ends=0.5)
    if state is not None:
        pruning.load_state_dict(state)
    for progress in steps:
        pruning(progress)

    return pruning


def test_gradual_pruning_ends_before_training_does():
    """The density is reached at its end and kept from there on; zeros stay zeros."""
    pruning = pruned_convolution([0.1, 0.3, 0.5])
    weight = pruning.layers["a"].weight
    zeros = weight == 0
    weight.data.fill_(1.0)

    pruning(0.9)

    assert pytest.approx(0.25, abs=1e-3) == pruning.pruner.density
    assert torch.equal(zeros, weight == 0)


def test_gradual_pruning_goes_on_from_its_state():
    """Masks are all that it remembers."""
    expected = pruned_convolution([0.1, 0.2, 0.3])
    resumed = pruned_convolution([0.2, 0.3], pruned_convolution([0.1]).state_dict())

    assert torch.equal(expected.pruner.masks["a"], resumed.pruner.masks["a"])
