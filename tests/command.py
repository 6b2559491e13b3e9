"""
The command line for its tests: called in this process, refusals checked for their form.
"""

import re
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from sqz2c.cli import main

BOARD = "mps2_an386"
SIZE = ("--input-size", "32x32")


def call(*arguments: str | Path) -> Result:
    """
    Run the command in this process; stdout and stderr apart.
    """
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


def reason(result: Result) -> str:
    """
    The one sentence of a refusal, which exits with 2 and prints nothing else.
    """
    assert 2 == result.exit_code, result.output
    assert "" == result.stdout
    assert re.fullmatch(r"sqz2c: [^\n]+\n", result.stderr), result.stderr

    return result.stderr


def save_pictures(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(count)
    for number in range(count):
        pixels = rng.integers(0, 256, (40, 36, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")

    return folder


def copy_of(out: Path, folder: Path) -> Path:
    for path in out.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(out)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())

    return folder
