"""
A short training of one candidate: dense from scratch, then pruned with the dense one as teacher.
"""

import copy
from dataclasses import dataclass, replace

import torch

from sqz2c.ir.graph import Graph
from sqz2c.lessons import Lessons
from sqz2c.train import SqueezeNet
from sqz2c.train.batchnorm import add_batchnorm, fold_batchnorm
from sqz2c.train.fit import Schedule, Trainer
from sqz2c.train.from_graph import network_of, pixels_of
from sqz2c.train.prune import GradualPruning, Pruner, layer_densities
from sqz2c.train.squeezenet import convs
from sqz2c.training import with_weights

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
