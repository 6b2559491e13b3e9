"""
Compressed weights of one layer (SPEC.md section 3).
"""

from dataclasses import dataclass
from typing import Literal

MAX_CODE_LENGTH = 15


@dataclass(frozen=True)
class HuffmanCode:
    """
    A canonical code: COUNTS[n] codes of n bits (index 0..MAX_CODE_LENGTH, counts[0] == 0),
    given to SYMBOLS in that order. Symbols are bytes: a weight's int8 value as uint8, or 8
    significance flags (weight k of the block is bit k). No symbols: the code is never read.
    """

    counts: tuple[int, ...]
    symbols: bytes

    @property
    def counts_bytes(self) -> int:
        """Flash for COUNTS as uint16; a code without symbols is not stored."""
        return 2 * len(self.counts) if self.symbols else 0


@dataclass(frozen=True)
class PackedFilters:
    """
    One layer's weights in the order its kernel consumes them.

    ORDER 1 is OHWI: filter by filter, each [kernel_height, kernel_width, in_channels]. ORDER 2 is
    that of a squeeze that is summed into: RUNS of input channels, in each filter by filter.
    BITS holds BIT_COUNT bits, least significant bit of each byte first, zero padded.
    """

    coding: Literal["dense", "block", "raw"]
    order: int
    weight_count: int
    nonzero_count: int
    bit_count: int
    bits: bytes
    values: HuffmanCode
    flags: HuffmanCode
    runs: tuple[int, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Flash for the bit stream alone."""
        return len(self.bits)

    @property
    def codebook_bytes(self) -> int:
        """Flash for the layer's distinct values (raw: none)."""
        return len(self.values.symbols)

    @property
    def table_bytes(self) -> int:
        """Flash for what else the decoder needs: counts of both codes, symbols of the flags."""
        return self.values.counts_bytes + self.flags.counts_bytes + len(self.flags.symbols)

    @property
    def flash_bytes(self) -> int:
        """Flash for the layer's weights in all."""
        return self.size_bytes + self.codebook_bytes + self.table_bytes
