"""
Raw pixels as numbers, and the table for networks whose preprocessing cannot be folded.
"""

import torch

from sqz2c.ir.graph import PIXELS, Preprocessing
from sqz2c.ir.layer import PixelTable
from sqz2c.ir.tensor import Quantization

PIXEL = Quantization(1.0, 0)  # raw bytes as they are
TABLE_OUTPUT = "input"  # the tensor that a pixel table writes


def pixel_table(preprocessing: Preprocessing, quantization: Quantization) -> PixelTable:
    """
    What PyTorch's quantize_per_tensor makes of (pixel - mean) / std in float32, channel by
    channel in PREPROCESSING's order. No closed formula gives the same on every CPU.
    """
    pixels = torch.arange(256, dtype=torch.float32)
    rows = [
        torch.quantize_per_tensor(
            (pixels - torch.tensor(mean, dtype=torch.float32))
            / torch.tensor(std, dtype=torch.float32),
            quantization.scale,
            quantization.zero_point,
            torch.quint8,
        ).int_repr()
        for mean, std in zip(preprocessing.mean, preprocessing.std, strict=True)
    ]

    return PixelTable(TABLE_OUTPUT, PIXELS, TABLE_OUTPUT, torch.stack(rows).numpy())
