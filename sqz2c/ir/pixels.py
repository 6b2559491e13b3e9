"""
Raw pixels as numbers, and the table for networks whose preprocessing cannot be folded.
"""

import warnings

import numpy as np
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
    pixels = np.arange(256, dtype=np.float32)
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch announces the end of what is the definition
        for mean, std in zip(preprocessing.mean, preprocessing.std, strict=True):
            real = (pixels - np.float32(mean)) / np.float32(std)
            values = torch.quantize_per_tensor(
                torch.from_numpy(real),
                quantization.scale,
                quantization.zero_point,
                torch.quint8,
            )
            rows.append(values.int_repr().numpy())

    return PixelTable(TABLE_OUTPUT, PIXELS, TABLE_OUTPUT, np.stack(rows))
