"""
Small members of the family as PyTorch modules and files.
"""

import warnings
from pathlib import Path

import torch
from torch import nn
from torch.ao import quantization

from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet, convs, fusion_groups

TINY = Architecture(
    classes=5,
    stem_filters=4,
    stem_kernel=3,
    widths=(FireWidths(2, 3, 5), FireWidths(3, 4, 4), FireWidths(2, 6, 2)),
    pools=(0, 2),
)
BYPASSED = Architecture(
    classes=5,
    stem_filters=4,
    stem_kernel=3,
    widths=(FireWidths(2, 3, 5), FireWidths(3, 4, 4), FireWidths(2, 6, 3)),
    pools=(0, 2),
    bypass="complex",
)
SIDE = 33


def network(architecture: Architecture = TINY, seed: int = 1) -> SqueezeNet:
    """
    A seeded network whose biases are not zero, ready for inference.
    """
    torch.manual_seed(seed)
    net = SqueezeNet(architecture).eval()
    for conv in convs(net).values():
        nn.init.normal_(conv.bias, std=0.1)
        nn.init.normal_(conv.weight, std=conv.weight[0].numel() ** -0.5)

    return net


def quantized(
    architecture: Architecture = TINY,
    side: int = SIDE,
    fuse: bool = True,
    per_channel: bool = False,
    seed: int = 1,
) -> nn.Module:
    """
    The network after PyTorch's eager quantization under qnnpack.
    """
    net: nn.Module = network(architecture, seed)
    weight = (
        quantization.default_per_channel_weight_observer
        if per_channel
        else quantization.default_weight_observer
    )
    activation = quantization.HistogramObserver.with_args(reduce_range=False)
    torch.backends.quantized.engine = "qnnpack"
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        if fuse:
            net = quantization.fuse_modules(net, fusion_groups(net))
        net.qconfig = quantization.QConfig(activation=activation, weight=weight)
        net = quantization.prepare(net)
        net(torch.randn(4, architecture.in_channels, side, side))
        return quantization.convert(net)


def saved(value: object, path: Path) -> Path:
    """
    VALUE as torch.save writes it.
    """
    torch.save(value, path)
    return path
