"""
Fashion-MNIST from its gzipped idx files, and how training pictures are varied.
"""

import gzip
from pathlib import Path

import PIL.Image
import torch
import torch.nn.functional as F

from sqz2c.train.fit import Dataset

LABELS = (
    "t_shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle_boot",
)
SHIFT = 2  # pixels, at most, in each direction
ERASED_SIDES = (4, 12)  # pixels, half open
ERASED_SHARE = 0.25  # of the pictures


def read(folder: Path, part: str) -> Dataset:
    """Read PART ("train" or "t10k"): images uint8 [n, 1, 28, 28] and labels."""
    images = _read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = _read_idx(folder / f"{part}-labels-idx1-ubyte.gz")

    return Dataset(images.unsqueeze(1), labels.long())


def _read_idx(path: Path) -> torch.Tensor:
    content = gzip.decompress(path.read_bytes())
    dimensions = content[3]
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(dimensions)]

    return torch.frombuffer(bytearray(content[4 + 4 * dimensions :]), dtype=torch.uint8).view(
        shape
    )


def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Shift each of IMAGES [n, 1, h, w], mirror half of them, erase a rectangle in a quarter."""
    count, _, height, width = images.shape
    padded = F.pad(images, (SHIFT,) * 4)
    top = torch.randint(0, 2 * SHIFT + 1, (count, 1), generator=generator)
    left = torch.randint(0, 2 * SHIFT + 1, (count, 1), generator=generator)
    rows = top + torch.arange(height)
    columns = left + torch.arange(width)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    picked = padded[
        torch.arange(count)[:, None, None], 0, rows[:, :, None], columns[:, None, :]
    ]
    inside = _interval(count, height, generator)[:, :, None] & _interval(
        count, width, generator
    )[:, None, :]
    inside &= torch.rand(count, 1, 1, generator=generator) < ERASED_SHARE

    return picked.masked_fill(inside, 0).unsqueeze(1)


def _interval(count: int, length: int, generator: torch.Generator) -> torch.Tensor:
    """Give bool [count, length], true in one random interval a row."""
    side = torch.randint(*ERASED_SIDES, (count, 1), generator=generator)
    start = (torch.rand(count, 1, generator=generator) * (length - side + 1)).long()
    place = torch.arange(length)

    return (place >= start) & (place < start + side)


def write_first_of_each_class(data: Dataset, folder: Path) -> None:
    """Write the first picture of each class as <class number>_<class name>.png."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(LABELS):
        first = int((data.labels == number).nonzero()[0])
        picture = PIL.Image.fromarray(data.images[first, 0].numpy())
        picture.save(folder / f"{number}_{name}.png", optimize=True)
