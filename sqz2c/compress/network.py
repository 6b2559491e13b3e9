"""
The float network, a layer at a time over many pictures.
"""

import torch
import torch.nn.functional as F

from sqz2c.ir.graph import Graph, inputs_of
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool

CHUNK = 10  # pictures at once


class Walk:
    """
    GRAPH's tensors over some pictures while its layers run one after the other; each is kept
    only as long as a later layer reads it.
    """

    def __init__(self, graph: Graph, pictures: torch.Tensor) -> None:
        """PICTURES uint8 [n, height, width, channels]."""
        self.graph = graph
        self.count = len(pictures)
        self.tensors = {graph.image.name: preprocessed(graph, pictures)}
        self._readers = [inputs_of(layer) for layer in graph.layers]

    def take(self, layer: Layer) -> None:
        """Run LAYER, the next one; a convolution may have other weights than the graph's."""
        x = self.tensors[layer.input]
        if isinstance(layer, GlobalAverage):
            self.tensors[layer.name] = x.mean((2, 3))
        else:
            shape = self.graph.tensor(layer.output)
            if layer.output not in self.tensors:
                size = (self.count, shape.channels, shape.height, shape.width)
                self.tensors[layer.output] = torch.empty(size)
            self._write(layer, x, self.tensors[layer.output])
        self._readers.remove(inputs_of(layer))
        for name in inputs_of(layer):
            if not any(name in names for names in self._readers):
                del self.tensors[name]

    def fork(self) -> "Walk":
        """A copy, to be run to its end before this one goes on."""
        copy = Walk.__new__(Walk)
        copy.graph, copy.count = self.graph, self.count
        copy._readers, copy.tensors = list(self._readers), dict(self.tensors)

        return copy

    def finish(self) -> torch.Tensor:
        """Run all layers that are left; give the logits [n, classes]."""
        for layer in self.graph.layers[-len(self._readers) :]:
            self.take(layer)

        return self.logits()

    def logits(self) -> torch.Tensor:
        """[n, classes], when all layers have run."""
        return self.tensors[self.graph.head.name]

    @torch.inference_mode()
    def _write(self, layer: Layer, x: torch.Tensor, target: torch.Tensor) -> None:
        for first in range(0, self.count, CHUNK):
            part = slice(first, first + CHUNK)
            if isinstance(layer, MaxPool):
                y = F.max_pool2d(
                    x[part], layer.kernel, layer.stride, layer.padding, ceil_mode=True
                )
                target[part] = y[:, :, : target.shape[2], : target.shape[3]]
            elif isinstance(layer, Add):
                y = x[part] + self.tensors[layer.other][part]
                target[part] = F.relu(y) if layer.relu else y
            elif isinstance(layer, Conv):
                weights, bias = torch.from_numpy(layer.weights), torch.from_numpy(layer.bias)
                y = F.conv2d(x[part], weights, bias, layer.stride, layer.padding)
                end = layer.first_channel + layer.out_channels
                target[part, layer.first_channel : end] = F.relu(y) if layer.relu else y


def logits_of(graph: Graph, pictures: torch.Tensor) -> torch.Tensor:
    """Run the float GRAPH on PICTURES uint8 [n, height, width, channels]: [n, classes]."""
    walk = Walk(graph, pictures)
    for layer in graph.layers:
        walk.take(layer)

    return walk.logits()


def preprocessed(graph: Graph, pictures: torch.Tensor) -> torch.Tensor:
    """(pixel - mean) / std of uint8 [n, height, width, c] as float32 [n, c, height, width]."""
    assert graph.preprocessing is not None
    mean = torch.tensor(graph.preprocessing.mean, dtype=torch.float32)
    std = torch.tensor(graph.preprocessing.std, dtype=torch.float32)

    return ((pictures.float() - mean) / std).permute(0, 3, 1, 2).contiguous()


def divergence(expected: torch.Tensor, actual: torch.Tensor) -> float:
    """Mean KL(EXPECTED, ACTUAL) of logits [n, classes], nats a picture."""
    return float(
        F.kl_div(
            F.log_softmax(actual.double(), 1),
            F.log_softmax(expected.double(), 1),
            reduction="batchmean",
            log_target=True,
        )
    )
