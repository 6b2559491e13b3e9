"""
The network and how it is trained: every number that one would want to turn.
"""

from dataclasses import dataclass, replace

from sqz2c.train.export import Image
from sqz2c.train.fit import Schedule
from sqz2c.train.squeezenet import Architecture, FireWidths

IMAGE = Image(height=28, width=28, order="GRAY", scale=1 / 255)
ARCHITECTURE = Architecture(
    classes=10,
    in_channels=1,
    stem_filters=24,
    stem_kernel=3,
    stem_stride=1,
    pools=(0, 2),  # maps of 26x26 (never whole in RAM), 13x13, 6x6
    dropout=0.0,
    widths=(
        FireWidths(16, 32, 32),
        FireWidths(24, 48, 48),
        FireWidths(40, 96, 96),
        FireWidths(48, 128, 128),
        FireWidths(56, 128, 128),
    ),
)


@dataclass(frozen=True)
class Recipe:
    """The trained stages, each with its schedule and the peak of its rate, and the size."""

    dense: Schedule = Schedule(epochs=20, average_decay=0.998, seed=1)
    dense_rate: float = 0.1  # SGD
    weight_decay: float = 5e-4
    pruned: Schedule = Schedule(epochs=8, warmup=0.05, label_smoothing=0.0, seed=2)
    pruned_rate: float = 1e-3  # Adam
    density: float = 0.225
    pruning_ends: float = 0.6  # of the stage; the rest retrains
    sample_images: int = 1000  # of the training set, to compress with
    budget_bytes: int = 45_000  # of read-only data
    images: int = 60000  # of the training set

    def rehearsal(self) -> "Recipe":
        """Give the same with one epoch a stage and few images."""
        stages = ("dense", "pruned")

        short = {name: replace(getattr(self, name), epochs=1) for name in stages}

        return replace(self, images=4096, **short)
