"""
The closed set of layers that a SqueezeNet needs.

A fire module is three Conv layers: `fire2/squeeze`, then `fire2/expand1x1` and `fire2/expand3x3`,
which write side by side into one tensor `fire2` (first_channel 0 and expand1x1's width).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sqz2c.ir.tensor import Quantization

# How a convolution is computed: all products; only those of weights that are not 0, or by distinct
# weight values (ir/lists.py); 3x3 with fewer products (ir/winograd.py).
Kernel = Literal["products", "nonzeros", "values", "winograd"]


@dataclass(frozen=True, eq=False)
class Requantizer:
    """
    How int32 accumulators become uint8 in C, proved equal to float32 (SPEC.md 2.3).

    An accumulator of the C is sum * 2^LIFT + BIAS: BIAS is int32 [out_channels], of form "fixed"
    lifted and with the rounding inside. The rest has one entry a tensor or one a filter: MULTIPLIER
    is the float32 m that defines the result, FACTOR int32 of form "fixed". Forms "checked" and
    "exact" have LIFT 0 and derive what they need from m.
    """

    form: Literal["fixed", "checked", "exact"]
    bias: np.ndarray
    multiplier: np.ndarray
    factor: np.ndarray
    lift: int


@dataclass(frozen=True, eq=False)
class PixelTable:
    """
    Raw pixels to quantized values, one table a channel: y[.., c] = table[c][x[.., c]].

    TABLE is uint8 [channels, 256]. Only networks whose preprocessing cannot be folded have one.
    """

    name: str
    input: str
    output: str
    table: np.ndarray


@dataclass(frozen=True, eq=False)
class Conv:
    """
    A convolution, square stride and padding, with its ReLU.

    WEIGHTS [out_channels, in_channels, kernel_height, kernel_width], float32 or (quantized) int8.
    BIAS float32 [out_channels]. WEIGHT_SCALES float32 [1] or [out_channels], None while float.
    Its channels land in OUTPUT from FIRST_CHANNEL on. QUANTIZATION is the convolution's own
    output scale; where it differs from the output tensor's (a loaded concatenation), the result
    goes through a table (SPEC.md 2.4). REQUANTIZER is attached by the last step of quantize.
    """

    name: str
    input: str
    output: str
    first_channel: int
    stride: int
    padding: int
    relu: bool
    weights: np.ndarray
    bias: np.ndarray
    weight_scales: np.ndarray | None = None
    quantization: Quantization | None = None
    requantizer: Requantizer | None = None

    @property
    def out_channels(self) -> int:
        return int(self.weights.shape[0])

    @property
    def in_channels(self) -> int:
        return int(self.weights.shape[1])

    @property
    def kernel_height(self) -> int:
        return int(self.weights.shape[2])

    @property
    def kernel_width(self) -> int:
        return int(self.weights.shape[3])

    @property
    def filter_weights(self) -> int:
        """Weights of one filter."""
        return self.in_channels * self.kernel_height * self.kernel_width


@dataclass(frozen=True)
class MaxPool:
    """Maximum over kernel x kernel windows; windows are cut at the edges (ceil mode, padding)."""

    name: str
    input: str
    output: str
    kernel: int
    stride: int
    padding: int = 0


@dataclass(frozen=True)
class Add:
    """
    A bypass: INPUT, which the convolutions right before it write, plus OTHER, an earlier map of the
    same shape, each in its own scale; a ReLU may follow (SPEC.md 2.8).
    """

    name: str
    input: str
    other: str
    output: str
    relu: bool = False


@dataclass(frozen=True)
class GlobalAverage:
    """
    The head: per channel the int32 sum over all pixels, or PyTorch's quantized average of it.

    OUTPUT_QUANTIZATION None (the default): logits are the sums,
    logit = (sum - n * zero_point) * scale / n. Otherwise logits are 0..255 in that quantization
    (a loaded model that ends in a quantized average).
    """

    name: str
    input: str
    output_quantization: Quantization | None = None


Layer = PixelTable | Conv | MaxPool | Add | GlobalAverage
