"""
Frequencies to a canonical Huffman code of limited length, by package-merge.

Larmore and Hirschberg: A fast algorithm for optimal length-limited Huffman codes (1990).
"""

from collections.abc import Sequence

import numpy as np

from sqz2c.errors import EncodeError
from sqz2c.ir.filters import MAX_CODE_LENGTH, HuffmanCode

SYMBOLS = 256


def code_lengths(frequencies: Sequence[int], limit: int = MAX_CODE_LENGTH) -> list[int]:
    """
    Code length of each symbol, 0 where the frequency is 0, with the least total cost
    sum(frequency * length) of all prefix codes that stay within LIMIT bits.

    One symbol alone gets one bit. Of equal frequencies the lower symbol counts as rarer.
    Raises EncodeError for a limit outside 1..15 or one that cannot hold the symbols.
    """
    lengths = [0] * len(frequencies)
    leaves = sorted((count, symbol) for symbol, count in enumerate(frequencies) if count)
    if not 1 <= limit <= MAX_CODE_LENGTH:
        raise EncodeError(
            f"code lengths are limited to 1..{MAX_CODE_LENGTH} bits, not {limit}: "
            "choose a limit in that range"
        )
    if len(leaves) > 2**limit:
        raise EncodeError(
            f"{len(leaves)} symbols do not fit into code words of at most {limit} bits: "
            "raise the limit"
        )
    if len(leaves) == 1:
        lengths[leaves[0][1]] = 1
        return lengths

    for symbol in _cheapest_leaves(leaves, limit):
        lengths[symbol] += 1
    return lengths


def _cheapest_leaves(leaves: list[tuple[int, int]], limit: int) -> list[int]:
    """
    Package-merge over LEAVES (frequency, symbol), sorted: each symbol as often as it has bits.

    A level holds coins (weight, symbols inside). Two neighbours make a package for the next
    level; what the 2n - 2 cheapest coins of the last level contain is the optimal code.
    """
    coins = [(count, [symbol]) for count, symbol in leaves]
    level = coins
    for _ in range(limit - 1):
        pairs = zip(level[0::2], level[1::2], strict=False)
        packages = [(left[0] + right[0], left[1] + right[1]) for left, right in pairs]
        level = sorted(coins + packages, key=lambda coin: coin[0])

    chosen = level[: max(0, 2 * len(leaves) - 2)]
    return [symbol for _, symbols in chosen for symbol in symbols]


def make_code(frequencies: Sequence[int], limit: int = MAX_CODE_LENGTH) -> HuffmanCode:
    """
    The optimal canonical code for bytes that occur FREQUENCIES [256] times.

    Symbols are in order of length, then value. All frequencies 0: the empty code.
    """
    lengths = code_lengths(frequencies, limit)
    used = sorted((length, symbol) for symbol, length in enumerate(lengths) if length)
    counts = [0] * (MAX_CODE_LENGTH + 1)
    for length, _ in used:
        counts[length] += 1
    return HuffmanCode(tuple(counts), bytes(symbol for _, symbol in used))


def code_words(code: HuffmanCode) -> tuple[np.ndarray, np.ndarray]:
    """
    Code word and its length by symbol, uint16 [256] each; length 0: CODE has no such symbol.
    """
    words = np.zeros(SYMBOLS, np.uint16)
    lengths = np.zeros(SYMBOLS, np.uint16)
    symbols = iter(code.symbols)
    word = 0
    for length, count in enumerate(code.counts):
        word *= 2
        for _ in range(count):
            symbol = next(symbols)
            words[symbol], lengths[symbol] = word, length
            word += 1
    return words, lengths
