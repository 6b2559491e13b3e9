"""
What is held out, and how pictures are varied.
"""

import pytest
import torch

from sqz2c.errors import TrainError
from sqz2c.train.augment import vary_photos, vary_small
from sqz2c.train.data import Pixels, held_out

LABELS = torch.tensor([0] * 20 + [1] * 10 + [2] * 3)


def test_each_class_is_held_out_alike() -> None:
    """A tenth of each, at least one; nothing is lost, nothing in both."""
    kept, out = held_out(LABELS, 0.1, seed=3)

    assert [2, 1, 1] == LABELS[out].bincount().tolist()
    assert list(range(33)) == sorted(kept + out)


def test_the_seed_alone_decides() -> None:
    """The same seed holds out the same pictures, another one others."""
    assert held_out(LABELS, 0.3, 1) == held_out(LABELS, 0.3, 1)
    assert held_out(LABELS, 0.3, 1) != held_out(LABELS, 0.3, 2)


def test_something_is_left_to_train_on() -> None:
    """However large the share, one picture of each class stays; 0 and 1 are refused."""
    kept, _ = held_out(LABELS, 0.99, 0)

    assert [1, 1, 1] == LABELS[kept].bincount().tolist()
    for share in (0.0, 1.0):
        with pytest.raises(TrainError, match="must lie between 0 and 1"):
            held_out(LABELS, share, 0)


def test_pixels_are_shifted_and_scaled_by_channel() -> None:
    """(pixel - mean) * scale."""
    pixels = Pixels((1.0, 2.0), (1.0, 0.5))

    actual = pixels(torch.tensor([5, 6], dtype=torch.uint8).view(1, 2, 1, 1))

    assert [4.0, 2.0] == actual.flatten().tolist()


def test_photos_become_parts_of_themselves() -> None:
    """Of the asked size, within 0..255; a seed gives the same ones again."""
    images = torch.randint(0, 256, (5, 3, 20, 20), dtype=torch.uint8)

    def varied(seed: int) -> torch.Tensor:
        return vary_photos(images, torch.Generator().manual_seed(seed), 16, 12)

    assert (5, 3, 16, 12) == tuple(varied(1).shape)
    assert 0 <= varied(1).min() and varied(1).max() <= 255
    assert torch.equal(varied(1), varied(1))
    assert not torch.equal(varied(1), varied(2))


@pytest.mark.parametrize("mirror", [True, False])
def test_photos_are_mirrored_only_where_allowed(mirror: bool) -> None:
    """A slope that rises to the right falls in a mirrored picture."""
    slope = torch.arange(0, 240, 12, dtype=torch.uint8).expand(40, 1, 20, 20).contiguous()

    varied = vary_photos(slope, torch.Generator().manual_seed(1), 16, 16, mirror)

    rises = varied[:, 0, 8, -1] > varied[:, 0, 8, 0]
    assert (mirror, True) == (bool((~rises).any()), bool(rises.any()))


def test_small_pictures_are_mirrored_only_where_allowed() -> None:
    """Digits, for example, are not."""
    slope = torch.arange(50, 250, 10, dtype=torch.uint8).expand(40, 1, 20, 20).contiguous()

    varied = vary_small(slope, torch.Generator().manual_seed(1), mirror=False)[:, 0, :, 4:-4]

    assert not ((varied[..., 1:] < varied[..., :-1]) & (varied[..., 1:] > 0)).any()
