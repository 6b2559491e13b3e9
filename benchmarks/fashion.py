"""
Fashion-MNIST for benchmarks that train: data, the example's recipe for any architecture, results
that are kept.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import nn

from sqz2c.drawing import drawn
from sqz2c.ir.graph import Graph
from sqz2c.load import LoadOptions
from sqz2c.train.augment import vary_small
from sqz2c.train.batchnorm import add_batchnorm, fold_batchnorm
from sqz2c.train.data import Dataset, Pixels
from sqz2c.train.fit import Schedule, Trainer, accuracy
from sqz2c.train.from_graph import dequantized, network_of, pixels_of
from sqz2c.train.squeezenet import Architecture, SqueezeNet
from sqz2c.verify import Reference

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "fashion_mnist"))

from data import read
from recipe import ARCHITECTURE, Recipe

EXAMPLE = Path(__file__).parents[1] / "examples" / "fashion_mnist"
EXAMPLE_NETWORK, RECIPE = ARCHITECTURE, Recipe()
DATA = Path("/usr/share/datasets/fashion-mnist")
PIXELS = Pixels((0.0,), (1 / 255,))
LOAD = LoadOptions(input_height=28, input_width=28, stem_stride=1)
Log = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Task:
    """Training pictures and the test pictures of Fashion-MNIST, and who is told of progress."""

    training: Dataset
    test: Dataset
    log: Log

    def trainer(self, schedule: Schedule) -> Trainer:
        def on_epoch(epoch: int, loss: float) -> None:
            self.log(f"epoch {epoch}/{schedule.epochs} loss {loss:.4f}")

        return Trainer(self.training, PIXELS, schedule, vary_small, on_epoch=on_epoch)

    def percent(self, network: SqueezeNet) -> float:
        """Test accuracy of a float network."""
        return 100 * accuracy(network, self.test, PIXELS)

    def float_percent(self, graph: Graph) -> float:
        """Test accuracy, in float, of the weights of the integer GRAPH."""
        final = dequantized(graph)

        return 100 * accuracy(network_of(final), self.test, pixels_of(final))


def task_of(data: Path, images: int, log: Log) -> Task:
    """The first IMAGES training pictures, and all test pictures."""
    return Task(read(data, "train").first(images), read(data, "t10k"), log)


def train_dense(task: Task, architecture: Architecture, schedule: Schedule) -> SqueezeNet:
    """Train from scratch with BatchNorm, fold it in."""
    torch.manual_seed(schedule.seed)
    network = add_batchnorm(SqueezeNet(architecture)).to(memory_format=torch.channels_last)
    task.trainer(schedule).fit(network, _sgd(network))

    return fold_batchnorm(network)


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
    return torch.optim.SGD(network.parameters(), lr=RECIPE.dense_rate, momentum=0.9, nesterov=True,
                           weight_decay=RECIPE.weight_decay)  # fmt: skip
