"""
How training pictures are varied: small grey ones, and photographs.
"""

import torch
import torch.nn.functional as F

SHIFT = 2  # pixels, at most, in each direction
ERASED_SIDES = (4, 12)  # pixels, half open
ERASED_SHARE = 0.25  # of the pictures
LEAST_AREA = 0.35  # of a photograph that a crop shows
ASPECT = 4 / 3  # a crop's sides differ by at most that factor, before it is made square again
JITTER = 0.2  # of brightness, contrast and each colour


def vary_small(
    images: torch.Tensor, generator: torch.Generator, mirror: bool = True
) -> torch.Tensor:
    """
    Shift each of IMAGES uint8 [n, 1, h, w], MIRROR half of them, erase a rectangle in a quarter.
    """
    count, _, height, width = images.shape
    padded = F.pad(images, (SHIFT,) * 4)
    top = torch.randint(0, 2 * SHIFT + 1, (count, 1), generator=generator)
    left = torch.randint(0, 2 * SHIFT + 1, (count, 1), generator=generator)
    rows = top + torch.arange(height)
    columns = left + torch.arange(width)
    mirrored = torch.rand(count, 1, generator=generator) < (0.5 if mirror else 0.0)
    columns = torch.where(mirrored, columns.flip(1), columns)
    picked = padded[
        torch.arange(count)[:, None, None], 0, rows[:, :, None], columns[:, None, :]
    ]
    inside = (
        _interval(count, height, generator)[:, :, None]
        & _interval(count, width, generator)[:, None, :]
    )
    inside &= torch.rand(count, 1, 1, generator=generator) < ERASED_SHARE

    return picked.masked_fill(inside, 0).unsqueeze(1)


def _interval(count: int, length: int, generator: torch.Generator) -> torch.Tensor:
    """Give bool [count, length], true in one random interval a row."""
    side = torch.randint(*ERASED_SIDES, (count, 1), generator=generator)
    start = (torch.rand(count, 1, generator=generator) * (length - side + 1)).long()
    place = torch.arange(length)

    return (place >= start) & (place < start + side)


def vary_photos(
    images: torch.Tensor,
    generator: torch.Generator,
    height: int,
    width: int,
    mirror: bool = True,
) -> torch.Tensor:
    """
    Cut a random part out of each of IMAGES uint8 [n, c, H, W] and scale it to HEIGHT x WIDTH,
    MIRROR half of them, and shift brightness, contrast and colours a little.

    Give float32 pixels, 0..255.
    """
    count, channels = images.shape[:2]

    def uniform(low: float, high: float, columns: int = 1) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, columns, generator=generator)

    aspect = torch.exp(uniform(-1, 1) * torch.tensor(ASPECT).log() / 2)
    side = uniform(LEAST_AREA, 1.0).sqrt()
    sides = torch.cat([side * aspect, side / aspect], 1).clamp_max(1.0)  # x, y; of [-1, 1]
    centre = uniform(-1, 1, 2) * (1 - sides)
    turned = torch.rand(count, generator=generator) < (0.5 if mirror else 0.0)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = torch.where(turned, -sides[:, 0], sides[:, 0])
    theta[:, 1, 1] = sides[:, 1]
    theta[:, :, 2] = centre
    grid = F.affine_grid(theta, [count, channels, height, width], align_corners=False)
    cut = F.grid_sample(
        images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    gain = uniform(1 - JITTER, 1 + JITTER) * uniform(1 - JITTER / 2, 1 + JITTER / 2, channels)
    contrast = uniform(1 - JITTER, 1 + JITTER)[:, :, None, None]
    mean = cut.mean((1, 2, 3), keepdim=True)

    return (((cut - mean) * contrast + mean) * gain[:, :, None, None]).clamp(0, 255)
