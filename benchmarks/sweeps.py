"""
The two sweeps of the SqueezeNet paper (figure 3), small: squeeze ratio and share of 3x3 filters
against accuracy and model size, on Fashion-MNIST.

    OMP_NUM_THREADS=1 python -m benchmarks.sweeps --work DIR [--output docs/sweeps.svg]

Each network is trained from scratch, with every seed; --work keeps what is done, so a run that
was stopped goes on. Prints the table. Twenty networks take about 35 minutes of one core.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from matplotlib.figure import Figure

from benchmarks import fashion
from sqz2c.train.fit import Schedule
from sqz2c.train.squeezenet import Architecture, SqueezeNet

BASE = Architecture(
    classes=10,
    in_channels=1,
    stem_filters=16,
    stem_kernel=3,
    stem_stride=1,
    fires=6,
    base_e=32,
    incr_e=32,
    freq=2,
    squeeze_ratio=0.5,  # the paper holds it while the share of 3x3 varies
    pct_3x3=0.5,  # the paper holds it while the squeeze ratio varies
    pools=(0, 2, 4),
    dropout=0.0,
)
SQUEEZE_RATIOS = (0.125, 0.25, 0.5, 0.75, 1.0)
SHARES_3X3 = (0.01, 0.12, 0.25, 0.5, 0.75, 0.99)
COLOURS = ("#4477aa", "#ee6677")


def points() -> list[tuple[float, float]]:
    """(squeeze ratio, share of 3x3) of both sweeps, the one they have in common once."""
    first = [(ratio, BASE.pct_3x3) for ratio in SQUEEZE_RATIOS]
    second = [(BASE.squeeze_ratio, share) for share in SHARES_3X3]

    return sorted({*first, *second})


def train(task: fashion.Task, point: tuple[float, float], schedule: Schedule
          ) -> dict[str, Any]:  # fmt: skip
    """Train one network; what is kept of it."""
    architecture = replace(BASE, squeeze_ratio=point[0], pct_3x3=point[1])
    started = time.process_time()
    network = fashion.train_dense(task, architecture, schedule)

    return {
        "squeeze_ratio": point[0],
        "pct_3x3": point[1],
        "seed": schedule.seed,
        "epochs": schedule.epochs,
        "images": len(task.training.labels),
        "parameters": parameters(network),
        "test_percent": round(task.percent(network), 2),
        "seconds": round(time.process_time() - started),
    }


def parameters(network: SqueezeNet) -> int:
    return sum(p.numel() for p in network.parameters())


def sweeps(records: list[dict[str, Any]]) -> dict[str, list[tuple[float, int, float, int]]]:
    """For each sweep (value, float32 bytes, mean accuracy, seeds) in ascending order."""
    found: dict[str, list[tuple[float, int, float, int]]] = {}
    for key, other in (("squeeze_ratio", "pct_3x3"), ("pct_3x3", "squeeze_ratio")):
        held = [r for r in records if r[other] == getattr(BASE, other)]
        rows = []
        for value in sorted({r[key] for r in held}):
            same = [r for r in held if r[key] == value]
            accuracy = mean(r["test_percent"] for r in same)
            rows.append((value, 4 * same[0]["parameters"], accuracy, len(same)))
        found[key] = rows

    return found


def table(records: list[dict[str, Any]]) -> str:
    lines = ["| sweep | value | parameters, float32 B | test % (mean) | seeds |", "|---" * 5 + "|"]
    for name, rows in sweeps(records).items():
        lines += [f"| {name} | {value:g} | {size:,} | {percent:.2f} | {seeds} |"
                  for value, size, percent, seeds in rows]  # fmt: skip

    return "\n".join(lines)


def draw(figure: Figure, records: list[dict[str, Any]]) -> None:
    """Both sweeps side by side, each point with its value, each seed a small dot."""
    names = {"squeeze_ratio": "squeeze ratio", "pct_3x3": "share of 3x3 in expand"}
    everywhere = [r["test_percent"] for r in records]
    panels = zip(figure.subplots(1, 2, sharey=True), sweeps(records).items(), COLOURS, strict=True)
    for axes, (name, rows), colour in panels:
        other = "pct_3x3" if name == "squeeze_ratio" else "squeeze_ratio"
        held = [r for r in records if r[other] == getattr(BASE, other)]
        axes.scatter([4e-3 * r["parameters"] for r in held], [r["test_percent"] for r in held],
                     s=6, color=colour, alpha=0.5)  # fmt: skip
        axes.plot([size / 1000 for _, size, *_ in rows], [row[2] for row in rows], "o-",
                  color=colour, markersize=4)  # fmt: skip
        for value, size, percent, _ in rows:
            text = f"{value:g}" if name == "squeeze_ratio" else f"{100 * value:.0f} %"
            axes.annotate(text, (size / 1000, percent), (4, -9), textcoords="offset points")
        axes.set_xlabel("parameters in float32, KB")
        axes.set_title(f"{names[name]} ({names[other]} {getattr(BASE, other):g})", fontsize=9)
        axes.set_ylim(min(everywhere) - 0.3, max(everywhere) + 0.3)
        axes.grid(alpha=0.3)
        if name == "squeeze_ratio":
            axes.set_ylabel("Fashion-MNIST top-1, % of 10,000")


def main() -> None:
    parser = argparse.ArgumentParser(description="The paper's two sweeps, small.")
    parser.add_argument("--work", type=Path, required=True, help="Folder for results and log.")
    parser.add_argument("--output", type=Path, help="Picture to write (default: in --work).")
    parser.add_argument("--data", type=Path, default=fashion.DATA)
    parser.add_argument("--images", type=int, default=20_000, help="Training pictures used.")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="Train nothing, show what is there.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    kept, log = options.work / "sweeps.json", fashion.logger(options.work / "sweeps.log")
    task = fashion.task_of(options.data, options.images, lambda _: None)
    for seed in range(0 if options.table else options.seeds):
        schedule = Schedule(options.epochs, seed=seed)
        for point in points():
            name = f"{point[0]:g} {point[1]:g} {seed} {options.epochs} {options.images}"
            if name not in fashion.results(kept):
                record = train(task, point, schedule)
                fashion.keep(kept, name, record)
                log(json_line(record))
    records = list(fashion.results(kept).values())
    if records:
        picture = fashion.svg(lambda figure: draw(figure, records), (8.0, 3.4))
        (options.output or options.work / "sweeps.svg").write_bytes(picture)
        print(table(records))


def json_line(record: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in record.items())


if __name__ == "__main__":
    main()
