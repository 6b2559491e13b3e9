"""
What was trained is what is compiled: the graph computes the trained network's numbers.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sqz2c.errors import QuantizeError
from sqz2c.ir.check import check_graph
from sqz2c.ir.layer import Conv
from sqz2c.train.export import Image, to_graph
from sqz2c.train.fake_quant import observing, quantize_activations, quantize_weights
from sqz2c.train.share import codebook, share_weights
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet, convs
from sqz2c.verify.reference import Reference

TINY = Architecture(
    classes=3,
    in_channels=1,
    stem_filters=4,
    stem_kernel=3,
    stem_stride=1,
    pools=(0, 1),
    widths=(FireWidths(2, 3, 5), FireWidths(3, 4, 4)),
)
IMAGE = Image(height=14, width=14, order="GRAY", scale=1 / 255)


def quantized_network(
    seed: int = 1, architecture: Architecture = TINY
) -> tuple[SqueezeNet, torch.Tensor]:
    torch.manual_seed(seed)
    network = SqueezeNet(architecture)
    with torch.no_grad():
        for conv in convs(network).values():
            conv.bias.normal_(0.05, 0.05)
        network.classifier[1].weight.normal_(0, 0.5)
    share_weights(convs(network).values(), 8)
    quantize_weights(network)
    quantize_activations(network)
    pixels = torch.randint(0, 256, (16, 1, 14, 14), dtype=torch.uint8)
    with observing(network), torch.no_grad():
        network.eval()(pixels.float() / 255)

    return network, pixels


def test_graph_computes_what_was_trained():
    """The head's sums, times its scale over the number of pixels, are the trained logits."""
    network, pixels = quantized_network()

    graph = to_graph(network, IMAGE, ("a", "b", "c"))

    check_graph(graph)
    head = graph.tensor(graph.head.input)
    unit = head.quantization.scale / (head.height * head.width)
    reference = Reference(graph)
    for image in pixels:
        logits = reference(image.permute(1, 2, 0).numpy())["average"] * unit
        with torch.no_grad():
            expected = network(image[None].float() / 255)[0].numpy()
        assert np.abs(expected - logits).max() <= 1.01 * head.quantization.scale
        assert np.abs(expected).max() > 20 * head.quantization.scale


@pytest.mark.parametrize("bypass", ["simple", "complex"])
def test_bypasses_are_what_was_trained(bypass: str) -> None:
    """Sums and convolutions around fire modules have scales of their own, as in training."""
    widths = (FireWidths(2, 3, 5), FireWidths(3, 4, 4), FireWidths(2, 4, 2))
    architecture = replace(TINY, widths=widths, pools=(0, 2), bypass=bypass)
    network, pixels = quantized_network(3, architecture)

    graph = to_graph(network, IMAGE)

    check_graph(graph)
    names = ["fire2/add", "fire3/add", "fire4/add"] if bypass == "complex" else ["fire3/add"]
    assert names == [add.name for add in graph.adds]
    assert (bypass == "complex") == any(
        (graph.tensor(add.output).quantization.zero_point > 0) for add in graph.adds
    )
    head = graph.tensor(graph.head.input)
    unit = head.quantization.scale / (head.height * head.width)
    reference = Reference(graph)
    for image in pixels:
        logits = reference(image.permute(1, 2, 0).numpy())["average"] * unit
        with torch.no_grad():
            expected = network(image[None].float() / 255)[0].numpy()
        assert np.abs(expected - logits).max() <= 2 * head.quantization.scale
        assert np.abs(expected).max() > 20 * head.quantization.scale


def test_weights_are_the_trained_ones():
    """An int8 weight times its layer's scale is the weight that was trained with."""
    network, _ = quantized_network()

    graph = to_graph(network, IMAGE)

    trained = [conv.weight.detach().numpy() for conv in convs(network).values()]
    for index, (conv, expected) in enumerate(zip(graph.convs, trained, strict=True)):
        scale = conv.weight_scales[0] * (1 if index else 255)
        assert np.allclose(expected, conv.weights * scale, rtol=1e-5, atol=0)


def test_layer_without_weights_is_legal():
    """A layer that was pruned away altogether still has a scale."""
    network, _ = quantized_network()
    codebook(network.features[3].squeeze).data.zero_()

    graph = to_graph(network, IMAGE)

    check_graph(graph)
    assert not graph.convs[1].weights.any()


def test_codebooks_survive():
    """No layer has more distinct int8 values than its codebook holds."""
    graph = to_graph(quantized_network()[0], IMAGE)

    counts = [np.unique(c.weights).size for c in graph.layers if isinstance(c, Conv)]

    assert max(counts) <= 8


def test_layers_are_named_as_in_the_paper():
    """conv1, fires from 2, pools by the fire before them, the head last."""
    graph = to_graph(quantized_network()[0], IMAGE)

    fires = [[f"fire{n}/{c}" for c in ("squeeze", "expand1x1", "expand3x3")] for n in (2, 3)]
    expected = ["conv1", "pool1", *fires[0], "pool2", *fires[1], "conv4", "average"]
    assert expected == [layer.name for layer in graph.layers]


def test_unknown_ranges_are_refused():
    """A network whose activations were never observed has no scales to compile with."""
    network = SqueezeNet(TINY)

    with pytest.raises(QuantizeError, match="conv1: its activation's range is not known"):
        to_graph(network, IMAGE)
