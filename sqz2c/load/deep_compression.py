"""
The file of the authors of Deep Compression: SqueezeNet v1.0, pruned and weight-shared.

Little endian: uint32 count[26], then for each convolution float32 codebook[256], float32 bias
[out_channels], uint8 code[count], and 4-bit gaps, low nibble first. An entry moves the position
in the flat OIHW weights by gap + 1 and writes codebook[code] there; a gap over 15 is spelt with
entries of code 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sqz2c.errors import LoadError
from sqz2c.load.squeezenet import Filters, Fire, Network

INPUT_SIDE = 227
HEAD_PADDING = 1
POOLS = frozenset({0, 3, 7})
CODEBOOK = 256


@dataclass(frozen=True)
class Section:
    """One convolution's part of the file, [start, end)."""

    shape: tuple[int, int, int, int]
    count: int
    start: int

    @property
    def end(self) -> int:
        return (
            self.start + 4 * CODEBOOK + 4 * self.shape[0] + self.count + (self.count + 1) // 2
        )


def _shapes() -> Iterator[tuple[int, int, int, int]]:
    yield 96, 3, 7, 7
    channels = 96
    for squeeze, expand in zip(
        (16, 16, 32, 32, 48, 48, 64, 64), (64, 64, 128, 128, 192, 192, 256, 256), strict=True
    ):
        yield squeeze, channels, 1, 1
        yield expand, squeeze, 1, 1
        yield expand, squeeze, 3, 3
        channels = 2 * expand
    yield 1000, channels, 1, 1


SHAPES = tuple(_shapes())
HEADER_BYTES = 4 * len(SHAPES)


def looks_like(data: bytes) -> bool:
    """
    Tell whether DATA starts with 26 counts of which each fits its convolution.

    The file has no signature; the counts of a text or an archive are far too large.
    """
    if len(data) < HEADER_BYTES:
        return False
    counts = np.frombuffer(data, "<u4", len(SHAPES))

    return bool(counts.any()) and all(
        count <= np.prod(shape) for count, shape in zip(counts, SHAPES, strict=True)
    )


def deep_compression_network(data: bytes, path: str) -> Network:
    """
    Unpack DATA. Raise LoadError where its size does not fit its counts or a gap leads outside.
    """
    sections = _sections(data)
    if sections[-1].end != len(data):
        raise LoadError(
            f"{path} has {len(data)} bytes, but its counts ask for {sections[-1].end}: the "
            "file is damaged, copy it again."
        )
    filters = [_filters(data, section, path) for section in sections]
    fires = tuple(
        Fire(squeeze, expand1x1, expand3x3)
        for squeeze, expand1x1, expand3x3 in zip(
            filters[1:-1:3], filters[2:-1:3], filters[3:-1:3], strict=True
        )
    )

    return Network(filters[0], fires, filters[-1], POOLS)


def _sections(data: bytes) -> list[Section]:
    sections = []
    start = HEADER_BYTES
    for shape, count in zip(SHAPES, np.frombuffer(data, "<u4", len(SHAPES)), strict=True):
        sections.append(Section(shape, int(count), start))
        start = sections[-1].end

    return sections


def _filters(data: bytes, section: Section, path: str) -> Filters:
    outputs, count = section.shape[0], section.count
    codebook = np.frombuffer(data, "<f4", CODEBOOK, section.start)
    bias_at = section.start + codebook.nbytes
    bias = np.frombuffer(data, "<f4", outputs, bias_at)
    codes = np.frombuffer(data, np.uint8, count, bias_at + bias.nbytes)
    pairs = np.frombuffer(data, np.uint8, (count + 1) // 2, bias_at + bias.nbytes + count)
    gaps = np.stack([pairs & 15, pairs >> 4], axis=1).reshape(-1)[:count]
    positions = np.cumsum(gaps.astype(np.int64) + 1) - 1
    weights = np.zeros(int(np.prod(section.shape)), np.float32)
    if (count and positions[-1] >= weights.size) or not (
        np.isfinite(codebook).all() and np.isfinite(bias).all()
    ):
        raise LoadError(
            f"{path} is damaged between bytes {section.start} and {section.end}: copy it again."
        )
    weights[positions] = codebook[codes]

    return Filters(weights.reshape(section.shape), bias.astype(np.float32))
