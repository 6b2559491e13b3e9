"""
`sqz2c plan`: the memory plan of a network before anything is generated.
"""

import json
from pathlib import Path
from typing import Any

import click

from sqz2c import firmware as fw
from sqz2c import pipeline
from sqz2c.cli_files import check_file, write_file
from sqz2c.cli_options import PATH, as_load_options, load_options, plan_options, refusing
from sqz2c.drawing import check_plot
from sqz2c.plan_report import Planned, facts, words


@click.command()
@click.argument("model", type=PATH)
@click.option("--board", help="Plan for the RAM that this board leaves.")
@click.option("--curve", is_flag=True, help="Show all plans: RAM against work.")
@click.option("--plot", "picture", type=PATH, metavar="FILE.png|.svg",
              help="Draw the arena over the turns (and the curve).")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@plan_options
@load_options
@refusing
def plan(model: Path, board: str | None, curve: bool, picture: Path | None, as_json: bool,
         ram: int | None, input_mode: str, **given: Any) -> None:  # fmt: skip
    """Say how MODEL runs in how much RAM; a float network needs no pictures for that."""
    if picture is not None:
        check_plot(picture)
        check_file(picture)
    options = pipeline.Options(
        board=fw.load_board(board) if board is not None else None,
        load=as_load_options(given),
        input_mode=input_mode,
        ram_bytes=ram,
    )
    planned = pipeline.plan_model(model, options)
    if picture is not None:
        _draw(picture, planned, curve)
    if as_json:
        click.echo(json.dumps(facts(planned, with_curve=curve)))
    else:
        click.echo(words(planned, with_curve=curve), nl=False)


def _draw(path: Path, planned: Planned, with_curve: bool) -> None:
    from sqz2c.plan_report.plot import plot  # slow to import, rarely wanted

    write_file(path, plot(planned, path.suffix, with_curve=with_curve))
