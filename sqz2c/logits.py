"""
What networks say to pictures, in float and in integers, in the same unit.
"""

import numpy as np
import torch

from sqz2c.ir.graph import Graph
from sqz2c.train.data import Dataset
from sqz2c.train.from_graph import network_of, pixels_of
from sqz2c.verify import Reference


def pictures_of(data: Dataset) -> list[np.ndarray]:
    """Give DATA's images as the deployed network takes them: uint8 [height, width, channels]."""
    return [image.permute(1, 2, 0).contiguous().numpy() for image in data.images]


@torch.no_grad()
def float_logits(graph: Graph, data: Dataset) -> torch.Tensor:
    """Give the float GRAPH's answers [n, classes]."""
    network, pixels = network_of(graph), pixels_of(graph)

    return torch.cat([network(pixels(images)) for images in data.images.split(100)])


def integer_logits(graph: Graph, data: Dataset) -> torch.Tensor:
    """Give the integer GRAPH's answers [n, classes], in the unit of the float network's."""
    head = graph.tensor(graph.head.input)
    assert head.quantization is not None
    unit = head.quantization.scale / (head.height * head.width)
    reference = Reference(graph)
    sums = [reference(image)[graph.head.name] for image in pictures_of(data)]

    return torch.from_numpy(np.stack(sums)).double() * unit
