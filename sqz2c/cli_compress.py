"""
`sqz2c compress`: a float network made small before it is compiled, with training or without.
"""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sqz2c import compression, retraining, stages
from sqz2c.cli_files import check_apart, check_file, write_file
from sqz2c.cli_options import (
    PATH,
    Number,
    as_load_options,
    given_among,
    load_options,
    plan_options,
    refusing,
    will_go_on,
)
from sqz2c.cli_train import (
    as_data_options,
    data_options,
    say,
    training_bar,
    work_folder,
)
from sqz2c.errors import CompressError
from sqz2c.ir.graph import Graph
from sqz2c.train.processes import joined_processes
from sqz2c.train.share import STARTS
from sqz2c.training import use_threads

FOR_TRAINING = (
    "density", "bits", "start", "epochs", "batch", "rate", "hold_out", "seed", "augment", "mirror",
    "work", "threads", "ram", "input_mode",
)  # fmt: skip


@click.command()
@click.argument("model", type=PATH)
@click.option("-o", "--output", "out", type=PATH, required=True, help="Checkpoint to write.")
@click.option("--data", type=PATH, help="Folder with a folder of pictures for each class, or .npz.")
@click.option("--no-train", is_flag=True, help="Without training data: pictures are enough.")
@click.option("--calibrate", type=PATH, help="Folder of sample pictures, for --no-train.")
@click.option("--budget-bytes", type=click.IntRange(1), metavar="N",
              help="Bound on all read-only data but code (default: what hardly costs accuracy).")
@click.option("--density", type=Number(0, 1, min_open=True),
              help="Share of weights that stay (default: 0.33, or found for --budget-bytes).")
@click.option("--bits", type=click.IntRange(1, 8),
              help="2^BITS values a layer (default: 6, or found for --budget-bytes).")
@click.option("--start", type=click.Choice(list(STARTS)), default="linear", show_default=True,
              help="Where k-means begins to look for the values of --bits.")
@click.option("--epochs", type=click.IntRange(1), default=stages.EPOCHS, show_default=True,
              help="Times through the pictures while pruning; a quarter of it on top for tuning.")
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True,
              help="Pictures a step, over all processes.")
@click.option("--rate", type=Number(0, min_open=True),
              default=stages.PRUNING_RATE, show_default=True,
              help="Peak of a step while pruning, of the size of a layer's weights.")
@data_options
@plan_options
@load_options
@refusing
def compress(model: Path, out: Path, data: Path | None, no_train: bool, calibrate: Path | None,
             budget_bytes: int | None, **given: Any) -> None:  # fmt: skip
    """Turn a float MODEL into a small quantized checkpoint for `generate`.

    With --data it is pruned, retrained, given few values a layer, and trained on in the deployed
    arithmetic; interrupted, it goes on when run again. With --no-train, weights get steps, values
    and zeros that take few bits where that costs the answers little, as measured on pictures.
    """
    if no_train == (data is not None):
        raise CompressError(
            "compress trains on labelled pictures, --data, or does without: say --no-train; "
            "one of the two, see docs/training.md and docs/compression.md."
        )
    other = ("calibrate",) if data is not None else FOR_TRAINING
    if ignored := given_among(other):
        way = "--data" if data is not None else "--no-train"
        raise CompressError(f"{way} does without {', '.join(ignored)}: leave that out.")
    if data is not None:
        _with_training(model, out, data, budget_bytes, given)
        return
    if calibrate is None:
        raise CompressError("compress needs sample pictures: give --calibrate a folder of them.")
    check_file(out)
    check_apart({"--output": out}, {"MODEL": model})
    options = compression.CompressOptions(calibrate, budget_bytes, as_load_options(given))
    console = Console(file=None, stderr=True, highlight=False)
    with console.status("load") as status:
        made = compression.compress_model(model, options, status.update)
    write_file(out, made.checkpoint)
    click.echo(f"{out}: {made.flash_bytes:,} B of read-only data, {_kept(made.graph)}, "
               f"divergence {made.loss:.4f} nats on the pictures")  # fmt: skip


def _with_training(
    model: Path, out: Path, data: Path, budget_bytes: int | None, given: dict[str, Any]
) -> None:
    options = stages.RetrainOptions(
        data=as_data_options(data, given),
        work=work_folder(out, given, {"MODEL": model, "--data": data}),
        load=as_load_options(given),
        density=given["density"],
        bits=given["bits"],
        start=given["start"],
        budget_bytes=budget_bytes,
        ram_bytes=given["ram"],
        input_mode=given["input_mode"],
        epochs=given["epochs"],
        batch=given["batch"],
        rate=given["rate"],
        seed=given["seed"],
    )
    will_go_on()
    use_threads(given["threads"])
    with joined_processes() as processes, training_bar(processes) as on_step:
        made = retraining.retrain_model(model, options, processes, say, on_step)
    if processes.is_first:
        write_file(out, made.checkpoint)
        click.echo(f"{out}: {made.flash_bytes:,} B of read-only data, {_kept(made.graph)}, "
                   f"{made.ram_bytes:,} B of RAM")  # fmt: skip
        for name, right in (
            ("float, as it came", made.before),
            ("float, with these weights", made.shared),
            ("integers", made.integer),
        ):
            click.echo(f"  {name}: {right} of {made.of} held-out pictures right "
                       f"({100 * right / made.of:.2f} %)")  # fmt: skip


def _kept(graph: Graph) -> str:
    weights = sum(conv.weights.size for conv in graph.convs)
    kept = sum(int((conv.weights != 0).sum()) for conv in graph.convs)

    return f"{kept:,} of {weights:,} weights not zero"
