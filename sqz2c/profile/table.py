"""
A profile for people: a line a layer.
"""

from rich.table import Table

from sqz2c.profile.counts import LayerProfile, Profile

NUMBERS = ("MACs", "convolve", "requantize", "decode", "pool", "other", "total", "a MAC",
           "estimate", "error %")  # fmt: skip


def table(profile: Profile) -> Table:
    """
    Instructions of PROFILE by layer and phase.
    """
    result = Table(
        title=f"{profile.network} on {profile.board} ({profile.core}): instructions an inference",
        box=None,
        pad_edge=False,
    )
    result.add_column("layer", no_wrap=True)
    for heading in NUMBERS:
        result.add_column(heading, justify="right", no_wrap=True)
    for layer in profile.layers:
        result.add_row(*_cells(layer))
    result.add_section()
    result.add_row(*_cells(profile.whole))

    return result


def _cells(layer: LayerProfile) -> tuple[str, ...]:
    counts = (layer.macs, layer.convolve, layer.requantize, layer.decode, layer.pool, layer.other,
              layer.total)  # fmt: skip
    error = layer.error_percent

    return (
        layer.name,
        *(f"{count:,}" if count else "-" for count in counts),
        "-" if layer.per_mac is None else f"{layer.per_mac:.2f}",
        f"{layer.estimate:,}" if layer.estimate else "-",
        "-" if error is None else f"{error:+.0f}",
    )
