"""
A short training of one candidate: dense from scratch, pruned, then with the deployed arithmetic.
"""

from dataclasses import dataclass, replace

import torch

from sqz2c.ir.graph import Graph
from sqz2c.quantize import attach_requantizers
from sqz2c.split import Split
from sqz2c.stages import TUNING_RATE, TUNING_SHARE
from sqz2c.train import SqueezeNet
from sqz2c.train.batchnorm import add_batchnorm, fold_batchnorm
from sqz2c.train.deployed import deployed_network, integers_of, optimizer_of
from sqz2c.train.fit import Schedule, Trainer
from sqz2c.train.from_graph import network_of, pixels_of
from sqz2c.train.prune import GradualPruning, Pruner, layer_densities
from sqz2c.train.squeezenet import convs
from sqz2c.training import with_weights

DENSE_RATE, WEIGHT_DECAY, PRUNED_RATE = 0.1, 5e-4, 1e-3  # SGD with momentum; then Adam
PRUNING_ENDS = 0.6  # of the stage; the rest retrains


@dataclass(frozen=True)
class Teaching:
    """
    EPOCHS from scratch, half as many pruned, a quarter with the deployed arithmetic, at least one
    each, in batches of BATCH; SEED fixes all of it. DROPOUT before the head is for the first stage.
    """

    epochs: int
    batch: int = 64
    seed: int = 0
    dropout: float = 0.0

    @property
    def pruned_epochs(self) -> int:
        return max(self.epochs // 2, 1)

    @property
    def tuned_epochs(self) -> int:
        return max(self.epochs // TUNING_SHARE, 1)


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


def taught(blank: Graph, split: Split, density: float, teaching: Teaching) -> Graph:
    """Train BLANK from scratch, then prune it to DENSITY and retrain; still float."""
    torch.manual_seed(teaching.seed)
    network = SqueezeNet(network_of(blank, teaching.dropout).architecture)
    network = add_batchnorm(network).to(memory_format=torch.channels_last)
    schedule = Schedule(teaching.epochs, teaching.batch, seed=teaching.seed)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=DENSE_RATE, momentum=0.9, nesterov=True, weight_decay=WEIGHT_DECAY
    )
    trainer = Trainer(split.training, pixels_of(blank), schedule, split.vary)
    trainer.fit(network, optimizer)
    learned = with_weights(blank, fold_batchnorm(network))
    if density == 1:
        return learned
    dense, pruned = network_of(learned), network_of(learned)
    gradual = replace(
        schedule, epochs=teaching.pruned_epochs, warmup=0.05, label_smoothing=0.0,
        seed=teaching.seed + 1,
    )  # fmt: skip
    trainer = Trainer(split.training, pixels_of(blank), gradual, split.vary, dense)
    trainer.fit(
        pruned,
        torch.optim.Adam(pruned.parameters(), lr=PRUNED_RATE),
        GradualPruning(convs(pruned), density, PRUNING_ENDS),
    )

    return with_weights(blank, pruned)


def tuned(
    network: Graph, grid: Graph, integers: Graph, split: Split, teaching: Teaching
) -> Graph:
    """
    Train the values and biases of GRID on as they are deployed, taught by the float NETWORK that
    it was made of; INTEGERS have its activations' scales. Which weight has which value stays.
    """
    deployed = deployed_network(grid, integers)
    schedule = Schedule(
        teaching.tuned_epochs,
        teaching.batch,
        label_smoothing=0.0,
        bfloat16=False,
        seed=teaching.seed + 2,
    )
    teacher = network_of(network)
    trainer = Trainer(split.training, pixels_of(grid), schedule, split.vary, teacher)
    trainer.fit(deployed, optimizer_of(deployed, TUNING_RATE))

    return attach_requantizers(integers_of(deployed, grid))
