"""
Accuracy against size on Fashion-MNIST: networks for 4 to 100 KB of read-only data, each trained
from scratch, pruned, compressed to its budget and tested as integers.

    OMP_NUM_THREADS=1 python -m benchmarks.fashion_curve --work DIR [--output FILE.svg]

The recipe is the example's with fewer epochs, so that all points take about an hour of one core;
the shipped example is one of the points, as it is. --work keeps each stage of each point, so a
run that was stopped goes on. A point whose epochs would take more than --limit seconds of processor
time gets fewer of them.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from benchmarks import fashion
from sqz2c.errors import CompressError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.pipeline import Options, compile_model
from sqz2c.train.fit import Schedule
from sqz2c.train.squeezenet import Architecture, FireWidths

EXAMPLE = Path(__file__).parents[1] / "examples" / "fashion_mnist" / "model.pt"
PRUNED_COST = 0.9  # of a dense epoch: no BatchNorm, but a teacher
HEADER = ("network", "flash, B", "RAM, B", "MACs", "weights kept", "float %", "pruned %",
          "integer %")  # fmt: skip
COLOUR, SHIPPED_COLOUR = "#4477aa", "#ee6677"


@dataclass(frozen=True)
class Point:
    """A budget of read-only data, the network for it, its density, and epochs (dense, pruned)."""

    budget_bytes: int
    stem: int
    fires: tuple[tuple[int, int, int], ...]
    pools: tuple[int, ...]
    density: float
    epochs: tuple[int, int]

    @property
    def name(self) -> str:
        return f"{self.budget_bytes}"

    @property
    def architecture(self) -> Architecture:
        widths = tuple(FireWidths(*fire) for fire in self.fires)

        return Architecture(classes=10, in_channels=1, stem_filters=self.stem, stem_kernel=3,
                            stem_stride=1, pools=self.pools, dropout=0.0,
                            widths=widths)  # fmt: skip


POINTS = (
    Point(4_000, 10, ((8, 16, 16), (12, 24, 32)), (0, 1), 0.36, (16, 8)),
    Point(8_000, 14, ((10, 20, 24), (16, 32, 48), (20, 40, 64)), (0, 1), 0.26, (14, 7)),
    Point(16_000, 16, ((12, 24, 24), (16, 40, 48), (24, 64, 80), (32, 64, 96)), (0, 2), 0.225,
          (12, 6)),
    Point(32_000, 20, ((16, 32, 32), (20, 48, 48), (32, 80, 80), (40, 96, 112), (48, 96, 112)),
          (0, 2), 0.215, (10, 5)),
    Point(64_000, 24, ((16, 32, 32), (32, 64, 64), (48, 112, 112), (56, 144, 144),
                       (64, 160, 160)), (0, 2), 0.23, (8, 4)),
    Point(100_000, 32, ((24, 48, 48), (40, 80, 80), (64, 144, 144), (72, 176, 176),
                        (80, 192, 192)), (0, 2), 0.23, (8, 4)),
)  # fmt: skip


def train_point(task: fashion.Task, point: Point, folder: Path, limit: float
                ) -> dict[str, Any]:  # fmt: skip
    """Train, prune, compress and test one network; FOLDER keeps the stages."""
    folder.mkdir(parents=True, exist_ok=True)
    started = time.process_time()
    architecture, (dense_epochs, pruned_epochs) = point.architecture, epochs(
        task, point, folder, limit
    )
    schedule = Schedule(dense_epochs, average_decay=0.998, seed=1)
    dense = fashion.kept_network(
        folder / "float.pt", architecture,
        lambda: fashion.train_dense(task, architecture, schedule))  # fmt: skip
    taught = Schedule(pruned_epochs, warmup=0.05, label_smoothing=0.0, seed=2)
    pruned = fashion.kept_network(
        folder / "pruned.pt", architecture,
        lambda: fashion.train_pruned(task, dense, point.density, taught))  # fmt: skip
    record = {
        "budget_bytes": point.budget_bytes,
        "epochs": [dense_epochs, pruned_epochs],
        "weights": sum(conv.weight.numel() for conv in fashion.convs(dense).values()),
        "float_percent": round(task.percent(dense), 2),
        "pruned_percent": round(task.percent(pruned), 2),
    }
    graph = fashion.compressed(task, folder / "pruned.pt", 1, point.budget_bytes)
    (folder / "model.pt").write_bytes(to_bytes(graph))

    return record | measured(task, folder / "model.pt") | {
        "seconds": round(time.process_time() - started)
    }


def epochs(task: fashion.Task, point: Point, folder: Path, limit: float) -> tuple[int, int]:
    """How many epochs each stage gets within LIMIT seconds; the first run decides."""
    path = folder / "epochs.json"
    if not path.exists():
        dense, pruned = point.epochs
        cost = fashion.epoch_seconds(task, point.architecture) * (dense + PRUNED_COST * pruned)
        share = min(1.0, limit / cost)
        task.log(f"{point.name}: about {cost:.0f} s of training, share {share:.2f}")
        path.write_text(json.dumps([max(int(share * dense), 1), max(int(share * pruned), 1)]))
    dense, pruned = json.loads(path.read_text())

    return dense, pruned


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
            f"| {r['nonzero']:,} | {r.get('float_percent', '')} | {r.get('pruned_percent', '')} "
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
    parser.add_argument("--limit", type=float, default=1200, help="Seconds a point may train.")
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
        fashion.keep(kept, "example", measured(task, EXAMPLE))
    by_name = {point.name: point for point in POINTS}
    for name in options.only or by_name:
        if name in fashion.results(kept):
            continue
        task.log(f"{name}: begins")
        try:
            record = train_point(task, by_name[name], options.work / name, options.limit)
        except CompressError as error:  # the other points go on
            task.log(f"{name}: {error}")
            continue
        fashion.keep(kept, name, record)
        task.log(f"{name}: {json.dumps(record)}")


if __name__ == "__main__":
    main()
