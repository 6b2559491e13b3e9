"""
A short training of one candidate: dense from scratch, then pruned with the dense one as teacher.
"""

import copy
from dataclasses import dataclass, replace

import numpy as np
import torch

from sqz2c.errors import ExploreError
from sqz2c.ir.graph import Graph
from sqz2c.lessons import Lessons
from sqz2c.load import Labelled, LoadOptions, graph_of_state
from sqz2c.train import Architecture, SqueezeNet
from sqz2c.train.batchnorm import add_batchnorm, fold_batchnorm
from sqz2c.train.data import Dataset
from sqz2c.train.fit import Schedule, Trainer
from sqz2c.train.from_graph import network_of, pixels_of
from sqz2c.train.prune import GradualPruning, Pruner, layer_densities
from sqz2c.train.squeezenet import convs
from sqz2c.training import with_weights
from sqz2c.verify import Reference

DENSE_RATE, WEIGHT_DECAY, PRUNED_RATE = 0.1, 5e-4, 1e-3  # SGD with momentum; then Adam
PRUNING_ENDS = 0.6  # of the stage; the rest retrains


@dataclass(frozen=True)
class Teaching:
    """EPOCHS from scratch, half as many pruned, in batches of BATCH; SEED fixes all of it."""

    epochs: int
    batch: int = 128
    seed: int = 0

    @property
    def pruned_epochs(self) -> int:
        return max(self.epochs // 2, 1)


def blank_graph(architecture: Architecture, labelled: Labelled, load: LoadOptions) -> Graph:
    """
    The float graph of ARCHITECTURE for the pictures LABELLED, its weights random.

    Raise ExploreError where nothing says how large the pictures are.
    """
    height, width = load.input_height, load.input_width
    if height is None and labelled.size is not None:
        height, width = labelled.size
    if height is None:
        raise ExploreError("Folders do not say how large pictures shall be: give --input-size.")
    order = load.order or labelled.order
    channels = 1 if order == "GRAY" else 3
    made = replace(architecture, classes=len(labelled.names), in_channels=channels)
    options = replace(
        load,
        input_height=height,
        input_width=width,
        order=order,
        preset=load.preset or "unit",
        stem_stride=made.stem_stride,
        stem_padding=made.stem_padding,
        head_padding=made.head_padding,
        labels=labelled.names,
    )

    return graph_of_state(SqueezeNet(made).state_dict(), options)


@torch.no_grad()
def untaught(blank: Graph, density: float, seed: int) -> Graph:
    """BLANK with weights as training spreads them, about normally, pruned to DENSITY."""
    generator = torch.Generator().manual_seed(seed)
    network = network_of(blank)
    layers = convs(network)
    for layer in layers.values():
        deviation = (2 / layer.weight[0].numel()) ** 0.5
        layer.weight.copy_(deviation * torch.randn(layer.weight.shape, generator=generator))
    Pruner(layers).prune_to(layer_densities({n: m.weight for n, m in layers.items()}, density))

    return with_weights(blank, network)


def taught(blank: Graph, lessons: Lessons, density: float, teaching: Teaching) -> Graph:
    """Train BLANK from scratch, then prune it to DENSITY and retrain; still float."""
    torch.manual_seed(teaching.seed)
    network = SqueezeNet(network_of(blank).architecture)
    network = add_batchnorm(network).to(memory_format=torch.channels_last)
    schedule = Schedule(teaching.epochs, teaching.batch, seed=teaching.seed)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=DENSE_RATE, momentum=0.9, nesterov=True, weight_decay=WEIGHT_DECAY
    )
    trainer = Trainer(lessons.training, pixels_of(blank), schedule, lessons.vary)
    trainer.fit(network, optimizer)
    dense = fold_batchnorm(network)
    if density == 1:
        return with_weights(blank, dense)
    pruned = copy.deepcopy(dense)
    gradual = replace(
        schedule, epochs=teaching.pruned_epochs, warmup=0.05, label_smoothing=0.0,
        seed=teaching.seed + 1,
    )  # fmt: skip
    trainer = Trainer(lessons.training, pixels_of(blank), gradual, lessons.vary, dense)
    trainer.fit(
        pruned,
        torch.optim.Adam(pruned.parameters(), lr=PRUNED_RATE),
        GradualPruning(convs(pruned), density, PRUNING_ENDS),
    )

    return with_weights(blank, pruned)


def integer_accuracy(graph: Graph, data: Dataset) -> float:
    """Share of DATA that the integer GRAPH gets right."""
    reference = Reference(graph)
    right = 0
    for image, label in zip(data.images, data.labels, strict=True):
        pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())
        right += int(reference(pixels)[graph.head.name].argmax()) == int(label)

    return right / len(data.labels)
