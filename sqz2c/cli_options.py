"""
What several commands of the command line share: options, and how a refusal ends.
"""

import math
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from sqz2c.errors import Sqz2cError
from sqz2c.load import PRESETS, LoadOptions

REFUSED = 2
GOES_ON = "sqz2c.goes_on"
PATH = click.Path(path_type=Path)
MOST_THREADS = 256


def refusing(command: Callable[..., None]) -> Callable[..., None]:
    """
    Turn a Sqz2cError into one line on stderr and exit code 2.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except Sqz2cError as error:
            click.echo(f"sqz2c: {error}", err=True)
            sys.exit(REFUSED)
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            click.echo(f"sqz2c: {name}{error.strerror or error}", err=True)
            sys.exit(REFUSED)
        except MemoryError:
            click.echo("sqz2c: there is not enough memory for this.", err=True)
            sys.exit(REFUSED)

    return run


def will_go_on() -> None:
    """The command that runs keeps what it has done: run again, it goes on."""
    click.get_current_context().meta[GOES_ON] = True


def goes_on(context: click.Context) -> bool:
    """Whether the command that ran in CONTEXT has said so."""
    return GOES_ON in context.meta


class Number(click.FloatRange):
    """A finite number in a range."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """See click; nan is in no range."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no finite number", param, ctx)
        return number


def given_among(names: Iterable[str]) -> list[str]:
    """Which of the parameters NAMES stand on the command line, as --options."""
    context = click.get_current_context()
    options = {str(option.name): option.opts[0] for option in context.command.params}

    return [
        options[name]
        for name in names
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]


class _Size(click.ParamType):
    name = "HxW"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        parts = str(value).lower().split("x")
        numbers = [int(part) for part in parts if part.isascii() and part.isdigit()]
        if len(parts) != 2 or len(numbers) != 2 or min(numbers) < 1:
            self.fail(f"{value!r} is not HEIGHTxWIDTH, for example 224x224", param, ctx)
        return numbers[0], numbers[1]


class _Numbers(click.ParamType):
    name = "N,N,N"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers such as 104,117,123", param, ctx)


def load_options(command: Callable[..., None]) -> Callable[..., None]:
    """What a file of weights does not say about its network."""
    options = [
        click.option("--input-size", type=_Size(), help="Image size the network is for."),
        click.option("--order", type=click.Choice(["RGB", "BGR", "GRAY"], case_sensitive=False),
                     help="How your camera delivers pixels (default RGB, GRAY for one channel)."),
        click.option("--trained-order", type=click.Choice(["RGB", "BGR"], case_sensitive=False),
                     help="Channel order in which the network was trained."),
        click.option("--preprocess", type=click.Choice(sorted(PRESETS)),
                     help="What training did to pixels; caffe: BGR minus (104, 117, 123)."),
        click.option("--mean", type=_Numbers(), help="Mean a channel, pixel units, trained order."),
        click.option("--std", type=_Numbers(), help="Deviation a channel, pixel units."),
        click.option("--stem-stride", type=int, help="Stride of the first convolution."),
        click.option("--stem-padding", type=int, help="Padding of the first convolution."),
        click.option("--head-padding", type=int, help="Padding of the last convolution."),
        click.option("--bypass", type=click.Choice(["simple", "complex"]),
                     help="What goes around fire modules; a float state_dict cannot say that it "
                          "is simple."),
        click.option("--labels", type=click.Path(path_type=Path, dir_okay=False),
                     help="Text file, one class name a line."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)

    return command


def plan_options(command: Callable[..., None]) -> Callable[..., None]:
    """How much RAM there is, and where the image lies."""
    ram = click.option("--ram", type=click.IntRange(1), metavar="BYTES",
                       help="Bound on all static RAM of the library.")  # fmt: skip
    mode = click.option("--input", "input_mode", default="image", show_default=True,
                        type=click.Choice(["image", "arena", "rows"]),
                        help="The image is the caller's buffer, lies in the arena, or comes row "
                             "by row.")  # fmt: skip

    return ram(mode(command))


def as_load_options(given: dict[str, Any]) -> LoadOptions:
    size = given["input_size"] or (None, None)
    labels: tuple[str, ...] = ()
    if given["labels"] is not None:
        try:
            labels = tuple(given["labels"].read_text("utf-8").splitlines())
        except (OSError, UnicodeDecodeError) as error:
            raise Sqz2cError(f"{given['labels']}: cannot be read as text ({error}).") from error
        if not labels:
            raise Sqz2cError(f"{given['labels']} is empty: put one class name a line there.")

    return LoadOptions(
        input_height=size[0],
        input_width=size[1],
        order=given["order"],
        trained_order=given["trained_order"],
        preset=given["preprocess"],
        mean=given["mean"],
        std=given["std"],
        stem_stride=given["stem_stride"],
        stem_padding=given["stem_padding"],
        head_padding=given["head_padding"],
        bypass=given["bypass"],
        labels=labels,
    )
