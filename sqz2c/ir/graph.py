"""
The network: layers in the order they run, tensors by name.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer
from sqz2c.ir.tensor import Tensor

PIXELS = "pixels"  # name of the tensor that the caller's raw image is

Order = Literal["RGB", "BGR", "GRAY"]


@dataclass(frozen=True)
class Preprocessing:
    """
    What training did to a pixel 0..255, per channel in image order: (pixel - mean) / std.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Graph:
    """
    Layers from raw pixels to logits: a chain, but for maps that are bypassed and added later.
    TENSORS[0] is always PIXELS.

    ORDER is how the caller's pixels lie in memory; weights of the first convolution follow it.
    PREPROCESSING is what a float graph still expects to be folded in; None once it is quantized.
    """

    tensors: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    order: Order
    preprocessing: Preprocessing | None = None
    labels: tuple[str, ...] = field(default=())

    @property
    def image(self) -> Tensor:
        return self.tensors[0]

    @property
    def is_quantized(self) -> bool:
        return all(c.weight_scales is not None for c in self.convs)

    @property
    def convs(self) -> tuple[Conv, ...]:
        return tuple(layer for layer in self.layers if isinstance(layer, Conv))

    @property
    def adds(self) -> tuple[Add, ...]:
        return tuple(layer for layer in self.layers if isinstance(layer, Add))

    @property
    def head(self) -> GlobalAverage:
        assert isinstance(self.layers[-1], GlobalAverage)
        return self.layers[-1]

    @property
    def classes(self) -> int:
        return self.tensor(self.head.input).channels

    @cached_property
    def _by_name(self) -> dict[str, Tensor]:
        return {tensor.name: tensor for tensor in reversed(self.tensors)}

    def tensor(self, name: str) -> Tensor:
        return self._by_name[name]

    def with_layers(self, layers: tuple[Layer, ...]) -> "Graph":
        return replace(self, layers=layers)


def inputs_of(layer: Layer) -> tuple[str, ...]:
    """
    The tensors that LAYER reads.
    """
    return (layer.input, layer.other) if isinstance(layer, Add) else (layer.input,)
