"""
A ladder for people: this network's rungs, then the paper's table.
"""

from rich.table import Table

from sqz2c.ladder.rungs import PAPER, Ladder


def table(name: str, ladder: Ladder) -> Table:
    """
    The sizes of the network in file NAME, and table 2 of the SqueezeNet paper below them.
    """
    share = 100 * ladder.nonzero / ladder.weights
    result = Table(
        title=f"{name}: {ladder.weights:,} weights, {ladder.nonzero:,} not zero ({share:.1f} %)",
        box=None,
        pad_edge=False,
        title_justify="left",
    )
    result.add_column("form", no_wrap=True)
    for heading in ("bytes", "bits a weight", "AlexNet / this"):
        result.add_column(heading, justify="right", no_wrap=True)
    result.add_column("what is kept", no_wrap=True)
    for rung in ladder.rungs:
        result.add_row(rung.name, f"{rung.total_bytes:,}", f"{rung.bits_per_weight:.2f}",
                       f"{rung.alexnet_ratio:,.0f}", rung.what)  # fmt: skip
    result.add_section()
    for row in PAPER:
        result.add_row(f"{row.network} (paper)", f"{row.megabytes:g} MB", "", str(row.ratio),
                       row.how)  # fmt: skip

    return result
