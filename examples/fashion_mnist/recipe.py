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
        FireWidths(24, 40, 40),
        FireWidths(40, 96, 96),
        FireWidths(48, 112, 112),
        FireWidths(48, 128, 128),
    ),
)


@dataclass(frozen=True)
class Recipe:
    """The four stages, each with its schedule and the peak of its learning rate."""

    dense: Schedule = Schedule(epochs=11, average_decay=0.998, seed=1)
    dense_rate: float = 0.1  # SGD
    weight_decay: float = 5e-4
    pruned: Schedule = Schedule(epochs=8, warmup=0.05, label_smoothing=0.0, seed=2)
    pruned_rate: float = 1e-3  # Adam, as below
    density: float = 0.22
    pruning_ends: float = 0.6  # of the stage; the rest retrains
    shared: Schedule = Schedule(epochs=3, warmup=0.05, label_smoothing=0.0, seed=3)
    shared_rate: float = 2e-4
    codebook_size: int = 16
    quantized: Schedule = Schedule(
        epochs=1, warmup=0.05, label_smoothing=0.0, bfloat16=False, seed=4
    )
    quantized_rate: float = 1e-4
    calibration_images: int = 2000
    images: int = 60000  # of the training set

    def rehearsal(self) -> "Recipe":
        """Give the same with one epoch a stage and few images."""
        stages = ("dense", "pruned", "shared", "quantized")

        short = {name: replace(getattr(self, name), epochs=1) for name in stages}

        return replace(self, images=4096, **short)
