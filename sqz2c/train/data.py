"""
Pictures as tensors, and which of them are held out.
"""

from dataclasses import dataclass

import torch

from sqz2c.errors import TrainError


@dataclass(frozen=True, eq=False)
class Dataset:
    """IMAGES uint8 [n, channels, height, width], LABELS int64 [n]."""

    images: torch.Tensor
    labels: torch.Tensor

    def first(self, count: int) -> "Dataset":
        """Give the first COUNT images with their labels."""
        return Dataset(self.images[:count], self.labels[:count])


@dataclass(frozen=True)
class Pixels:
    """What a network takes of a pixel 0..255: (pixel - MEAN) * SCALE, a value a channel."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Map [n, channels, height, width] to float32, channels last in memory."""
        mean = torch.tensor(self.mean).view(1, -1, 1, 1)
        scale = torch.tensor(self.scale).view(1, -1, 1, 1)

        return ((images.float() - mean) * scale).contiguous(memory_format=torch.channels_last)


def held_out(labels: torch.Tensor, share: float, seed: int) -> tuple[list[int], list[int]]:
    """
    Part the numbers of LABELS into those to train on and those held out: of each class SHARE,
    rounded, at least one; which ones follows from SEED alone. Both ascend.

    Raise TrainError where SHARE is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise TrainError(f"The held-out share {share} must lie between 0 and 1, such as 0.1.")
    generator = torch.Generator().manual_seed(seed)
    out: list[int] = []
    for label in labels.unique().tolist():
        members = (labels == label).nonzero()[:, 0]
        count = min(max(round(share * len(members)), 1), len(members) - 1)
        order = torch.randperm(len(members), generator=generator)
        out += members[order[:count]].tolist()
    chosen = set(out)

    return [n for n in range(len(labels)) if n not in chosen], sorted(out)
