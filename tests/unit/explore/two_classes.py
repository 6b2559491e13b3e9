"""
Pictures of two classes that anything can tell apart, and an exploration of networks as small.
"""

from pathlib import Path

import numpy as np

from sqz2c.exploration import ExploreOptions
from sqz2c.explore import Range, Space, Teaching
from sqz2c.split import DataOptions
from sqz2c.train import Architecture

SIDE, PICTURES = 10, 24
COMMON = Architecture(
    stem_filters=4, stem_kernel=3, stem_stride=1, fires=1, freq=1, pools=(0,), dropout=0.0
)
SPACE = Space(base_e=Range(2, 6), incr_e=Range(0, 0), density=Range(0.4, 1.0))


def save_pictures_of_two_classes(path: Path, channels: int = 1) -> Path:
    """Dark pictures and bright ones, as .npz."""
    rng = np.random.default_rng(0)
    labels = np.arange(PICTURES) % 2
    images = rng.integers(0, 60, (PICTURES, SIDE, SIDE, channels))
    images += 150 * labels[:, None, None, None]
    np.savez(path, images=images.astype(np.uint8), labels=labels)

    return path


def options(data: Path, study: Path | str, trials: int, **more) -> ExploreOptions:
    given = {"architecture": COMMON, "space": SPACE, "teaching": Teaching(1, 8)}
    return ExploreOptions(DataOptions(data, 0.25), str(study), trials, **(given | more))
