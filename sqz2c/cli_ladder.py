"""
`sqz2c ladder`: one network's sizes, from float32 to flash, beside the paper's.
"""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sqz2c import pipeline
from sqz2c.cli_options import PATH, as_load_options, load_options, refusing
from sqz2c.ladder import facts, table

WIDTH = 140


@click.command()
@click.argument("model", type=PATH)
@click.option("--calibrate", type=PATH,
              help="Folder of sample pictures: a float network is quantized as by generate.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@load_options
@refusing
def ladder(model: Path, calibrate: Path | None, as_json: bool, **given: Any) -> None:
    """Say what MODEL takes as float32, int8, pruned, shared and Huffman-coded.

    Without --calibrate, a float network has no int8 and no Huffman-coded size.
    """
    options = pipeline.Options(calibrate=calibrate, load=as_load_options(given))
    sizes = pipeline.size_ladder(model, options)
    if as_json:
        click.echo(json.dumps(facts(sizes)))
    else:
        Console(highlight=False, width=WIDTH).print(table(model.name, sizes))
