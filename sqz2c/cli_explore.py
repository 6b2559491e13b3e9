"""
`sqz2c explore`: which networks are the best for a board's budget.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sqz2c import exploration
from sqz2c import firmware as fw
from sqz2c.cli_files import check_apart, check_file, check_folder, write_file
from sqz2c.cli_options import (
    MOST_THREADS,
    PATH,
    Number,
    as_load_options,
    load_options,
    plan_options,
    refusing,
    will_go_on,
)
from sqz2c.cli_train import architecture_options, as_architecture, as_data_options, say
from sqz2c.drawing import check_plot
from sqz2c.explore import Explored, Range, Space, Teaching, facts, table
from sqz2c.split import AUGMENTS
from sqz2c.training import use_threads

WIDTH = 140
PARAMETERS = tuple(field.name.replace("_", "-") for field in fields(Space))


class _Span(click.ParamType):
    name = "NAME=LOW:HIGH"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, Range]:
        if isinstance(value, tuple):
            return value
        name, _, bounds = str(value).partition("=")
        low, _, high = bounds.partition(":")
        try:
            span = Range(float(low), float(high or low))
        except ValueError:
            span = None
        if span is None or name not in PARAMETERS:
            self.fail(f"{value!r} is not a range such as density=0.2:1, of {', '.join(PARAMETERS)}",
                      param, ctx)  # fmt: skip
        return name.replace("-", "_"), span


@click.command()
@click.option("--data", type=PATH, required=True,
              help="Folder with a folder of pictures for each class, or .npz.")
@click.option("--study", required=True, metavar="FILE|URL",
              help="Journal file or database (sqlite:///study.db) to begin or go on with.")
@click.option("--trials", type=click.IntRange(1), default=30, show_default=True,
              help="Networks that the study shall have, of all machines together.")
@click.option("--board", help="Explore what fits this board.")
@click.option("--flash", "flash_bytes", type=click.IntRange(1), metavar="BYTES",
              help="Bound on all read-only data but code.")
@click.option("--range", "spans", type=_Span(), multiple=True,
              help="What is explored, for example base-e=16:64; LOW alone holds a parameter.")
@click.option("--epochs", type=click.IntRange(1), default=4, show_default=True,
              help="Of each network from scratch; half as many while it is pruned.")
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True,
              help="Pictures a step.")
@click.option("--hold-out", type=Number(0, 1, min_open=True, max_open=True),
              default=0.1, show_default=True, help="Share of each class that is not trained on.")
@click.option("--seed", type=click.IntRange(0, 10**6), default=0, show_default=True,
              help="Fixes what is held out and every random choice.")
@click.option("--augment", type=click.Choice(AUGMENTS),
              help="How pictures are varied (default: photo in colour, small in grey).")
@click.option("--mirror/--no-mirror", default=True, show_default=True,
              help="Whether a mirrored picture is of the same class.")
@click.option("--threads", type=click.IntRange(1, MOST_THREADS), help="Of this process.")
@click.option("--models", type=PATH, help="Folder for the checkpoints of all trained networks.")
@click.option("--plot", "picture", type=PATH, metavar="FILE.png|.svg",
              help="Draw accuracy against flash, RAM and instructions.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@plan_options
@architecture_options
@load_options
@refusing
def explore(data: Path, study: str, trials: int, board: str | None, flash_bytes: int | None,
            spans: tuple[tuple[str, Range], ...], epochs: int, batch: int, seed: int,
            threads: int | None, models: Path | None, picture: Path | None, as_json: bool,
            ram: int | None, input_mode: str, **given: Any) -> None:  # fmt: skip
    """Train many small networks for a short time, and say which are beaten by none.

    Squeeze ratio, share of 3x3, expand filters, bits and density are chosen by Optuna; what would
    not fit is dropped before it is trained. Run again, or on other machines with the same study,
    it goes on.
    """
    if picture is not None:
        check_plot(picture)
    _check_written(data, study, models, picture)
    will_go_on()
    use_threads(threads)
    load = as_load_options(given)
    geometry = (load.stem_stride, load.stem_padding, load.head_padding, load.bypass)
    held = {name: Range(given[name], given[name])
            for name in ("base_e", "incr_e", "pct_3x3", "squeeze_ratio")
            if given[name] is not None}  # fmt: skip
    options = exploration.ExploreOptions(
        data=as_data_options(data, given | {"seed": seed}),
        study=study,
        trials=trials,
        architecture=as_architecture(given, *geometry),
        space=Space(**(held | dict(spans))),
        teaching=Teaching(epochs, batch, seed, given["dropout"] or 0.0),
        board=fw.load_board(board) if board is not None else None,
        flash_bytes=flash_bytes,
        ram_bytes=ram,
        input_mode=input_mode,  # type: ignore[arg-type]
        models=models,
        load=load,
    )
    explored = exploration.explore(options, say)
    if picture is not None:
        _draw(picture, explored)
    if as_json:
        click.echo(json.dumps(facts(explored)))
    else:
        Console(highlight=False, width=WIDTH).print(table(explored))


def _check_written(data: Path, study: str, models: Path | None, picture: Path | None) -> None:
    """Refuse before anything is trained."""
    journal = Path(study) if "://" not in study else None
    written = {"--study": journal, "--models": models, "--plot": picture}
    check_apart(written, {"--data": data})
    check_apart({"--plot": picture, "--models": models}, {"--study": journal})
    for path in filter(None, (journal, picture)):
        check_file(path)
    if models is not None:
        check_folder(models)


def _draw(path: Path, explored: Explored) -> None:
    from sqz2c.explore.plot import plot  # slow to import, rarely wanted

    write_file(path, plot(explored, path.suffix))
