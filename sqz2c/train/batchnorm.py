"""
BatchNorm for training only: put behind convolutions, folded into them again before deployment.
"""

from typing import cast

import torch
from torch import nn

from sqz2c.train.squeezenet import SqueezeNet, convs

HEAD = "classifier.1"


class NormalisedConv(nn.Sequential):
    """A convolution followed by BatchNorm."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__(conv, nn.BatchNorm2d(conv.out_channels))

    def folded(self) -> nn.Conv2d:
        """Give the one convolution that equals both in eval mode; it is a new module."""
        conv, norm = cast(nn.Conv2d, self[0]), cast(nn.BatchNorm2d, self[1])

        return nn.utils.fusion.fuse_conv_bn_eval(conv.eval(), norm.eval())


def add_batchnorm(network: SqueezeNet) -> SqueezeNet:
    """
    Put BatchNorm behind every convolution, in place; behind the head's too, whose ReLU otherwise
    silences some classes for ever in the first steps of a fast training.
    """
    for name, conv in convs(network).items():
        network.set_submodule(name, NormalisedConv(conv))

    return network


@torch.no_grad()
def fold_batchnorm(network: SqueezeNet) -> SqueezeNet:
    """Undo add_batchnorm in place, keeping what the network computes in eval mode."""
    normalised = [n for n, m in network.named_modules() if isinstance(m, NormalisedConv)]
    for name in normalised:
        network.set_submodule(name, cast(NormalisedConv, network.get_submodule(name)).folded())

    return network
