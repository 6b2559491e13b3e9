"""
Train the example: float, pruned, compressed. Trained stages are kept in --work, not repeated.

    python examples/fashion_mnist/train.py --data /usr/share/datasets/fashion-mnist
"""

import argparse
import copy
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

from data import LABELS, read, write_first_of_each_class
from recipe import ARCHITECTURE, IMAGE, Recipe

from sqz2c.compression import Compression, flash_bytes_of
from sqz2c.encode import encode
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.geometry import macs
from sqz2c.ir.graph import Graph
from sqz2c.load import LoadOptions, load_model
from sqz2c.plan import plan
from sqz2c.train.augment import vary_small
from sqz2c.train.batchnorm import add_batchnorm, fold_batchnorm
from sqz2c.train.data import Dataset, Pixels
from sqz2c.train.fit import Schedule, Trainer, accuracy
from sqz2c.train.prune import GradualPruning
from sqz2c.train.squeezenet import SqueezeNet, convs
from sqz2c.verify.reference import Reference

PIXELS = Pixels((0.0,), (IMAGE.scale,))


@dataclass(frozen=True, eq=False)
class Run:
    """What all stages share."""

    recipe: Recipe
    training: Dataset
    test: Dataset
    work: Path
    log: Callable[[str], None]

    def trainer(self, schedule: Schedule, teacher: nn.Module | None) -> Trainer:
        """Give a trainer on the training images."""

        def on_epoch(epoch: int, loss: float) -> None:
            self.log(f"epoch {epoch}/{schedule.epochs} loss {loss:.4f}")

        return Trainer(self.training, PIXELS, schedule, vary_small, teacher, on_epoch=on_epoch)

    def test_percent(self, network: SqueezeNet) -> str:
        """Give the accuracy on the test images, as text."""
        return f"{100 * accuracy(network, self.test, PIXELS):.2f} %"


def train_dense(run: Run) -> SqueezeNet:
    """Train from scratch, with BatchNorm, and fold it in."""
    torch.manual_seed(run.recipe.dense.seed)
    network = add_batchnorm(SqueezeNet(ARCHITECTURE)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=run.recipe.dense_rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=run.recipe.weight_decay,
    )
    run.trainer(run.recipe.dense, None).fit(network, optimizer)

    return fold_batchnorm(network)


def train_pruned(run: Run, dense: SqueezeNet) -> SqueezeNet:
    """Prune gradually and retrain, taught by the dense network."""
    network = copy.deepcopy(dense)
    pruning = GradualPruning(convs(network), run.recipe.density, run.recipe.pruning_ends)
    optimizer = torch.optim.Adam(network.parameters(), lr=run.recipe.pruned_rate)
    run.trainer(run.recipe.pruned, dense).fit(network, optimizer, pruning)

    return network


def compress(run: Run) -> Graph:
    """Turn the pruned network into integers within the budget, as `sqz2c compress` does it."""
    options = LoadOptions(
        input_height=IMAGE.height,
        input_width=IMAGE.width,
        stem_stride=ARCHITECTURE.stem_stride,
        labels=LABELS,
    )
    graph = load_model(run.work / "pruned.pt", options)
    images = run.training.first(run.recipe.sample_images).images
    work = Compression(graph, [image.permute(1, 2, 0).numpy() for image in images])
    result = work.result(run.recipe.budget_bytes)
    quantized = work.integers(result)
    run.log(
        f"compressed: divergence {result.loss:.4f} nats, "
        f"{flash_bytes_of(quantized)} B of read-only data"
    )

    return quantized


def stage(run: Run, name: str, train: Callable[[], SqueezeNet]) -> SqueezeNet:
    """Give the network of stage NAME: the kept one, or TRAIN it, keep and log it."""
    path = run.work / f"{name}.pt"
    if path.exists():
        network = SqueezeNet(ARCHITECTURE).to(memory_format=torch.channels_last).eval()
        network.load_state_dict(torch.load(path, weights_only=True))
        return network
    started = time.monotonic()
    network = train()
    seconds = time.monotonic() - started
    weights = [conv.weight for conv in convs(network).values()]
    total = sum(w.numel() for w in weights)
    kept = sum(int((w != 0).sum()) for w in weights)
    run.log(
        f"{name}: test {run.test_percent(network)}, {kept} of {total} weights "
        f"({100 * kept / total:.1f} %), {seconds:.0f} s"
    )
    partial = path.with_suffix(".partial")
    torch.save(network.state_dict(), partial)
    partial.replace(path)

    return network


def integer_accuracy(graph: Graph, test: Dataset) -> float:
    """Give the share of TEST that the integer network classifies rightly."""
    reference = Reference(graph)
    right = 0
    for image, label in zip(test.images, test.labels, strict=True):
        logits = reference(image.permute(1, 2, 0).numpy())[graph.head.name]
        right += int(logits.argmax()) == int(label)

    return right / len(test.labels)


def log_integers(run: Run, graph: Graph) -> None:
    """Log what is shipped: its size in flash and RAM, work and accuracy."""
    program = encode(plan(graph))
    for name, packed in program.filters.items():
        run.log(
            f"{name}: {packed.nonzero_count} of {packed.weight_count} weights, "
            f"{len(packed.values.symbols)} values, {packed.coding}, {packed.flash_bytes} B"
        )
    coded = sum(packed.flash_bytes for packed in program.filters.values())
    biases = sum(4 * conv.out_channels for conv in graph.convs)
    work = sum(macs(graph, layer) for layer in graph.layers)
    run.log(f"flash: weights {coded} B with their codebooks and tables, biases {biases} B")
    run.log(f"RAM: {program.ram_bytes} B, of these arena {program.arena_bytes} B")
    run.log(f"work: {work} multiply-accumulates")
    run.log(f"integer: test {100 * integer_accuracy(graph, run.test):.2f} %")


def train_all(run: Run) -> Graph:
    """Run the stages, or take them from --work; give the network to ship."""
    dense = stage(run, "float", lambda: train_dense(run))
    stage(run, "pruned", lambda: train_pruned(run, dense))

    return compress(run)


def main() -> None:
    """Train, log, and write model.pt, training.log and images/."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--work", type=Path, default=here.parents[1] / "build/fashion_mnist")
    parser.add_argument("--output", type=Path, default=here)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rehearse", action="store_true", help="few images, one epoch a stage")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    options.output.mkdir(parents=True, exist_ok=True)
    log_path = options.work / "training.log"
    with log_path.open("a", encoding="utf-8") as file:

        def log(line: str) -> None:
            print(line, flush=True)
            print(line, file=file, flush=True)

        recipe = Recipe().rehearsal() if options.rehearse else Recipe()
        test = read(options.data, "t10k")
        training = read(options.data, "train").first(recipe.images)
        run = Run(recipe, training, test, options.work, log)
        graph = train_all(run)
        log_integers(run, graph)
    (options.output / "model.pt").write_bytes(to_bytes(graph))
    (options.output / "training.log").write_bytes(log_path.read_bytes())
    write_first_of_each_class(test, options.output / "images")


if __name__ == "__main__":
    main()
