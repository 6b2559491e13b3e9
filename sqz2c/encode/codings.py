"""
The three codings of SPEC.md section 3, and the choice of the smallest.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from sqz2c.encode.bitstream import pack_words
from sqz2c.encode.huffman import SYMBOLS, code_words, make_code
from sqz2c.errors import EncodeError
from sqz2c.ir.filters import MAX_CODE_LENGTH, HuffmanCode, PackedFilters

Coding = Literal["dense", "block", "raw"]

BLOCK = 8
ORDER_OHWI = 1
ORDER_RUNS = 2
NO_CODE = HuffmanCode((0,) * (MAX_CODE_LENGTH + 1), b"")


def encode_filters(
    weights: np.ndarray, order: int = ORDER_OHWI, runs: tuple[int, ...] = ()
) -> PackedFilters:
    """
    Pack int8 WEIGHTS [out_channels, in_channels, kernel_height, kernel_width].

    RUNS of order 2 are the input channels of each run; they add up to in_channels.
    The coding is the one that takes the least flash, code tables included. Ties go to raw, then
    dense, then block. Raises EncodeError for other types, shapes or orders.
    """
    stream = in_order(weights, order, runs)
    candidates = (
        pack_raw(stream, order),
        pack_dense(stream, order),
        pack_block(stream, order),
    )
    best = min(candidates, key=lambda packed: packed.flash_bytes)

    return replace(best, runs=runs)


def in_order(weights: np.ndarray, order: int, runs: tuple[int, ...] = ()) -> np.ndarray:
    """
    WEIGHTS as the flat sequence in which a kernel consumes them, int8 [weight_count].
    """
    if weights.dtype != np.int8 or weights.ndim != 4:
        raise EncodeError(
            f"weights are {weights.dtype} {list(weights.shape)}: quantize them to int8 "
            "[out_channels, in_channels, kernel_height, kernel_width] before packing"
        )
    if order == ORDER_RUNS:
        if weights.shape[2:] != (1, 1) or sum(runs) != weights.shape[1] or min(runs) < 1:
            raise EncodeError(f"weight order {order} is for 1x1 filters whose runs tile them")
        ends = np.cumsum(runs)
        parts = [weights[:, end - n : end, 0, 0].ravel() for n, end in zip(runs, ends, strict=True)]
        return np.concatenate(parts)
    if order != ORDER_OHWI:
        raise EncodeError(f"weight order {order} is not known: use {ORDER_OHWI} (OHWI)")
    return np.ascontiguousarray(weights.transpose(0, 2, 3, 1)).ravel()


def pack_raw(stream: np.ndarray, order: int = ORDER_OHWI) -> PackedFilters:
    """
    Eight bits a weight.
    """
    return _packed("raw", order, stream, stream.tobytes(), 8 * stream.size, NO_CODE, NO_CODE)


def pack_dense(
    stream: np.ndarray, order: int = ORDER_OHWI, values: HuffmanCode | None = None
) -> PackedFilters:
    """
    One code word a weight. VALUES is the optimal code unless a caller has another one.
    """
    symbols = stream.view(np.uint8)
    values = values or _code_of(symbols)
    words, lengths = code_words(values)

    bits, bit_count = pack_words(words[symbols], lengths[symbols])
    return _packed("dense", order, stream, bits, bit_count, values, NO_CODE)


def pack_block(
    stream: np.ndarray,
    order: int = ORDER_OHWI,
    values: HuffmanCode | None = None,
    flags: HuffmanCode | None = None,
) -> PackedFilters:
    """
    For every 8 weights one code word of FLAGS, then one of VALUES for each that is not zero.
    """
    padding = -stream.size % BLOCK
    blocks = np.pad(stream, (0, padding)).view(np.uint8).reshape(-1, BLOCK)
    significant = blocks != 0
    flag_symbols = np.packbits(significant, axis=1, bitorder="little")
    values = values or _code_of(blocks[significant])
    flags = flags or _code_of(flag_symbols)

    # Each block is a row of nine code words, of which those of zero weights have no bits.
    flag_words, flag_lengths = code_words(flags)
    value_words, value_lengths = code_words(values)
    words = np.hstack([flag_words[flag_symbols], value_words[blocks]])
    lengths = np.hstack([flag_lengths[flag_symbols], value_lengths[blocks] * significant])

    bits, bit_count = pack_words(words, lengths)
    return _packed("block", order, stream, bits, bit_count, values, flags)


def _code_of(symbols: np.ndarray) -> HuffmanCode:
    return make_code(np.bincount(symbols.ravel(), minlength=SYMBOLS).tolist())


def _packed(
    coding: Coding,
    order: int,
    stream: np.ndarray,
    bits: bytes,
    bit_count: int,
    values: HuffmanCode,
    flags: HuffmanCode,
) -> PackedFilters:
    return PackedFilters(
        coding=coding,
        order=order,
        weight_count=int(stream.size),
        nonzero_count=int(np.count_nonzero(stream)),
        bit_count=bit_count,
        bits=bits,
        values=values,
        flags=flags,
    )
