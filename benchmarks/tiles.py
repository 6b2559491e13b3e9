"""
What it is worth to widen inputs less often: filters a tile, and instructions, of SqueezeNet v1.1.

    python -m benchmarks.tiles [--board NAME]

A row's windows are built once for each tile of filters. Plans are made with the sizes of tiles that
the planner tries, with more of them, and with tiles that hold all filters of their step alone: then
inputs are widened once a row, and nothing that kept windows could gain more. Each plan runs once in
QEMU, logits compared with PyTorch's. Some minutes.
"""

import argparse
from collections.abc import Iterator
from unittest.mock import patch

from sqz2c.firmware import load_board
from sqz2c.ir.program import Program
from sqz2c.plan import stages
from tests.measured import subject
from tests.reference_networks import unpruned

USUAL = (stages.TILES, stages.PARTS)
MORE = ((*stages.TILES, 128, 256), stages.PARTS)
ALL = ((), (1,))
ROOMY = 2_000_000
WAYS = (  # (what tiles, what the planner tries, the budget of RAM)
    ("as planned", USUAL, 212_992),
    ("128 and 256 too", MORE, 212_992),
    ("as planned", USUAL, ROOMY),
    ("all filters", ALL, ROOMY),
)
HEAD = f"{'tiles':18}{'budget, B':>10}{'taken, B':>10}{'M instr.':>10}  filters a tile, by step"


def tiles_of(program: Program) -> str:
    """Filters a tile of each step that has convolutions."""
    steps = [step for segment in program.segments for step in segment.steps]
    return " ".join(str(step.tile_channels) for step in steps if step.convs)


def lines(board: str) -> Iterator[str]:
    """The table, a line a plan."""
    yield HEAD
    for name, (tiles, parts), ram in WAYS:
        with (
            patch.object(stages, "TILES", tiles),
            patch.object(stages, "PARTS", parts),
            subject(unpruned(), "arena", ram) as found,
        ):
            taken = found.run(load_board(board))
            yield (
                f"{name:18}{ram:10,}{taken.ram_bytes:10,}{taken.instructions / 1e6:10.2f}"
                f"  {tiles_of(found.program)}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", default="mps2_an386")
    for line in lines(parser.parse_args().board):
        print(line, flush=True)


if __name__ == "__main__":
    main()
