"""
Fashion-MNIST from its gzipped idx files.
"""

import gzip
from pathlib import Path

import PIL.Image
import torch

from sqz2c.train.data import Dataset

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


def write_first_of_each_class(data: Dataset, folder: Path) -> None:
    """Write the first picture of each class as <class number>_<class name>.png."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(LABELS):
        first = int((data.labels == number).nonzero()[0])
        picture = PIL.Image.fromarray(data.images[first, 0].numpy())
        picture.save(folder / f"{number}_{name}.png", optimize=True)
