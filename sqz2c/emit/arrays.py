"""
The constant arrays of a program: what lies in flash, under which name, and in which check order.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sqz2c.emit import c_literals
from sqz2c.ir.arithmetic import folded_bias
from sqz2c.ir.filters import HuffmanCode, PackedFilters
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, PixelTable, Requantizer
from sqz2c.ir.tensor import Quantization

Purpose = Literal["weights", "codebooks", "tables", "biases"]


@dataclass(frozen=True)
class Array:
    """One `const` array: what it is for, its C type, its little-endian bytes, its text."""

    name: str
    c_type: str
    purpose: Purpose
    count: int
    data: bytes
    rows: tuple[str, ...]


def bytes_array(name: str, purpose: Purpose, data: bytes) -> Array:
    return Array(name, "uint8_t", purpose, len(data), data, tuple(c_literals.byte_rows(data)))


def numbers_array(name: str, c_type: str, purpose: Purpose, values: np.ndarray) -> Array:
    """
    VALUES in the dtype that C_TYPE names.
    """
    dtype = np.dtype(c_type.removesuffix("_t")).newbyteorder("<")
    typed = values.astype(dtype)
    if c_type == "uint32_t":
        rows = c_literals.hex_rows(typed)
    elif c_type == "uint8_t":
        rows = c_literals.byte_rows(typed.tobytes())
    else:
        rows = c_literals.number_rows(typed)

    return Array(name, c_type, purpose, len(values), typed.tobytes(), tuple(rows))


def conv_arrays(prefix: str, conv: Conv, filters: PackedFilters, graph: Graph) -> list[Array]:
    """
    Everything of CONV that lies in flash, in the order in which sqz_crc_conv reads it.
    """
    requantizer = conv.requantizer
    assert requantizer is not None
    arrays = [bytes_array(f"{prefix}_bits", "weights", filters.bits)]
    arrays += _code_arrays(f"{prefix}_values", "codebooks", filters.values)
    arrays += _code_arrays(f"{prefix}_flags", "tables", filters.flags)
    source = graph.tensor(conv.input).quantization
    assert source is not None
    bias = folded_bias(conv, source.zero_point)
    arrays.append(numbers_array(f"{prefix}_bias", "int32_t", "biases", bias))
    arrays += _requantizer_arrays(prefix, requantizer)
    target = graph.tensor(conv.output).quantization
    if conv.quantization is not None and conv.quantization != target:
        assert target is not None
        table = remap_table(conv.quantization, target)
        arrays.append(numbers_array(f"{prefix}_remap", "uint8_t", "tables", table))

    return [array for array in arrays if array.count]


def table_arrays(prefix: str, layer: PixelTable) -> list[Array]:
    return [bytes_array(f"{prefix}_table", "tables", layer.table.astype(np.uint8).tobytes())]


def remap_table(source: Quantization, target: Quantization) -> np.ndarray:
    """
    uint8 [256]: a value in SOURCE's scale, expressed in TARGET's (SPEC.md 2.4).
    """
    q = np.arange(256, dtype=np.int64) - source.zero_point
    real = q.astype(np.float32) * np.float32(source.scale)
    scaled = np.rint(real * (np.float32(1) / np.float32(target.scale)))

    return np.clip(scaled.astype(np.int64) + target.zero_point, 0, 255)


def _code_arrays(prefix: str, symbols_are: Purpose, code: HuffmanCode) -> list[Array]:
    if not code.symbols:
        return []
    counts = np.array(code.counts)

    return [
        numbers_array(f"{prefix}_counts", "uint16_t", "tables", counts),
        bytes_array(f"{prefix}_symbols", symbols_are, code.symbols),
    ]


def _requantizer_arrays(prefix: str, requantizer: Requantizer) -> list[Array]:
    if requantizer.form == "fixed":
        return [numbers_array(f"{prefix}_factor", "int32_t", "tables", requantizer.factor)]
    bits = requantizer.multiplier.astype(np.float32).view(np.uint32)

    return [numbers_array(f"{prefix}_m", "uint32_t", "tables", bits)]
