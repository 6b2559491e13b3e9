"""
`sqz2c profile`: where the instructions of an inference go.
"""

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from sqz2c import firmware as fw
from sqz2c import pipeline
from sqz2c.cli_files import check_file, write_file
from sqz2c.cli_options import PATH, refusing
from sqz2c.drawing import check_plot
from sqz2c.output import read_output
from sqz2c.profile import Profile, facts, table

DIFFERENT = 1
WIDTH = 140


@click.command()
@click.argument("out", type=PATH)
@click.option("--board", required=True, help="One that QEMU has; see `sqz2c boards`.")
@click.option("--plot", "picture", type=PATH, metavar="FILE.png|.svg", help="Draw a bar a layer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@refusing
def profile(out: Path, board: str, picture: Path | None, as_json: bool) -> None:
    """Count the instructions of each layer of OUT in QEMU.

    Convolution, requantization, decoding and pooling apart, beside the cost model's estimate.
    """
    if picture is not None:
        check_plot(picture)
        check_file(picture)
    counted = pipeline.profile_output(read_output(out), fw.load_board(board))
    if picture is not None:
        _draw(picture, counted)
    if as_json:
        click.echo(json.dumps(facts(counted)))
    else:
        Console(highlight=False, width=WIDTH).print(table(counted))
    sys.exit(0 if counted.equal else DIFFERENT)


def _draw(path: Path, counted: Profile) -> None:
    from sqz2c.profile.plot import plot  # slow to import, rarely wanted

    write_file(path, plot(counted, path.suffix))
