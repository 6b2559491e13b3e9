"""
Accuracy against size on Fashion-MNIST: networks trained from scratch, compressed to budgets of 4 to
100 KB of read-only data as `sqz2c compress --data` does it, and tested as integers.

    OMP_NUM_THREADS=1 python -m benchmarks.fashion_curve --work DIR [--output FILE.svg]

The larger points begin with the same network, the example's; the shipped example is one of the
points, as it is. --work keeps each stage of each point, so a run that was stopped goes on. All
points take about three hours of one core, more than half of it for the example's network; where
examples/fashion_mnist/train.py was run before, copy its float.pt to DIR/example.pt.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from benchmarks import fashion
from sqz2c.errors import CompressError
from sqz2c.pipeline import Options, compile_model
from sqz2c.retraining import retrain_model
from sqz2c.split import DataOptions
from sqz2c.stages import RetrainOptions
from sqz2c.train.fit import Schedule
from sqz2c.train.squeezenet import Architecture, FireWidths, convs

MODEL = fashion.EXAMPLE / "model.pt"
BATCH, HOLD_OUT = 128, 0.02  # the test pictures are what counts; these only go to the log
HEADER = ("network", "flash, B", "RAM, B", "MACs", "weights kept", "float %",
          "float, final weights %", "integer %")  # fmt: skip
COLOUR, SHIPPED_COLOUR = "#4477aa", "#ee6677"


@dataclass(frozen=True)
class Network:
    """A network and how many epochs it is trained from scratch."""

    name: str
    architecture: Architecture
    epochs: int


@dataclass(frozen=True)
class Point:
    """NETWORK compressed to a budget of read-only data. DENSITY None: searched."""

    budget_bytes: int
    network: Network
    epochs: int
    density: float | None = None

    @property
    def name(self) -> str:
        return f"{self.budget_bytes}"


def _small(
    name: str, stem: int, fires: tuple[tuple[int, int, int], ...], pools: tuple[int, ...],
    epochs: int,
) -> Network:  # fmt: skip
    widths = tuple(FireWidths(*fire) for fire in fires)

    return Network(name, Architecture(classes=10, in_channels=1, stem_filters=stem, stem_kernel=3,
                                      stem_stride=1, pools=pools, dropout=0.0,
                                      widths=widths), epochs)  # fmt: skip


TWO = _small("two", 8, ((6, 12, 12), (10, 20, 24)), (0, 1), 16)
THREE = _small("three", 12, ((8, 16, 20), (12, 28, 36), (16, 32, 48)), (0, 1), 12)
FOUR = _small("four", 16, ((12, 24, 24), (16, 36, 40), (20, 48, 64), (28, 64, 80)), (0, 2), 10)
LARGE = Network("example", fashion.EXAMPLE_NETWORK, fashion.RECIPE.dense.epochs)
POINTS = (
    Point(4_000, TWO, 8),
    Point(8_000, THREE, 8),
    Point(16_000, FOUR, 6, 0.22),
    Point(32_000, LARGE, 4, 0.15),
    Point(64_000, LARGE, 3, 0.32),
    Point(100_000, LARGE, 3, 0.5),
)


def train_point(task: fashion.Task, point: Point, work: Path) -> dict[str, Any]:
    """Train, compress and test one network; WORK keeps the stages."""
    started = time.process_time()
    network, path = point.network, work / f"{point.network.name}.pt"
    schedule = Schedule(network.epochs, average_decay=0.998, seed=1)
    dense = fashion.kept_network(path, network.architecture,
                                 lambda: fashion.train_dense(task, network.architecture, schedule))
    options = RetrainOptions(
        data=DataOptions(_pictures(task, work), HOLD_OUT),
        work=work / point.name,
        load=fashion.LOAD,
        density=point.density,
        budget_bytes=point.budget_bytes,
        epochs=point.epochs,
        batch=BATCH,
    )
    made = retrain_model(path, options, tell=lambda record: task.log(json.dumps(record)))
    model = work / point.name / "model.pt"
    model.write_bytes(made.checkpoint)

    return {
        "weights": sum(conv.weight.numel() for conv in convs(dense).values()),
        "float_percent": round(task.percent(dense), 2),
        "shared_percent": round(task.float_percent(made.graph), 2),
        **measured(task, model),
        "seconds": round(time.process_time() - started),
    }  # fmt: skip


def _pictures(task: fashion.Task, work: Path) -> Path:
    """The training pictures as `sqz2c compress --data` reads them."""
    path = work / "pictures.npz"
    if not path.exists():
        images = task.training.images.permute(0, 2, 3, 1).numpy()
        np.savez(path, images=images, labels=task.training.labels.numpy())

    return path


def measured(task: fashion.Task, model: Path) -> dict[str, Any]:
    """What a quantized checkpoint takes as `generate` makes it, and its integer accuracy."""
    compiled = compile_model(model, Options(name="fashion"))
    manifest = json.loads(compiled.files["manifest.json"])

    return {
        "flash_bytes": manifest["flash"]["total_bytes"],
        "ram_bytes": manifest["ram"]["total_bytes"],
        "macs": manifest["macs"],
        "nonzero": sum(int((conv.weights != 0).sum()) for conv in compiled.graph.convs),
        "integer_percent": round(fashion.integer_percent(compiled.graph, task.test), 2),
    }


def table(records: dict[str, dict[str, Any]]) -> str:
    lines = ["| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|"]
    for name, r in in_order(records):
        lines.append(
            f"| {name} | {r['flash_bytes']:,} | {r['ram_bytes']:,} | {r['macs'] / 1e6:.1f} M "
            f"| {r['nonzero']:,} | {r.get('float_percent', '')} | {r.get('shared_percent', '')} "
            f"| {r['integer_percent']:.2f} |"
        )

    return "\n".join(lines)


def in_order(records: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """By size; points that could not be compressed have none and are left out."""
    whole = [item for item in records.items() if "flash_bytes" in item[1]]

    return sorted(whole, key=lambda item: item[1]["flash_bytes"])


def draw(figure: Figure, records: dict[str, dict[str, Any]]) -> None:
    """Integer accuracy against read-only data, the shipped example in another colour."""
    axes = figure.subplots()
    found = in_order(records)
    axes.plot([r["flash_bytes"] / 1000 for _, r in found],
              [r["integer_percent"] for _, r in found], "o-", color=COLOUR)  # fmt: skip
    for name, record in found:
        place = (record["flash_bytes"] / 1000, record["integer_percent"])
        if name == "example":
            axes.plot(*place, "o", color=SHIPPED_COLOUR, zorder=3)
        text = f"{'example, ' if name == 'example' else ''}{place[1]:.2f}"
        axes.annotate(text, place, (4, -10), textcoords="offset points")
    axes.set_xscale("log")
    axes.set_xticks([4, 8, 16, 32, 64, 100], ["4", "8", "16", "32", "64", "100"])
    axes.minorticks_off()
    axes.set_xlabel("read-only data without code, KB")
    axes.set_ylabel("Fashion-MNIST top-1 of the integer network, %")
    axes.grid(alpha=0.3)


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy against size on Fashion-MNIST.")
    parser.add_argument("--work", type=Path, required=True, help="Folder for results and stages.")
    parser.add_argument("--output", type=Path, help="Picture to write (default: in --work).")
    parser.add_argument("--data", type=Path, default=fashion.DATA)
    parser.add_argument("--images", type=int, default=60_000, help="Training pictures used.")
    parser.add_argument("--only", nargs="+", help="Budgets in bytes, in this order.")
    parser.add_argument("--table", action="store_true", help="Train nothing, show what is there.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    kept, log = options.work / "curve.json", fashion.logger(options.work / "curve.log")
    if not options.table:
        run(options, kept, fashion.task_of(options.data, options.images, log))
    records = fashion.results(kept)
    if in_order(records):
        picture = fashion.svg(lambda figure: draw(figure, records), (6.0, 3.6))
        (options.output or options.work / "curve.svg").write_bytes(picture)
        print(table(records))


def run(options: argparse.Namespace, kept: Path, task: fashion.Task) -> None:
    """Every point that is not kept yet, and the example."""
    if "example" not in fashion.results(kept):
        fashion.keep(kept, "example", measured(task, MODEL))
    by_name = {point.name: point for point in POINTS}
    for name in options.only or by_name:
        if name in fashion.results(kept):
            continue
        task.log(f"{name}: begins")
        try:
            record = train_point(task, by_name[name], options.work)
        except CompressError as error:  # the other points go on
            task.log(f"{name}: {error}")
            continue
        fashion.keep(kept, name, record)
        task.log(f"{name}: {json.dumps(record)}")


if __name__ == "__main__":
    main()
