"""
BatchNorm is there while training and gone afterwards.
"""

from dataclasses import replace

import torch

from sqz2c.train.batchnorm import add_batchnorm, fold_batchnorm
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet

TINY = Architecture(
    classes=3, in_channels=1, stem_filters=4, stem_kernel=3, widths=(FireWidths(2, 3, 5),)
)


def test_folding_keeps_the_function_and_restores_the_names():
    """A folded network has the plain one's state_dict names and the normalised one's logits."""
    torch.manual_seed(1)
    network = add_batchnorm(SqueezeNet(TINY))
    network(3 + torch.randn(8, 1, 20, 20))  # moves the running statistics
    network.eval()
    image = torch.randn(4, 1, 20, 20)
    expected = network(image)

    folded = fold_batchnorm(network)

    assert torch.allclose(expected, folded(image), atol=1e-5)
    assert list(SqueezeNet(TINY).state_dict()) == list(folded.state_dict())


def test_no_class_falls_silent_in_a_fast_training():
    """Each class keeps a positive logit, though the head's ReLU passes no gradient below zero."""
    torch.manual_seed(1)
    architecture = replace(TINY, classes=10, dropout=0.0)
    network = add_batchnorm(SqueezeNet(architecture))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5, momentum=0.9)
    images, labels = torch.rand(64, 1, 12, 12), torch.arange(64) % 10
    for _ in range(30):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()

    largest = fold_batchnorm(network.eval())(images).amax(0)

    assert bool((largest > 0).all()), largest
