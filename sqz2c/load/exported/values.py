"""
What a result of an exported program is, in the words of a SqueezeNet. All are immutable.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np


@dataclass(frozen=True, eq=False)
class Filters:
    """
    A convolution on its way to become a layer; float64 WEIGHTS [out, in, height, width] and BIAS.
    PLACE is the operation it comes from, for messages.
    """

    place: str
    weights: np.ndarray
    bias: np.ndarray
    stride: int
    padding: int
    relu: bool = False

    @property
    def kernel(self) -> tuple[int, int]:
        return self.weights.shape[2], self.weights.shape[3]

    def scaled(self, factor: np.ndarray, addend: np.ndarray) -> "Filters":
        """Multiply the result by FACTOR and add ADDEND, both one a filter."""
        return replace(
            self,
            weights=self.weights * factor.reshape(-1, 1, 1, 1),
            bias=self.bias * factor + addend,
        )


@dataclass(frozen=True)
class Pool:
    """A max pool that makes HEIGHT x WIDTH."""

    kernel: int
    stride: int
    padding: int
    height: int
    width: int


@dataclass(frozen=True, eq=False)
class Block:
    """
    One map: convolutions of SOURCE side by side, which make SIDES, plus OTHER if there is one, and
    then a ReLU or not (HAS_RELU_BEHIND), then POOLS. Without FILTERS it is the image.
    """

    source: "Block | None"
    filters: tuple[Filters, ...]
    channels: int
    sides: tuple[int, int]
    pools: tuple[Pool, ...] = ()
    other: "Block | None" = None
    has_relu_behind: bool = False

    @property
    def before(self) -> "Block | None":
        """
        The block that is computed before: what it reads, or, where that lies farther back than what
        is added, the latter.
        """
        if self.other is not None and self.source in self.other.past:
            return self.other
        return self.source

    @property
    def past(self) -> "Iterator[Block | None]":
        """All that is computed before, the last first."""
        block = self.before
        while block is not None:
            yield block
            block = block.before

    @property
    def is_plain(self) -> bool:
        """Whether it is convolutions with nothing behind them."""
        return bool(self.filters) and not self.pools and self.other is None

    @property
    def height(self) -> int:
        return self.pools[-1].height if self.pools else self.sides[0]

    @property
    def width(self) -> int:
        return self.pools[-1].width if self.pools else self.sides[1]

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width

    @property
    def has_relu(self) -> bool:
        """Whether no value is below 0."""
        own = bool(self.filters) and all(filters.relu for filters in self.filters)
        if self.other is None:
            return own
        return self.has_relu_behind or (own and self.other.has_relu)

    def with_relu(self) -> "Block":
        """A ReLU after a pool is the same as one before it; of what is positive it is nothing."""
        if self.other is not None:
            return self if self.has_relu else replace(self, has_relu_behind=True)
        return replace(self, filters=tuple(replace(f, relu=True) for f in self.filters))


@dataclass(frozen=True, eq=False)
class Value:
    """
    A tensor of the program: the numbers of BLOCK, channels first, or (AVERAGED) their average a
    channel, as SHAPE (without the batch). PADDING zeros on each side wait for a convolution.
    """

    block: Block
    shape: tuple[int, ...]
    averaged: bool = False
    padding: int = 0

    @property
    def is_map(self) -> bool:
        """Whether it is the block's map as it is."""
        return not self.averaged and self.shape == self.block.shape

    @property
    def is_channels(self) -> bool:
        """Whether it has one number a channel, in a row or as a 1x1 map."""
        one_each = self.averaged or self.block.height * self.block.width == 1

        return one_each and self.shape[:1] == (self.block.channels,) == (prod(self.shape),)
