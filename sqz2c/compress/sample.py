"""
The pictures to measure on, and what they say about the float network.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from sqz2c.compress.moments import mean_of
from sqz2c.compress.network import Walk
from sqz2c.compress.passes import Sample
from sqz2c.compress.sensitivity import sensitivities
from sqz2c.errors import CompressError
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv

MOST = 1000  # pictures: more teach nothing
MEMORY_BYTES = 2 * 2**30  # for an input and an output, float32
BACKWARDS = 40  # times as much memory a picture takes with gradients
SEED = 1


def take_sample(graph: Graph, pictures: Sequence[np.ndarray]) -> Sample:
    """
    Measure the float GRAPH on PICTURES, uint8 [height, width, channels]; of more than MOST, or than
    fit into memory, evenly spaced ones are taken.
    """
    if not len(pictures):
        raise CompressError("Compression needs sample pictures: give a folder of them.")
    fitting = fitting_pictures(graph)
    chosen = range(0, len(pictures), -(-len(pictures) // min(fitting, MOST)))
    images = torch.from_numpy(np.stack([pictures[index] for index in chosen]))
    sensitivity = sensitivities(graph, images, max(fitting // BACKWARDS, 1), SEED)
    walk = Walk(graph, images)
    means = {}
    for number, layer in enumerate(graph.layers):
        if isinstance(layer, Conv):
            places = sensitivity[layer.name].places
            means[layer.name] = mean_of(layer, walk.tensors[layer.input], places, number)
        walk.take(layer)

    return Sample(graph, images, walk.logits(), sensitivity, means)


def fitting_pictures(graph: Graph) -> int:
    """How many pictures' maps fit into memory."""
    values = [t.height * t.width * t.channels for t in graph.tensors]
    largest = max(a + b for a, b in zip(values, values[1:], strict=False))

    return max(MEMORY_BYTES // (4 * largest), 1)


def without_deviation(graph: Graph) -> Graph:
    """The same float network with std folded into its first filters."""
    assert graph.preprocessing is not None
    first = graph.convs[0]
    std = np.array(graph.preprocessing.std, np.float32)
    weights = first.weights / std[:, np.newaxis, np.newaxis]
    mean = graph.preprocessing.mean
    layers = tuple(
        replace(layer, weights=weights) if layer is first else layer for layer in graph.layers
    )

    return replace(
        graph,
        layers=layers,
        preprocessing=replace(graph.preprocessing, mean=mean, std=(1.0,) * len(std)),
    )
