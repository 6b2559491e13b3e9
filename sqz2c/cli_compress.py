"""
`sqz2c compress`: a float network made small before it is compiled.
"""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sqz2c import compression
from sqz2c.cli_options import PATH, as_load_options, load_options, refusing
from sqz2c.errors import CompressError, EmitError


@click.command()
@click.argument("model", type=PATH)
@click.option("-o", "--output", "out", type=PATH, required=True, help="Checkpoint to write.")
@click.option("--no-train", is_flag=True, help="Without training data: pictures are enough.")
@click.option("--calibrate", type=PATH, help="Folder of sample pictures.")
@click.option("--budget-bytes", type=click.IntRange(1), metavar="N",
              help="Bound on all read-only data but code (default: what hardly costs accuracy).")
@load_options
@refusing
def compress(model: Path, out: Path, no_train: bool, calibrate: Path | None,
             budget_bytes: int | None, **given: Any) -> None:  # fmt: skip
    """Turn a float MODEL into a small quantized checkpoint for `generate`.

    Weights get steps, values and zeros that take few bits where that costs the answers little, as
    measured on the pictures; nothing is retrained.
    """
    if not no_train:
        raise CompressError("compress does not train: say --no-train, see docs/compression.md.")
    if calibrate is None:
        raise CompressError("compress needs sample pictures: give --calibrate a folder of them.")
    options = compression.CompressOptions(calibrate, budget_bytes, as_load_options(given))
    console = Console(file=None, stderr=True, highlight=False)
    with console.status("load") as status:
        made = compression.compress_model(model, options, status.update)
    try:
        out.write_bytes(made.checkpoint)
    except OSError as error:
        raise EmitError(f"{out}: cannot be written ({error.strerror}).") from error
    weights = sum(conv.weights.size for conv in made.graph.convs)
    kept = sum(int((conv.weights != 0).sum()) for conv in made.graph.convs)
    click.echo(f"{out}: {made.flash_bytes:,} B of read-only data, {kept:,} of {weights:,} weights "
               f"not zero, divergence {made.loss:.4f} nats on the pictures")  # fmt: skip
