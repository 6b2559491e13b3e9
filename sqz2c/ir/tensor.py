"""
Activations: what flows between layers.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantization:
    """
    real = scale * (q - zero_point), q in 0..255 (SPEC.md section 1).

    SCALE is a float32 value held exactly in a Python float.
    """

    scale: float
    zero_point: int


@dataclass(frozen=True)
class Tensor:
    """
    One activation, uint8 [height, width, channels], channels last.

    QUANTIZATION is None while the network is float.
    """

    name: str
    height: int
    width: int
    channels: int
    quantization: Quantization | None = None

    @property
    def size_bytes(self) -> int:
        return self.height * self.width * self.channels

    @property
    def shape_text(self) -> str:
        return f"[{self.height}, {self.width}, {self.channels}]"
