"""
Fashion-MNIST for benchmarks that train: data, the example's recipe for any architecture, results
that are kept.
"""

import copy
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import nn

from sqz2c.compression import Compression
from sqz2c.drawing import drawn
from sqz2c.ir.graph import Graph
from sqz2c.load import LoadOptions, load_model
from sqz2c.train.augment import vary_small
from sqz2c.train.batchnorm import add_batchnorm, fold_batchnorm
from sqz2c.train.data import Dataset, Pixels
from sqz2c.train.fit import Schedule, Trainer, accuracy
from sqz2c.train.prune import GradualPruning
from sqz2c.train.squeezenet import Architecture, SqueezeNet, convs
from sqz2c.verify import Reference

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "fashion_mnist"))

from data import read

DATA = Path("/usr/share/datasets/fashion-mnist")
SIDE, PIXELS = 28, Pixels((0.0,), (1 / 255,))
DENSE_RATE, WEIGHT_DECAY, PRUNED_RATE = 0.1, 5e-4, 1e-3  # SGD with momentum; then Adam
PRUNING_ENDS = 0.6  # of the stage; the rest retrains
SAMPLE = 1000  # training pictures that compression measures on
PROBE = 10  # batches that say how long an epoch takes
Log = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Task:
    """Training pictures and the test pictures of Fashion-MNIST, and who is told of progress."""

    training: Dataset
    test: Dataset
    log: Log

    def trainer(self, schedule: Schedule, teacher: nn.Module | None = None) -> Trainer:
        def on_epoch(epoch: int, loss: float) -> None:
            self.log(f"epoch {epoch}/{schedule.epochs} loss {loss:.4f}")

        return Trainer(self.training, PIXELS, schedule, vary_small, teacher, on_epoch=on_epoch)

    def percent(self, network: SqueezeNet) -> float:
        """Test accuracy of a float network."""
        return 100 * accuracy(network, self.test, PIXELS)


def task_of(data: Path, images: int, log: Log) -> Task:
    """The first IMAGES training pictures, and all test pictures."""
    return Task(read(data, "train").first(images), read(data, "t10k"), log)


def train_dense(task: Task, architecture: Architecture, schedule: Schedule) -> SqueezeNet:
    """Train from scratch with BatchNorm, fold it in."""
    torch.manual_seed(schedule.seed)
    network = add_batchnorm(SqueezeNet(architecture)).to(memory_format=torch.channels_last)
    task.trainer(schedule).fit(network, _sgd(network))

    return fold_batchnorm(network)


def train_pruned(
    task: Task, dense: SqueezeNet, density: float, schedule: Schedule
) -> SqueezeNet:
    """Prune to DENSITY gradually and retrain, taught by the dense network."""
    network = copy.deepcopy(dense)
    pruning = GradualPruning(convs(network), density, PRUNING_ENDS)
    optimizer = torch.optim.Adam(network.parameters(), lr=PRUNED_RATE)
    task.trainer(schedule, dense).fit(network, optimizer, pruning)

    return network


def epoch_seconds(task: Task, architecture: Architecture) -> float:
    """Processor time of one dense epoch, told from a few batches."""
    network = add_batchnorm(SqueezeNet(architecture)).to(memory_format=torch.channels_last)
    schedule = Schedule(1)
    seconds = 0.0
    few = task.training.first(PROBE * schedule.batch_size)
    for _ in range(2):  # the first time PyTorch prepares its kernels
        probe = Task(few, task.test, lambda _: None).trainer(schedule)
        started = time.process_time()
        probe.fit(network, _sgd(network))
        seconds = time.process_time() - started

    return seconds * len(task.training.labels) / len(few.labels)


def compressed(task: Task, weights: Path, stride: int, budget_bytes: int) -> Graph:
    """The network in the file WEIGHTS as integers within the budget, as `sqz2c compress` does."""
    options = LoadOptions(input_height=SIDE, input_width=SIDE, stem_stride=stride)
    images = task.training.first(SAMPLE).images
    work = Compression(
        load_model(weights, options), [image.permute(1, 2, 0).numpy() for image in images]
    )

    return work.integers(work.result(budget_bytes))


def integer_percent(graph: Graph, test: Dataset) -> float:
    """Test accuracy of the integer network."""
    reference = Reference(graph)
    right = 0
    for image, label in zip(test.images, test.labels, strict=True):
        logits = reference(image.permute(1, 2, 0).numpy())[graph.head.name]
        right += int(logits.argmax()) == int(label)

    return 100 * right / len(test.labels)


def kept_network(path: Path, architecture: Architecture, train: Callable[[], SqueezeNet]
                 ) -> SqueezeNet:  # fmt: skip
    """The network whose weights are in PATH; TRAIN it and keep them where they are not."""
    if path.exists():
        network = SqueezeNet(architecture).to(memory_format=torch.channels_last).eval()
        network.load_state_dict(torch.load(path, weights_only=True))
        return network
    network = train()
    partial = path.with_suffix(".partial")
    torch.save(network.state_dict(), partial)
    partial.replace(path)

    return network


def results(path: Path) -> dict[str, Any]:
    """What is kept in PATH; nothing where it is not there yet."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def keep(path: Path, name: str, record: Mapping[str, Any]) -> None:
    """Add RECORD under NAME to the results in PATH, in one move."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(results(path) | {name: record}, indent=1) + "\n", "utf-8")
    partial.replace(path)


def logger(path: Path) -> Log:
    """Print and append to PATH."""

    def log(line: str) -> None:
        print(line, flush=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return log


def svg(draw: Callable[[Figure], None], size: tuple[float, float]) -> bytes:
    """What DRAW put on a figure of SIZE inches; the same drawing gives the same bytes."""

    def figure() -> Figure:
        made = Figure(figsize=size, layout="constrained")
        draw(made)
        return made

    return drawn(figure, ".svg")


def _sgd(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=DENSE_RATE, momentum=0.9, nesterov=True,
                           weight_decay=WEIGHT_DECAY)  # fmt: skip
