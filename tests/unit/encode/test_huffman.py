"""
Tests of sqz2c.encode.huffman against the huffman package and against brute force.
"""

from itertools import product

import huffman
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqz2c.encode.huffman import code_lengths, code_words, make_code
from sqz2c.errors import EncodeError
from sqz2c.ir.filters import MAX_CODE_LENGTH

LAW = settings(deadline=None, derandomize=True)


def cost(frequencies: list[int], lengths: list[int]) -> int:
    return sum(f * n for f, n in zip(frequencies, lengths, strict=True))


def kraft(lengths: list[int]) -> int:
    """
    Sum of 2^-length in units of 2^-MAX_CODE_LENGTH.
    """
    return sum(2 ** (MAX_CODE_LENGTH - n) for n in lengths if n)


def optimal_lengths(frequencies: list[int]) -> list[int]:
    code = huffman.codebook([(s, f) for s, f in enumerate(frequencies) if f])
    return [len(code.get(symbol, "")) for symbol in range(len(frequencies))]


def brute_force_cost(frequencies: list[int], limit: int) -> int:
    """
    The least cost of all length assignments that satisfy Kraft's inequality.
    """
    unit = 2**limit
    return min(
        cost(frequencies, list(lengths))
        for lengths in product(range(1, limit + 1), repeat=len(frequencies))
        if sum(unit >> n for n in lengths) <= unit
    )


@LAW
@given(st.lists(st.integers(0, 1000), min_size=2, max_size=256))
def test_costs_what_the_huffman_package_costs_when_the_limit_is_not_reached(frequencies):
    """Without an active limit the code is as short as Huffman's."""
    if sum(f > 0 for f in frequencies) < 2:
        frequencies[:2] = [1, 1]
    expected = optimal_lengths(frequencies)
    if max(expected) > MAX_CODE_LENGTH:
        return
    assert cost(frequencies, expected) == cost(frequencies, code_lengths(frequencies))


@LAW
@given(st.lists(st.integers(1, 50), min_size=2, max_size=6), st.integers(1, 5))
def test_costs_the_least_that_any_limited_code_can(frequencies, limit):
    """With a tight limit no other assignment of lengths is cheaper."""
    if len(frequencies) > 2**limit:
        return
    lengths = code_lengths(frequencies, limit)
    assert max(lengths) <= limit
    assert brute_force_cost(frequencies, limit) == cost(frequencies, lengths)


@LAW
@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=256), st.integers(8, 15))
def test_code_of_two_or_more_symbols_is_complete(frequencies, limit):
    """Kraft's inequality holds with equality, so no code word is wasted."""
    if sum(f > 0 for f in frequencies) < 2:
        frequencies[:2] = [1, 1]
    assert 2**MAX_CODE_LENGTH == kraft(code_lengths(frequencies, limit))


def test_limit_shortens_a_code_that_would_be_deeper():
    """Fibonacci frequencies want depth n - 1; the limit holds, and costs something."""
    frequencies = [1, 1]
    while len(frequencies) < 24:
        frequencies.append(frequencies[-1] + frequencies[-2])
    assert max(optimal_lengths(frequencies)) == 23

    lengths = code_lengths(frequencies)
    assert max(lengths) == MAX_CODE_LENGTH
    assert cost(frequencies, optimal_lengths(frequencies)) < cost(frequencies, lengths)


def test_256_symbols_fit_8_bits_exactly():
    """The tightest limit for all bytes is the fixed code of 8 bits."""
    assert [8] * 256 == code_lengths(list(range(1, 257)), 8)


def test_limit_that_cannot_hold_the_alphabet_is_refused():
    """Nine symbols have no code of 3 bits."""
    with pytest.raises(EncodeError, match="9 symbols do not fit into code words of at most 3"):
        code_lengths([1] * 9, 3)


@pytest.mark.parametrize("limit", [0, MAX_CODE_LENGTH + 1])
def test_limit_out_of_range_is_refused(limit):
    """Lengths are 1..15: what counts[] can hold."""
    with pytest.raises(EncodeError, match=r"limited to 1\.\.15 bits"):
        code_lengths([1, 1], limit)


def test_one_symbol_is_one_bit():
    """A single symbol is written, as the word 0, so that a stream has a length."""
    code = make_code([0] * 7 + [3] + [0] * 248)
    assert (1, b"\x07") == (code.counts[1], code.symbols)
    words, lengths = code_words(code)
    assert (0, 1) == (words[7], lengths[7])


def test_no_symbols_is_the_empty_code():
    """Nothing to write needs no code."""
    code = make_code([0] * 256)
    assert ((0,) * 16, b"") == (code.counts, code.symbols)


def test_symbols_are_in_order_of_length_then_value():
    """The order is a function of the lengths alone, so equal input gives equal bytes."""
    code = make_code([5, 1, 5, 1, 20] + [0] * 251)
    lengths = code_lengths([5, 1, 5, 1, 20])
    assert sorted(range(5), key=lambda s: (lengths[s], s)) == list(code.symbols)


def test_equal_frequencies_give_the_longer_code_to_the_lower_symbol():
    """Ties are broken by symbol value, not by chance."""
    assert [2, 2, 1] == code_lengths([1, 1, 1])


def test_code_words_are_canonical():
    """Words of one length are consecutive, and longer ones go on where shorter ones ended."""
    code = make_code([8, 4, 2, 1, 1] + [0] * 251)
    words, lengths = code_words(code)
    assert [1, 2, 3, 4, 4] == lengths[:5].tolist()
    assert [0b0, 0b10, 0b110, 0b1110, 0b1111] == words[:5].tolist()
    assert 0 == np.count_nonzero(lengths[5:])
