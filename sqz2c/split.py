"""
Labelled pictures, split into those to train on, which are varied, and those held out.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from sqz2c.errors import TrainError
from sqz2c.ir.graph import Order
from sqz2c.load import Labelled
from sqz2c.train.augment import vary_photos, vary_small
from sqz2c.train.data import Dataset, held_out
from sqz2c.train.fit import Augment

AUGMENTS = ("photo", "small", "none")
CANVAS = 1.25  # a photograph is kept so much larger than the network's image, to be cut from


@dataclass(frozen=True)
class DataOptions:
    """
    PATH is a folder of class folders or an .npz; the share HOLD_OUT of it, by SEED, is not trained
    on, or what it has put aside itself. AUGMENT varies what is (None: "photo" in colour, "small" in
    grey), MIRROR too.
    """

    path: Path
    hold_out: float = 0.1
    seed: int = 0
    augment: str | None = None
    mirror: bool = True


@dataclass(frozen=True, eq=False)
class Split:
    """TRAINING pictures go through VARY before a network sees them; HELD_OUT ones never do."""

    training: Dataset
    held_out: Dataset
    names: tuple[str, ...]
    vary: Augment
    plain: tuple[int, ...]  # numbers of the training pictures
    labelled: Labelled
    size: tuple[int, int, Order]

    def sample(self, count: int) -> Dataset:
        """Give COUNT evenly spaced training pictures as the network will see them deployed."""
        step = max(len(self.plain) / count, 1)
        chosen = [self.plain[int(i * step)] for i in range(min(count, len(self.plain)))]

        return _dataset(self.labelled, chosen, self.size)


def read_split(
    options: DataOptions, labelled: Labelled, size: tuple[int, int, Order]
) -> Split:
    """Decode LABELLED once for images of SIZE (height, width, order)."""
    height, width, order = size
    chosen, held = _parted(options, labelled)
    augment = options.augment or ("small" if order == "GRAY" else "photo")
    if augment == "small" and order != "GRAY":
        raise TrainError("Only grey pictures are varied as small ones: take --augment photo.")
    canvas = size
    if augment == "photo" and labelled.size is None:
        canvas = (round(CANVAS * height), round(CANVAS * width), order)

    return Split(
        training=_dataset(labelled, chosen, canvas),
        held_out=_dataset(labelled, held, size),
        names=labelled.names,
        vary=_vary(augment, height, width, options.mirror),
        plain=tuple(chosen),
        labelled=labelled,
        size=size,
    )


def _parted(options: DataOptions, labelled: Labelled) -> tuple[list[int], list[int]]:
    """Numbers of the pictures to train on, and of those held out."""
    if labelled.held_out is None:
        return held_out(torch.from_numpy(labelled.labels), options.hold_out, options.seed)
    put_aside = set(labelled.held_out)

    return [n for n in range(len(labelled.labels)) if n not in put_aside], sorted(put_aside)


def _vary(augment: str, height: int, width: int, mirror: bool) -> Augment:
    if augment == "photo":
        return partial(vary_photos, height=height, width=width, mirror=mirror)
    if augment == "small":
        return partial(vary_small, mirror=mirror)

    return lambda images, generator: images


def _dataset(labelled: Labelled, chosen: list[int], size: tuple[int, int, Order]) -> Dataset:
    pixels = torch.from_numpy(labelled.pixels(chosen, *size)).permute(0, 3, 1, 2).contiguous()

    return Dataset(pixels, torch.from_numpy(labelled.labels[chosen]))
