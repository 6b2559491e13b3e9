"""
Tests of sqz2c.encode.decode: the judge must reject whatever SPEC.md section 3 rejects.
"""

from dataclasses import replace

import numpy as np
import pytest

from sqz2c.encode import check_filters, decode_filters, encode_filters
from sqz2c.encode.codings import in_order, pack_block, pack_dense, pack_raw
from sqz2c.errors import EncodeError
from sqz2c.ir.filters import HuffmanCode

WEIGHTS = np.array([0, 5, 0, 0, -3, 5, 0, 0, 0, 5], np.int8).reshape(10, 1, 1, 1)
STREAM = in_order(WEIGHTS, 1)
SHAPE = (10, 1, 1, 1)


def test_weights_come_back_as_oihw():
    """Channels go back in front of the window."""
    weights = np.arange(-60, 60, dtype=np.int8).reshape(5, 4, 2, 3)
    assert weights.tolist() == decode_filters(encode_filters(weights), 5, 4, 2, 3).tolist()


@pytest.mark.parametrize("pack", [pack_raw, pack_dense, pack_block])
def test_every_coding_is_read(pack):
    """What the encoder did not choose must be right too."""
    assert WEIGHTS.tolist() == decode_filters(pack(STREAM), *SHAPE).tolist()


def test_first_wrong_weight_is_named():
    """A difference is reported by its place in OIHW."""
    packed = pack_raw(STREAM)
    wrong = WEIGHTS.copy()
    wrong[4] = 7
    with pytest.raises(EncodeError, match=r"weight \[4, 0, 0, 0\] decodes to -3 instead of 7"):
        check_filters(wrong, packed)


def refuses(packed, match: str) -> None:
    with pytest.raises(EncodeError, match=match):
        decode_filters(packed, *SHAPE)


@pytest.mark.parametrize("pack", [pack_raw, pack_dense, pack_block])
def test_stream_that_ends_early_is_refused(pack):
    """One bit less than the weights need is an error."""
    packed = pack(STREAM)
    bit_count = packed.bit_count - 1
    bits = packed.bits[: (bit_count + 7) // 8]
    refuses(replace(packed, bits=bits, bit_count=bit_count), "ends early")


def test_bits_after_the_last_weight_are_refused():
    """The stream is exactly as long as its weights."""
    packed = pack_dense(STREAM)
    refuses(replace(packed, bit_count=packed.bit_count + 1), "1 bits follow")


def test_unused_bits_of_the_last_byte_are_zero():
    """Same weights, same bytes: nothing may hide in the last byte."""
    packed = pack_dense(STREAM)
    bits = packed.bits[:-1] + bytes([packed.bits[-1] | 0x80])
    refuses(replace(packed, bits=bits), "unused bits")


def test_bytes_beyond_the_bit_count_are_refused():
    """bit_count and the bytes must agree."""
    packed = pack_dense(STREAM)
    refuses(replace(packed, bits=packed.bits + b"\0"), "14 bits do not fill 3 bytes")


def test_wrong_shape_is_refused():
    """The caller's shape must hold exactly the packed weights."""
    with pytest.raises(EncodeError, match="10 packed weights cannot fill"):
        decode_filters(pack_raw(STREAM), 3, 3, 1, 1)


def test_wrong_nonzero_count_is_refused():
    """The report's figure is checked with the weights."""
    refuses(replace(pack_raw(STREAM), nonzero_count=5), "4 weights are not zero instead of 5")


def test_unknown_order_is_refused():
    """An order from the future is an error."""
    refuses(replace(pack_raw(STREAM), order=3), "order 3 is not known")


@pytest.mark.parametrize(
    ("counts", "symbols", "match"),
    [
        ((0, 1, 1, *[0] * 13), b"\x00\x05\xfd", "disagree"),
        ((1, 1, 1, *[0] * 13), b"\x00\x05\xfd", "disagree"),
        ((0, 2, 1, *[0] * 13), b"\x00\x05\xfd", "too many words of 2 bits"),
        ((0, 1, *[0] * 14), b"\x00", "invalid code word"),
        ((0, 0, 3, *[0] * 13), b"\x00\x05\xfd", "invalid code word"),
        ((0,) * 16, b"", "invalid code word"),
    ],
)
def test_damaged_code_is_refused(counts, symbols, match):
    """A code that cannot be, or a word that it does not have, is an error."""
    packed = replace(pack_dense(STREAM), bits=b"\xff" * 4, bit_count=32)
    refuses(replace(packed, values=HuffmanCode(counts, symbols)), match)
