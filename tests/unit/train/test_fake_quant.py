"""
Quantization-aware training computes the deployed arithmetic, up to float rounding.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn

from sqz2c.train.fake_quant import (
    Int8Weight,
    QuantizedRange,
    QuantizedReLU,
    activation_scales,
    observing,
    quantize_activations,
    quantize_weights,
    round_through,
)
from sqz2c.train.share import codebook, share_weights
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet, convs

TINY = Architecture(
    classes=3, in_channels=1, stem_filters=4, stem_kernel=3, widths=(FireWidths(2, 3, 5),)
)


def test_rounding_is_half_to_even_and_passes_gradients():
    """Rounding is PyTorch's rint in the forward pass and the identity in the backward pass."""
    x = torch.tensor([0.5, 1.5, -2.5, 0.2], requires_grad=True)

    y = round_through(x)
    y.sum().backward()

    assert [0.0, 2.0, -2.0, 0.0] == y.tolist()
    assert [1.0, 1.0, 1.0, 1.0] == x.grad.tolist()


def test_weights_lie_on_the_int8_grid():
    """Every weight is a whole multiple of max / 127, at most 127 of them."""
    torch.manual_seed(1)
    weight = torch.randn(50)

    steps = Int8Weight()(weight) / (weight.abs().max() / 127)

    assert torch.allclose(steps.round(), steps, atol=1e-4)
    assert 127 == round(float(steps.abs().max()))


def test_all_zero_weights_stay_zero():
    """A layer that was pruned away has no extreme to scale by."""
    assert torch.equal(torch.zeros(3), Int8Weight()(torch.zeros(3)))


def test_codebook_survives_the_int8_grid():
    """Rounded to int8, shared weights are no more values than the codebook holds."""
    torch.manual_seed(1)
    network = SqueezeNet(TINY)
    share_weights(convs(network).values(), 8)
    quantize_weights(network)
    network(torch.randn(2, 1, 20, 20)).sum().backward()

    counts = [conv.weight.unique().numel() for conv in convs(network).values()]

    assert max(counts) <= 8
    assert codebook(network.features[0]).grad is not None


def test_activation_is_uint8_times_scale():
    """After observing, outputs are whole multiples 0..255 of the observed maximum / 255."""
    relu = QuantizedReLU()
    relu.observing = True
    relu(torch.tensor([-4.0, 1.0, 5.1]))
    relu.observing = False

    y = relu(torch.tensor([-1.0, 0.029, 0.031, 5.1, 9.0]))

    assert pytest.approx(5.1 / 255) == float(relu.scale)
    assert [0, 1, 2, 255, 255] == (y / relu.scale).round().tolist()


def test_clipped_activations_pass_no_gradient():
    """Above the range and below zero the gradient is 0, inside it is 1."""
    relu = QuantizedReLU()
    relu.scale.fill_(0.01)
    x = torch.tensor([-1.0, 1.0, 3.0], requires_grad=True)

    relu(x).sum().backward()

    assert [0.0, 1.0, 0.0] == x.grad.tolist()


def test_a_range_holds_zero_and_both_ends():
    """Outputs are multiples of the scale from low to high, clipped there; gradients pass inside."""
    quantized = QuantizedRange()
    quantized.observing = True
    x = torch.tensor([-0.5, 0.25, 2.05], requires_grad=True)
    assert [-0.5, 0.25, 2.05] == pytest.approx(quantized(x).tolist())
    quantized.observing = False

    assert 50 == int(quantized.zero_point)
    assert 0.01 == pytest.approx(float(quantized.scale))
    y = quantized(torch.cat([x, torch.tensor([-9.0, 0.0, 0.0149, 9.0])]))
    assert [-0.5, 0.25, 2.05, -0.5, 0.0, 0.01, 2.05] == pytest.approx(y.tolist(), abs=1e-6)
    y[:3].sum().backward()
    assert 1.0 == x.grad[1]


def test_what_is_added_has_a_scale_of_its_own():
    """The sum and the convolution around a fire module are observed apart from its expands."""
    torch.manual_seed(1)
    network = SqueezeNet(replace(TINY, bypass="complex"))
    quantize_activations(network)
    with observing(network):
        network(torch.randn(2, 1, 20, 20))

    added = {"features.3.bypass_activation", "features.3.add.activation_post_process"}
    assert added <= set(activation_scales(network))
    assert min(activation_scales(network).values()) > 0


def test_expands_share_one_scale():
    """Both expands of a fire module write into one tensor, so they have one scale."""
    torch.manual_seed(1)
    network = SqueezeNet(TINY)
    quantize_activations(network)
    with observing(network):
        network(torch.randn(2, 1, 20, 20))

    scales = activation_scales(network)

    assert [m for m in network.modules() if isinstance(m, nn.ReLU)] == []
    assert {
        "features.1",
        "features.3.squeeze_activation",
        "features.3.expand1x1_activation",
        "features.3.expand3x3_activation",
        "classifier.2",
    } == set(scales)
    expand1x1 = scales["features.3.expand1x1_activation"]
    assert expand1x1 == scales["features.3.expand3x3_activation"]
    assert min(scales.values()) > 0
