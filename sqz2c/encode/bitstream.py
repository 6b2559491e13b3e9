"""
Code words to bytes.
"""

import numpy as np


def pack_words(words: np.ndarray, lengths: np.ndarray) -> tuple[bytes, int]:
    """
    Bytes and bit count of WORDS, each LENGTHS bits, one after the other in C order.

    The first bit of a code word is its most significant one; it lands in the least significant
    bit of a byte that is still free. A length of 0 adds nothing.
    """
    ends = np.cumsum(lengths, axis=None, dtype=np.int32)
    bit_count = int(ends[-1]) if ends.size else 0
    counts = lengths.ravel()

    # Bit i of the stream belongs to the word that ends at the first end above i.
    shifts = np.repeat(ends, counts) - 1 - np.arange(bit_count, dtype=np.int32)
    bits = (np.repeat(words.ravel(), counts) >> shifts.astype(np.uint16)) & 1
    return np.packbits(bits.astype(np.uint8), bitorder="little").tobytes(), bit_count
