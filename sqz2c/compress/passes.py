"""
One pass through the network: layer by layer, each with inputs from what is compressed before it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from sqz2c.compress.layer import Compressed, compress_layer
from sqz2c.compress.moments import measure
from sqz2c.compress.network import Walk, divergence
from sqz2c.compress.sensitivity import Sensitivity
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Sample:
    """
    What is known of the float GRAPH: PICTURES uint8 [n, height, width, c] to measure on, its
    LOGITS on them, the SENSITIVITY of each convolution and the MEANS of its inputs.
    """

    graph: Graph
    pictures: torch.Tensor
    logits: torch.Tensor
    sensitivity: Mapping[str, Sensitivity]
    means: Mapping[str, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Result:
    """
    GRAPH: the float network on its grids; LAYERS: each convolution's. LOSS: KL divergence from
    the float network on the sample, nats a picture.
    """

    graph: Graph
    layers: dict[str, Compressed]
    price: float
    loss: float

    @property
    def bits(self) -> float:
        return sum(layer.bits for layer in self.layers.values())

    @property
    def steps(self) -> dict[str, float]:
        return {name: layer.step for name, layer in self.layers.items()}


def run_pass(
    sample: Sample, price: float, steps: Mapping[str, float], tell: Tell = lambda _: None
) -> Result:
    """Compress every layer at PRICE, looking for steps near STEPS where given."""
    graph = sample.graph
    walk = Walk(graph, sample.pictures)
    layers: dict[str, Compressed] = {}
    for number, layer in enumerate(graph.layers):
        if isinstance(layer, Conv):
            of_layer = sample.sensitivity[layer.name]
            mean, maps = sample.means[layer.name], walk.tensors[layer.input]
            moments = measure(layer, maps, of_layer.places, mean, number)
            layers[layer.name] = compress_layer(
                layer,
                moments,
                mean,
                of_layer.importance,
                price,
                steps.get(layer.name),
            )
            tell(layer.name)
        walk.take(layers[layer.name].conv if layer.name in layers else layer)
    changed = graph.with_layers(
        tuple(layers[x.name].conv if x.name in layers else x for x in graph.layers)
    )

    return Result(changed, layers, price, divergence(sample.logits, walk.logits()))
