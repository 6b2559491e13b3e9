"""
A profile as a picture: a stacked bar a layer, and where the cost model thought that it ends.
"""

from matplotlib.figure import Figure

from sqz2c.drawing import drawn
from sqz2c.profile.counts import Profile

PHASES = ("convolve", "requantize", "decode", "pool", "other")
COLOURS = ("#4477aa", "#66ccee", "#ee6677", "#228833", "#bbbbbb")
MILLION = 1e6


def plot(profile: Profile, suffix: str) -> bytes:
    """
    A picture file of kind SUFFIX (.png or .svg): millions of instructions a layer.
    """
    return drawn(lambda: _figure(profile), suffix)


def _figure(profile: Profile) -> Figure:
    layers = profile.layers
    figure = Figure(figsize=(8.0, 1.5 + 0.2 * len(layers)), layout="constrained")
    axes = figure.subplots()
    places = range(len(layers))
    ends = [0.0] * len(layers)
    for phase, colour in zip(PHASES, COLOURS, strict=True):
        lengths = [getattr(layer, phase) / MILLION for layer in layers]
        axes.barh(places, lengths, left=ends, color=colour, label=phase)
        ends = [end + length for end, length in zip(ends, lengths, strict=True)]
    guessed = [place for place in places if layers[place].estimate]
    axes.plot(
        [layers[place].estimate / MILLION for place in guessed],
        guessed,
        "k|",
        markersize=9,
        label="cost model",
    )
    axes.set_yticks(places, [layer.name for layer in layers])
    axes.invert_yaxis()
    axes.set_xlabel("million instructions")
    whole = profile.whole
    axes.set_title(
        f"{profile.network} on {profile.board} ({profile.core}): "
        f"{whole.total / MILLION:,.1f} M instructions, {whole.per_mac or 0:.2f} a MAC"
    )
    axes.legend()

    return figure
