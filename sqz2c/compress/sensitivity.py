"""
How much the answers depend on each place and each filter: gradients of the float network.

KL(float, changed) is about half the change of the logits in the metric diag(p) - p p^T (Fisher).
Random directions u with that covariance, sent backwards, give gradients g whose squares say what
an error counts where it arises.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from sqz2c.compress.network import preprocessed
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, MaxPool

PROBES = 2  # directions a picture
LEAST_PLACE = 0.01  # of the average


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """
    Of one convolution: a squared error of each of its outputs costs IMPORTANCE a picture, times
    what its place counts, PLACES [n, height, width], 1 on average.

    All filters count alike: a sample shows too little of each, and few of a head's classes.
    """

    places: torch.Tensor
    importance: float


def sensitivities(
    graph: Graph, pictures: torch.Tensor, at_once: int, seed: int
) -> dict[str, Sensitivity]:
    """
    Measure every convolution of the float GRAPH on PICTURES uint8 [n, height, width, channels],
    AT_ONCE at a time.
    """
    generator = torch.Generator().manual_seed(seed)
    places: dict[str, list[torch.Tensor]] = {conv.name: [] for conv in graph.convs}
    for first in range(0, len(pictures), at_once):
        inputs = preprocessed(graph, pictures[first : first + at_once])
        outputs = _outputs(graph, inputs)
        logits = outputs.pop(graph.head.name)
        squares = {name: torch.zeros_like(value) for name, value in outputs.items()}
        for _ in range(PROBES):
            direction = _direction(logits.detach(), generator)
            gradients = torch.autograd.grad(
                logits, list(outputs.values()), direction, retain_graph=True
            )
            for name, gradient in zip(outputs, gradients, strict=True):
                squares[name] += gradient**2 / PROBES
        for name, square in squares.items():
            places[name].append(square.mean(1))

    return {name: _normalised(torch.cat(parts)) for name, parts in places.items()}


def _direction(logits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One draw of covariance diag(p) - p p^T a picture."""
    p = logits.softmax(1)
    draw = p.sqrt() * torch.randn(p.shape, generator=generator)

    return draw - p * draw.sum(1, keepdim=True)


def _normalised(squares: torch.Tensor) -> Sensitivity:
    """Squared gradients [n, height, width] as importance and places; no place counts nothing."""
    mean = float(squares.mean())
    if mean <= 0:
        return Sensitivity(torch.ones_like(squares), 1.0)
    places = (squares / mean + LEAST_PLACE) / (1 + LEAST_PLACE)

    return Sensitivity(places, mean * squares[0].numel())


def _outputs(graph: Graph, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every convolution's result before its ReLU, and the logits, with their gradients' graph."""
    tensors = {graph.image.name: inputs.requires_grad_()}
    parts: dict[str, dict[int, torch.Tensor]] = {}
    outputs: dict[str, torch.Tensor] = {}
    for layer in graph.layers:
        x = tensors[layer.input]
        if isinstance(layer, Conv):
            weights, bias = torch.from_numpy(layer.weights), torch.from_numpy(layer.bias)
            y = F.conv2d(x, weights, bias, layer.stride, layer.padding)
            outputs[layer.name] = y
            written = parts.setdefault(layer.output, {})
            written[layer.first_channel] = F.relu(y) if layer.relu else y
            tensors[layer.output] = torch.cat([written[c] for c in sorted(written)], 1)
        elif isinstance(layer, MaxPool):
            target = graph.tensor(layer.output)
            y = F.max_pool2d(x, layer.kernel, layer.stride, layer.padding, ceil_mode=True)
            tensors[layer.output] = y[:, :, : target.height, : target.width]
        elif isinstance(layer, Add):
            y = x + tensors[layer.other]
            tensors[layer.output] = F.relu(y) if layer.relu else y
        elif isinstance(layer, GlobalAverage):
            outputs[layer.name] = x.mean((2, 3))

    return outputs
