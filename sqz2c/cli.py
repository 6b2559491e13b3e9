"""
The command line: arguments, printing, exit codes. Everything else is in pipeline.

Exit codes: 0 done and equal; 1 a difference was found; 2 refused, with the reason in one sentence;
130 interrupted.
"""

import itertools
import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sqz2c import firmware as fw
from sqz2c import pipeline
from sqz2c.cli_compress import compress
from sqz2c.cli_explore import explore
from sqz2c.cli_ladder import ladder
from sqz2c.cli_options import (
    PATH,
    as_load_options,
    goes_on,
    load_options,
    plan_options,
    refusing,
)
from sqz2c.cli_plan import plan
from sqz2c.cli_profile import profile
from sqz2c.cli_train import train
from sqz2c.output import read_output
from sqz2c.version import VERSION

DIFFERENT = 1
INTERRUPTED = 130
MOST = 1_000_000  # pictures
STAGES = 5


def _console() -> Console:
    return Console(file=sys.stderr, highlight=False)


def _say(text: str = "") -> None:
    click.echo(text)


def _progress() -> Progress:
    """A bar on stderr; nothing when that is not a terminal."""
    console = _console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip

    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class _Commands(click.Group):
    def invoke(self, context: click.Context) -> Any:
        """Run the command; Ctrl-C ends it with one line, as a shell expects it."""
        try:
            return super().invoke(context)
        except (KeyboardInterrupt, click.Abort):
            again = "; run the same command again to go on" if goes_on(context) else ""
            click.echo(f"\nsqz2c: interrupted{again}", err=True)
            sys.exit(INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="sqz2c")
def main() -> None:
    """Compile a pruned and quantized SqueezeNet into C99 that equals PyTorch bit for bit."""


main.add_command(plan)
main.add_command(profile)
main.add_command(compress)
main.add_command(train)
main.add_command(ladder)
main.add_command(explore)


@main.command()
@click.argument("model", type=PATH)
@click.option("-o", "--output", "out", type=PATH, required=True, help="Folder to write.")
@click.option("--name", default="squeezenet", show_default=True,
              help="Prefix of files and C names.")  # fmt: skip
@click.option("--board", help="Plan for this board's RAM and core; refuse what exceeds it.")
@click.option("--calibrate", type=PATH, help="Folder of sample pictures; float networks need it.")
@click.option("--images", type=PATH, help="Folder whose first five pictures are kept in OUT.")
@click.option("--verify", "verify_count", type=click.IntRange(0, MOST), default=0,
              show_default=True,
              help="Compare the C with PyTorch first, on at most N images.")  # fmt: skip
@plan_options
@load_options
@refusing
def generate(model: Path, out: Path, name: str, board: str | None, calibrate: Path | None,
             images: Path | None, verify_count: int, ram: int | None, input_mode: str,
             **given: Any) -> None:  # fmt: skip
    """Turn MODEL into C sources in a folder."""
    options = pipeline.Options(
        name=name,
        calibrate=calibrate,
        pictures=images,
        board=fw.load_board(board) if board is not None else None,
        load=as_load_options(given),
        input_mode=input_mode,
        ram_bytes=ram,
    )
    with _progress() as progress:
        task = progress.add_task("compile", total=STAGES)

        def tell(stage: str) -> None:
            progress.update(task, description=stage, advance=1)

        compiled = pipeline.compile_model(model, options, tell)
        if verify_count:
            progress.update(task, description="verify")
            proof = pipeline.verify_compiled(compiled, verify_count)
            if not proof.equal:
                click.echo(f"sqz2c: {proof.first_difference}; nothing was written.", err=True)
                sys.exit(DIFFERENT)
        compiled.write(out)
    _print_summary(out, json.loads(compiled.files["manifest.json"]))
    if verify_count:
        _say(f"{_count(proof.images, 'image')} through {proof.layers} layers: equal to PyTorch")


def _print_summary(out: Path, manifest: dict[str, Any]) -> None:
    image, ram, flash = manifest["input"], manifest["ram"], manifest["flash"]
    forms = [layer["requantizer"] for layer in manifest["layers"] if "requantizer" in layer]
    counts = ", ".join(f"{forms.count(f)} {f}" for f in ("fixed", "checked", "exact") if f in forms)
    _say(f"{out}: {manifest['name']}, {image['height']}x{image['width']} {image['order']}, "
         f"{manifest['classes']} classes, {manifest['macs']:,} MACs")  # fmt: skip
    _say(f"  flash  {flash['total_bytes']:>11,} B  weights {flash['weights_bytes']:,}, codebooks "
         f"{flash['codebooks_bytes']:,}, tables {flash['tables_bytes']:,}, biases "
         f"{flash['biases_bytes']:,}")  # fmt: skip
    _say(f"  RAM    {ram['total_bytes']:>11,} B  arena {ram['arena_bytes']:,} (lower bound "
         f"{manifest['arena_lower_bound_bytes']:,}; scratch inside, at most "
         f"{ram['scratch_bytes']:,}), context {ram['context_bytes']:,}")  # fmt: skip
    picture = image["height"] * image["width"] * image["channels"]
    if manifest["input_mode"] == "image":
        _say(f"         {picture:>11,} B  of image, wherever you keep it, is not counted")
    _say(f"  plan: {len(manifest['segments'])} segments, input: {manifest['input_mode']}, each "
         f"weight decoded {manifest['decoded_weights'] / _weights(manifest):.2f} times an "
         "image")  # fmt: skip
    _say(f"  requantization: {counts}")


def _weights(manifest: dict[str, Any]) -> int:
    return sum(layer["weights"] for layer in manifest["layers"])


@main.command()
@click.argument("out", type=PATH)
@click.option("--images", type=PATH,
              help="Folder of pictures (default: the stored ones and noise).")  # fmt: skip
@click.option("--count", type=click.IntRange(1, MOST), help="At most so many pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@refusing
def verify(out: Path, images: Path | None, count: int | None, as_json: bool) -> None:
    """Compare every layer of the C in OUT with PyTorch."""
    output = read_output(out)
    pictures = itertools.islice(pipeline.pictures_of(output, images, count), count)
    with _progress() as progress:
        task = progress.add_task("verify", total=None)
        proof = pipeline.verify_output(output, pictures, lambda _: progress.advance(task))
    difference = proof.first_difference
    if as_json:
        _say(json.dumps({
            "equal": proof.equal,
            "images": proof.images,
            "layers": proof.layers,
            "first_difference": asdict(difference) if difference else None,
        }))  # fmt: skip
    elif difference is None:
        _say(f"{_count(proof.images, 'image')} through {proof.layers} layers: equal to PyTorch")
    else:
        _say(f"picture {difference.image}: {difference}")
    sys.exit(0 if proof.equal else DIFFERENT)


@main.command()
@click.argument("out", type=PATH)
@click.option("--board", required=True, help="See `sqz2c boards`.")
@click.option("--embed", type=click.IntRange(0, MOST),
              help="Test pictures inside (default: up to five; 0 where rows are fed).")  # fmt: skip
@refusing
def build(out: Path, board: str, embed: int | None) -> None:
    """Build firmware of OUT for a board."""
    target = fw.load_board(board)
    _print_firmware(pipeline.build_output(read_output(out), target, embed), target)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _print_firmware(built: fw.Firmware, board: fw.Board) -> None:
    holds = _count(built.images, "test picture")
    if built.takes_rows:
        holds = "rows over the serial line"
    _say(f"{built.elf} (.bin, .hex): {holds}")
    _say(f"  flash {built.flash_bytes:>11,} B of {board.flash_bytes:,}")
    _say(f"  RAM   {built.ram_bytes:>11,} B of {board.ram_bytes:,}, "
         f"{built.stack_reserve_bytes:,} of it reserved for the stack")  # fmt: skip


@main.command()
@click.argument("out", type=PATH)
@click.option("--board", required=True, help="See `sqz2c boards`.")
@click.option("--images", type=PATH,
              help="Folder of pictures to feed row by row (default: stored ones, noise).")
@click.option("--count", type=click.IntRange(1, MOST), help="At most so many pictures.")
@click.option("--port", metavar="DEVICE", help="Serial port of a real board, /dev/ttyACM0 or so.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@refusing
def run(out: Path, board: str, images: Path | None, count: int | None, port: str | None,
        as_json: bool) -> None:  # fmt: skip
    """Run OUT's firmware and compare its logits with PyTorch's.

    In QEMU, or on a real board at --port. Firmware of a network generated with --input rows is fed
    pictures row by row; other firmware runs those inside.
    """
    target = fw.load_board(board)
    with _progress() as progress:
        task = progress.add_task(f"run on {board}", total=None)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        feed = pipeline.Feed(images, count, port)
        built, result = pipeline.run_output(read_output(out), target, feed, tell)
    figures = {
        "board": board,
        "equal": result.equal,
        "images": result.images,
        "instructions": result.instructions,
        "stack_bytes": result.stack_bytes,
        "flash_bytes": built.flash_bytes,
        "ram_bytes": built.ram_bytes,
        "weights_intact": result.weights_intact,
        "stack_intact": result.stack_intact,
        "verdict": result.verdict,
    }
    if as_json:
        _say(json.dumps(figures))
    else:
        _print_firmware(built, target)
        counted = "no picture was run; "
        if result.instructions is not None:
            counted = f"{result.instructions:,} instructions for the first, "
        agree = "equal to PyTorch" if result.equal else "DIFFERENT from PyTorch"
        _say(f"{board}: {_count(result.images, 'picture')}, logits {agree}; {counted}"
             f"stack {result.stack_bytes:,} B; verdict {result.verdict}")  # fmt: skip
    sys.exit(0 if result.verdict == "pass" else DIFFERENT)


@main.command()
@click.argument("out", type=PATH)
@click.option("--board", required=True, help="See `sqz2c boards`.")
@click.option("--dry-run", is_flag=True, help="Print the command, run nothing.")
@refusing
def flash(out: Path, board: str, dry_run: bool) -> None:
    """Write OUT's firmware to a board with the board's own tool."""
    target = fw.load_board(board)
    output = read_output(out)
    built = fw.load_firmware(out, target) or pipeline.build_output(output, target)
    if dry_run:
        _say(shlex.join(fw.flash_command(built, target)))
    else:
        fw.flash(built, target)


@main.command()
@click.argument("model", type=PATH)
@load_options
@refusing
def inspect(model: Path, **given: Any) -> None:
    """Say what is in MODEL: layers, shapes, sparsity, scales."""
    _say(pipeline.describe(model, as_load_options(given)).rstrip())


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def boards(as_json: bool) -> None:
    """List the boards that firmware can be built for."""
    rows = [
        {
            "name": board.name,
            "core": board.core,
            "flash_bytes": board.flash_bytes,
            "ram_bytes": board.ram_bytes,
            "qemu": board.qemu.machine if board.qemu else None,
            "title": board.title,
        }
        for board in fw.list_boards()
    ]
    if as_json:
        _say(json.dumps({"boards": rows}))
        return
    table = Table("board", "core", "flash KiB", "RAM KiB", "QEMU machine", "what it is", box=None)
    for row in rows:
        table.add_row(row["name"], row["core"], f"{row['flash_bytes'] // 1024:,}",
                      f"{row['ram_bytes'] // 1024:,}", row["qemu"] or "-",
                      row["title"])  # fmt: skip
    Console(highlight=False, width=120).print(table)


@main.command()
def doctor() -> None:
    """Say which tools are missing, and how to get them."""
    missing = []
    for tool in fw.find_tools():
        _say(f"{'ok     ' if tool.path else 'missing'}  {tool.name:24} {tool.path or ''}".rstrip())
        if not tool.path:
            missing.append(tool.package)
    if missing:
        _say(f"To get them on Debian: apt-get install {' '.join(sorted(set(missing)))}")
