"""
`sqz2c train`: labelled pictures to a float checkpoint; and the options that `compress` shares.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sqz2c import training
from sqz2c.cli_files import check_apart, check_file, check_folder, write_file
from sqz2c.cli_options import (
    MOST_THREADS,
    PATH,
    Number,
    as_load_options,
    given_among,
    load_options,
    refusing,
    will_go_on,
)
from sqz2c.errors import TrainError
from sqz2c.load import held_out_folder
from sqz2c.split import AUGMENTS, DataOptions
from sqz2c.train.processes import Processes, joined_processes
from sqz2c.train.squeezenet import Architecture

ARCHITECTURE_NAMES = (
    "fires", "base_e", "incr_e", "freq", "pct_3x3", "squeeze_ratio", "pools",
)  # fmt: skip
ARCHITECTURES = {
    "v1.0": Architecture(),
    "v1.1": Architecture(stem_filters=64, stem_kernel=3, pools=(0, 2, 4)),
}


class _Stem(click.ParamType):
    name = "KxK/FILTERS"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        window, _, filters = str(value).lower().partition("/")
        sides = window.split("x")
        numbers = [int(part) for part in (*sides, filters) if part.isascii() and part.isdigit()]
        if len(numbers) != 3 or numbers[0] != numbers[1] or min(numbers) < 1:
            self.fail(f"{value!r} is not KERNELxKERNEL/FILTERS, for example 3x3/64", param, ctx)
        return numbers[0], numbers[2]


class _Places(click.ParamType):
    name = "N,N"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        parts = [part for part in str(value).split(",") if part]
        if not all(part.isascii() and part.isdigit() for part in parts):
            self.fail(f"{value!r} is not a list of numbers such as 0,2,4", param, ctx)
        return tuple(sorted({int(part) for part in parts}))


def architecture_options(command: Callable[..., None]) -> Callable[..., None]:
    """The paper's metaparameters, from a published network on."""
    options = [
        click.option("--arch", type=click.Choice(sorted(ARCHITECTURES)), default="v1.1",
                     show_default=True, help="Published network that the rest changes."),
        click.option("--stem", type=_Stem(), help="First convolution, for example 3x3/64."),
        click.option("--fires", type=click.IntRange(1, 64), help="Fire modules."),
        click.option("--base-e", type=click.IntRange(2), help="Expand filters of the first."),
        click.option("--incr-e", type=click.IntRange(0), help="More of them each --freq modules."),
        click.option("--freq", type=click.IntRange(1), help="Modules of equal width."),
        click.option("--pct-3x3", type=Number(0, 1), help="Share of 3x3 in them."),
        click.option("--squeeze-ratio", type=Number(0, 1000, min_open=True),
                     help="Squeeze filters for one expand filter."),
        click.option("--pools", type=_Places(),
                     help="Fire modules before each max pool: 0 is after the stem."),
        click.option("--dropout", type=Number(0, 1, max_open=True),
                     help="Before the head."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)

    return command


def data_options(command: Callable[..., None]) -> Callable[..., None]:
    """Where pictures come from and which are held out."""
    options = [
        click.option("--hold-out", type=Number(0, 1, min_open=True, max_open=True),
                     default=0.1, show_default=True,
                     help="Share of each class that is not trained on."),
        click.option("--seed", type=click.IntRange(0, 10**6), default=0, show_default=True,
                     help="Fixes what is held out and every random choice."),
        click.option("--augment", type=click.Choice(AUGMENTS),
                     help="How pictures are varied (default: photo in colour, small in grey)."),
        click.option("--mirror/--no-mirror", default=True, show_default=True,
                     help="Whether a mirrored picture is of the same class."),
        click.option("--work", type=PATH,
                     help="Folder to go on from after an interruption (default: OUTPUT.work)."),
        click.option("--threads", type=click.IntRange(1, MOST_THREADS), help="Of this process."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)

    return command


def as_architecture(given: Mapping[str, Any], stem_stride: int | None, stem_padding: int | None,
                    head_padding: int | None,
                    bypass: str | None = None) -> Architecture:  # fmt: skip
    """The named architecture with what was GIVEN instead."""
    names = (*ARCHITECTURE_NAMES, "dropout")
    changed = {name: given[name] for name in names if given[name] is not None}
    if given["stem"] is not None:
        changed["stem_kernel"], changed["stem_filters"] = given["stem"]
    geometry = {
        "stem_stride": stem_stride, "stem_padding": stem_padding, "head_padding": head_padding,
    }  # fmt: skip
    changed |= {name: value for name, value in geometry.items() if value is not None}
    changed["bypass"] = bypass or "none"
    named = ARCHITECTURES[given["arch"]]
    fires = changed.get("fires", named.fires)
    if "fires" in changed and "pools" not in changed:
        changed["pools"] = tuple(pool for pool in named.pools if pool < fires)
    if any(pool > fires for pool in changed.get("pools", ())):
        raise TrainError(f"--pools {max(changed['pools'])} comes after the last of {fires} fires.")

    return Architecture(**{**vars(named), **changed})


@contextmanager
def training_bar(processes: Processes) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr for each stage; nothing when that is not a terminal."""
    console = Console(file=sys.stderr, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip
    hidden = not console.is_terminal or not processes.is_first
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        tasks: dict[str, Any] = {}

        def on_step(stage: str, done: int, steps: int) -> None:
            name = stage.partition(":")[0]
            if name not in tasks:
                tasks[name] = progress.add_task(stage)
            progress.update(tasks[name], description=stage, completed=done, total=steps)

        yield on_step


def say(record: Mapping[str, object]) -> None:
    """One line of the log on stderr."""
    words = [f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in record.items()]
    click.echo(", ".join(words).removeprefix("stage "), err=True)


def as_data_options(data: Path, given: Mapping[str, Any]) -> DataOptions:
    """What data_options gave, for pictures in DATA."""
    put_aside = held_out_folder(data)
    if put_aside is not None and given_among(("hold_out",)):
        raise TrainError(f"{put_aside} is what is held out: leave out --hold-out.")

    return DataOptions(data, given["hold_out"], given["seed"], given["augment"], given["mirror"])


def work_folder(out: Path, given: Mapping[str, Any], read: Mapping[str, Path | None]) -> Path:
    """
    Where a run that ends with OUT is kept. Raise EmitError unless both can be written, apart from
    what is READ.
    """
    check_file(out)
    work: Path = given["work"] or out.with_name(out.name + ".work")
    check_apart({"--output": out, "--work": work}, read)
    check_apart({"--output": out}, {"--work": work})
    check_folder(work)

    return work


@click.command()
@click.option("--data", type=PATH, required=True,
              help="Folder with a folder of pictures for each class, or .npz.")  # fmt: skip
@click.option("-o", "--output", "out", type=PATH, required=True, help="Checkpoint to write.")
@click.option("--from", "start", type=PATH, help="Float weights to train on from.")
@click.option("--epochs", type=click.IntRange(1),
              help="Times through the pictures (default: 30, or 20 from weights).")  # fmt: skip
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True,
              help="Pictures a step, over all processes.")  # fmt: skip
@click.option("--rate", type=Number(0, min_open=True),
              help="Peak of the learning rate (default: 0.1 by SGD, or 2e-4 by AdamW from "
                   "weights).")  # fmt: skip
@data_options
@architecture_options
@load_options
@refusing
def train(data: Path, out: Path, start: Path | None, epochs: int | None, batch: int,
          rate: float | None, **given: Any) -> None:  # fmt: skip
    """Train a float SqueezeNet on labelled pictures, from nothing or from weights.

    The checkpoint holds image size, preprocessing and labels: generate and compress read it
    without options. Run again after an interruption, it goes on; under torchrun, processes share
    each batch.
    """
    ignored = given_among((*ARCHITECTURE_NAMES, "arch", "stem"))
    if start is not None and ignored:
        raise TrainError(f"--from brings its own architecture: leave out {', '.join(ignored)}.")
    load = as_load_options(given)
    geometry = (load.stem_stride, load.stem_padding, load.head_padding, load.bypass)
    options = training.TrainOptions(
        data=as_data_options(data, given),
        work=work_folder(out, given, {"--data": data, "--from": start}),
        start=start,
        architecture=as_architecture(given, *geometry),
        load=load,
        epochs=epochs,
        batch=batch,
        rate=rate,
        seed=given["seed"],
    )
    will_go_on()
    training.use_threads(given["threads"])
    with joined_processes() as processes, training_bar(processes) as on_step:
        made = training.train_model(options, processes, say, on_step)
    if processes.is_first:
        write_file(out, made.checkpoint)
        weights = sum(conv.weights.size + conv.bias.size for conv in made.graph.convs)
        click.echo(f"{out}: {weights:,} parameters, {made.right} of {made.of} held-out pictures "
                   f"right ({100 * made.right / made.of:.2f} %)")  # fmt: skip
