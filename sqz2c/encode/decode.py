"""
SPEC.md section 3 as a program: bit by bit, sharing nothing with the encoder that it judges.
"""

from collections.abc import Iterator

import numpy as np

from sqz2c.errors import EncodeError
from sqz2c.ir.filters import MAX_CODE_LENGTH, HuffmanCode, PackedFilters

ADVICE = "regenerate it from the checkpoint"


def decode_filters(
    packed: PackedFilters,
    out_channels: int,
    in_channels: int,
    kernel_height: int,
    kernel_width: int,
) -> np.ndarray:
    """
    The int8 weights [out_channels, in_channels, kernel_height, kernel_width] in PACKED.

    Raises EncodeError where PACKED breaks any rule of SPEC.md section 3.
    """
    if packed.order not in (1, 2):
        raise EncodeError(f"weight order {packed.order} is not known: {ADVICE}")
    shape = (out_channels, kernel_height, kernel_width, in_channels)
    if packed.weight_count != out_channels * kernel_height * kernel_width * in_channels:
        raise EncodeError(f"{packed.weight_count} packed weights cannot fill {shape}: {ADVICE}")

    bits = _stream_bits(packed)
    weights = np.fromiter(_weights(packed, bits), np.int8)
    _check_totals(packed, weights, len(list(bits)))
    if packed.order == 2:
        return _from_runs(weights, packed.runs, out_channels, in_channels)
    return weights.reshape(shape).transpose(0, 3, 1, 2).copy()


def _from_runs(
    stream: np.ndarray, runs: tuple[int, ...], filters: int, channels: int
) -> np.ndarray:
    """Undo order 2: a weight at a time, run by run, filter by filter."""
    if sum(runs) != channels or len(stream) != filters * channels:
        raise EncodeError(f"runs of {sum(runs)} channels do not fill {channels}: {ADVICE}")
    weights = np.empty((filters, channels, 1, 1), np.int8)
    source = iter(stream.tolist())
    first = 0
    for run in runs:
        for filter_ in range(filters):
            for channel in range(first, first + run):
                weights[filter_, channel, 0, 0] = next(source)
        first += run

    return weights


def check_filters(weights: np.ndarray, packed: PackedFilters) -> None:
    """
    Raise EncodeError unless PACKED decodes to exactly WEIGHTS, int8 OIHW.
    """
    decoded = decode_filters(packed, *weights.shape)
    wrong = np.argwhere(decoded != weights)
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
        raise EncodeError(
            f"packed weight {list(at)} decodes to {decoded[at]} instead of {weights[at]}: "
            "this is a defect of sqz2c, report it with the checkpoint"
        )


def decode_prefix(packed: PackedFilters) -> tuple[list[int], bool]:
    """
    The weights before the first error of a possibly damaged stream, and whether there was none.
    """
    weights: list[int] = []
    try:
        weights.extend(_weights(packed, _stream_bits(packed)))
    except EncodeError:
        return weights, False
    return weights, True


def _stream_bits(packed: PackedFilters) -> Iterator[int]:
    if len(packed.bits) != (packed.bit_count + 7) // 8:
        raise EncodeError(
            f"{packed.bit_count} bits do not fill {len(packed.bits)} bytes: {ADVICE}"
        )
    stream = np.frombuffer(packed.bits, np.uint8)
    return iter(np.unpackbits(stream, count=packed.bit_count, bitorder="little").tolist())


def _weights(packed: PackedFilters, bits: Iterator[int]) -> Iterator[int]:
    """
    Each weight in the layer's order, -128..127.
    """
    if packed.coding == "raw":
        for _ in range(packed.weight_count):
            yield _signed(_read_raw(bits))
        return

    values = _code_table(packed.values)
    if packed.coding == "dense":
        for _ in range(packed.weight_count):
            yield _signed(_read_symbol(bits, values))
        return

    flags = _code_table(packed.flags)
    for first in range(0, packed.weight_count, 8):
        significant = _read_symbol(bits, flags)
        for k in range(min(8, packed.weight_count - first)):
            yield _signed(_read_symbol(bits, values)) if significant >> k & 1 else 0


def _code_table(code: HuffmanCode) -> dict[int, int]:
    """
    Symbols by code word, a leading 1 written before the word: 0b101 is the word 01.
    """
    if code.counts[0] != 0 or sum(code.counts) != len(code.symbols) or len(code.symbols) > 256:
        raise EncodeError(f"code counts and {len(code.symbols)} symbols disagree: {ADVICE}")
    table = {}
    word = 0
    index = 0
    for length in range(1, MAX_CODE_LENGTH + 1):
        word *= 2
        for _ in range(code.counts[length]):
            if word >= 1 << length:
                raise EncodeError(f"a code has too many words of {length} bits: {ADVICE}")
            table[1 << length | word] = code.symbols[index]
            word += 1
            index += 1
    return table


def _read_symbol(bits: Iterator[int], table: dict[int, int]) -> int:
    word = 1
    for bit in bits:
        word = word * 2 + bit
        if word in table:
            return table[word]
        if word >> MAX_CODE_LENGTH:
            raise EncodeError(f"a weight stream holds an invalid code word: {ADVICE}")
    raise EncodeError(f"a weight stream ends early: {ADVICE}")


def _read_raw(bits: Iterator[int]) -> int:
    byte = [bit for _, bit in zip(range(8), bits, strict=False)]
    if len(byte) < 8:
        raise EncodeError(f"a weight stream ends early: {ADVICE}")
    return sum(bit << k for k, bit in enumerate(byte))


def _signed(symbol: int) -> int:
    return symbol - 256 if symbol >= 128 else symbol


def _check_totals(packed: PackedFilters, weights: np.ndarray, bits_over: int) -> None:
    if bits_over:
        raise EncodeError(f"{bits_over} bits follow the last packed weight: {ADVICE}")
    if packed.bit_count % 8 and packed.bits[-1] >> packed.bit_count % 8:
        raise EncodeError(f"unused bits of the last weight byte are not 0: {ADVICE}")
    if np.count_nonzero(weights) != packed.nonzero_count:
        raise EncodeError(
            f"{np.count_nonzero(weights)} weights are not zero instead of "
            f"{packed.nonzero_count}: {ADVICE}"
        )
