"""
The family's members as the checks want them.
"""

from dataclasses import replace

import numpy as np

from sqz2c.ir.graph import Graph, Preprocessing
from sqz2c.ir.layer import Conv
from sqz2c.ir.tensor import Quantization
from tests import networks
from tests.networks import Member


def build(member: Member) -> Graph:
    """
    The network of MEMBER with every scale rounded to float32.
    """
    graph = networks.build(member)
    tensors = []
    for tensor in graph.tensors:
        assert tensor.quantization is not None
        scale = float(np.float32(tensor.quantization.scale))
        rounded = Quantization(scale, tensor.quantization.zero_point)
        tensors.append(replace(tensor, quantization=rounded))

    return replace(graph, tensors=tuple(tensors))


def as_float(graph: Graph) -> Graph:
    """
    The same layers with float weights and no scales.
    """
    layers = tuple(
        replace(x, weights=x.weights.astype(np.float32), weight_scales=None, quantization=None)
        if isinstance(x, Conv)
        else x
        for x in graph.layers
    )
    tensors = tuple(replace(tensor, quantization=None) for tensor in graph.tensors)
    channels = graph.image.channels

    return Graph(
        tensors, layers, graph.order, Preprocessing((0.0,) * channels, (255.0,) * channels)
    )
