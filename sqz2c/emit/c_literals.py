"""
Numbers to exact C text.
"""

from collections.abc import Iterable, Sequence

import numpy as np

BYTES_A_LINE = 16
NUMBERS_A_LINE = 8


def float32(value: float) -> str:
    """
    A decimal of at most nine digits that gives exactly this float32 back.
    """
    text = f"{float(np.float32(value)):.9g}".replace("e-0", "e-").replace("e+0", "e+")

    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def byte_rows(data: bytes) -> list[str]:
    """
    DATA as lines of hexadecimal literals.
    """
    return [
        ", ".join(f"0x{byte:02x}" for byte in data[at : at + BYTES_A_LINE]) + ","
        for at in range(0, len(data), BYTES_A_LINE)
    ]


def number_rows(values: Iterable[int]) -> list[str]:
    """
    Integers as lines of decimal literals; INT32_MIN has no literal of its own in C.
    """
    texts = [
        "-2147483647 - 1" if value == -(2**31) else str(value)
        for value in (int(v) for v in values)
    ]
    return _wrapped(texts, NUMBERS_A_LINE)


def hex_rows(values: Iterable[int]) -> list[str]:
    """
    Unsigned 32-bit patterns as lines of literals.
    """
    return _wrapped([f"0x{int(value):08x}u" for value in values], NUMBERS_A_LINE)


def _wrapped(texts: Sequence[str], count: int) -> list[str]:
    return [
        ", ".join(texts[at : at + count]) + "," for at in range(0, len(texts), count)
    ]
