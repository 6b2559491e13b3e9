"""
Numbers in C text are the same numbers.
"""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sqz2c.emit import c_literals

LITERAL = re.compile(r"-?(\d+\.\d*|\d*\.\d+|\d+(?=e))(e[+-]?\d+)?f")


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float_literals_are_exact(value: float) -> None:
    """Read back they give the same float32; C takes them as float constants."""
    text = c_literals.float32(value)

    assert LITERAL.fullmatch(text), text
    assert np.float32(value).tobytes() == np.float32(text[:-1]).tobytes()


def test_whole_numbers_are_float_literals_too() -> None:
    """`1f` is no constant in C."""
    assert ["1.0f", "0.0f", "1e+10f", "0.5f"] == [c_literals.float32(v) for v in (1, 0, 1e10, 0.5)]


def numbers_of(rows: list[str]) -> list[int]:
    text = " ".join(rows)
    assert text == "" or text.endswith(",")

    return [eval(part.replace("LL", "").replace("u", "")) for part in text.split(",")[:-1]]


@given(st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_int32_rows_are_exact(values: list[int]) -> None:
    """All of int32; its smallest value is an expression, since C has no such constant."""
    rows = c_literals.number_rows(values)

    assert values == numbers_of(rows)
    assert "-2147483648" not in " ".join(rows)


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_hexadecimal_rows_are_exact(values: list[int]) -> None:
    """Bits of float32 multipliers."""
    assert values == numbers_of(c_literals.hex_rows(values))


@given(st.binary(max_size=100))
def test_byte_rows_are_exact(data: bytes) -> None:
    """Bit streams, in lines that fit a page."""
    rows = c_literals.byte_rows(data)

    assert list(data) == numbers_of(rows)
    assert all(len(row) <= 96 for row in rows)
