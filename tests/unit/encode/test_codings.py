"""
Tests of sqz2c.encode.codings and of the sizes that PackedFilters states.
"""

import numpy as np
import pytest

from sqz2c.encode import check_filters, encode_filters
from sqz2c.encode.codings import in_order, pack_block, pack_dense, pack_raw
from sqz2c.errors import EncodeError


def layer(values: list[int]) -> np.ndarray:
    return np.array(values, np.int8).reshape(-1, 1, 1, 1)


def skewed(count: int, zeros: float) -> np.ndarray:
    """
    COUNT weights, a share ZEROS of them zero, the others Gaussian.
    """
    random = np.random.default_rng(1)
    values = np.clip(random.normal(0, 20, count).round(), -127, 127)
    return layer((values * (random.random(count) >= zeros)).tolist())


def test_order_1_is_filter_by_filter_with_channels_innermost():
    """OIHW goes in, [filter, height, width, channel] comes out."""
    weights = np.arange(2 * 3 * 2 * 2, dtype=np.int8).reshape(2, 3, 2, 2)
    expected = [weights[o, i, y, x] for o, y, x, i in np.ndindex(2, 2, 2, 3)]
    assert expected == in_order(weights, 1).tolist()


def test_pruned_weights_take_block():
    """Many zeros: significance flags of 8 weights cost less than a symbol each."""
    assert "block" == encode_filters(skewed(20000, 0.8)).coding


def test_unpruned_weights_take_dense():
    """Few zeros: flags would say little."""
    assert "dense" == encode_filters(skewed(20000, 0.0)).coding


def test_few_weights_take_raw():
    """A code table alone would be larger than the weights."""
    assert "raw" == encode_filters(skewed(30, 0.0)).coding


def test_smallest_counts_code_tables():
    """40 equal weights are 5 bytes of bits, but 33 more of tables: one byte less than raw."""
    packed = encode_filters(layer([3] * 40))
    assert ("dense", 5, 1, 32) == (
        packed.coding,
        packed.size_bytes,
        packed.codebook_bytes,
        packed.table_bytes,
    )
    assert 38 == packed.flash_bytes
    assert "raw" == encode_filters(layer([3] * 37)).coding


def test_ties_go_to_the_first_of_raw_dense_block():
    """Equal sizes never depend on chance."""
    raw_and_dense = layer([3] * 38)  # 38 B raw; 5 + 33 B dense
    stream = in_order(raw_and_dense, 1)
    assert pack_raw(stream).flash_bytes == pack_dense(stream).flash_bytes
    assert "raw" == encode_filters(raw_and_dense).coding

    zeros = layer([0] * 8)  # dense and block: 1 + 33 B
    stream = in_order(zeros, 1)
    assert pack_dense(stream).flash_bytes == pack_block(stream).flash_bytes


def test_all_zero_layer_is_one_bit_a_block():
    """Flags are one symbol and values none, and an empty code takes no flash."""
    packed = encode_filters(layer([0] * 800))
    assert ("block", 100, 0, 33) == (
        packed.coding,
        packed.bit_count,
        packed.codebook_bytes,
        packed.table_bytes,
    )


def test_counts_of_weights_are_kept():
    """The report needs how many there are and how many are not zero."""
    packed = encode_filters(layer([0, 1, -1, 0, 0]))
    assert (5, 2) == (packed.weight_count, packed.nonzero_count)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9])
def test_every_length_goes_round(count):
    """Lengths around a block of 8 decode to what went in."""
    weights = layer([0, -128, 127, 0, 5, 5, 0, 1, 2][:count])
    check_filters(weights, encode_filters(weights))


def test_encoding_again_gives_the_same_bytes():
    """Same input, same bytes."""
    assert encode_filters(skewed(5000, 0.5)) == encode_filters(skewed(5000, 0.5))


def test_float_weights_are_refused():
    """Only the quantizer decides what the integers are."""
    with pytest.raises(EncodeError, match=r"float32 \[2, 1, 1, 1\]: quantize"):
        encode_filters(np.zeros((2, 1, 1, 1), np.float32))


def test_unknown_order_is_refused():
    """An order nobody decodes is an error, not a guess."""
    with pytest.raises(EncodeError, match="order 3 is not known"):
        encode_filters(layer([1]), order=3)
