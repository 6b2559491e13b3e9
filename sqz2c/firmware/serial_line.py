"""
What goes over the serial line (SPEC.md section 6): frames to the board, sealed lines from it.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

VERSION = 1
HEADER = struct.Struct("<BBH")  # version, kind, number
CRC = struct.Struct("<I")
LARGEST_LINE_BYTES = 4096
COBS_REACH = 254  # bytes behind a code byte, at most


class Kind(IntEnum):
    """
    What a frame asks for; its name is the word in the answer.
    """

    HELLO = ord("H")
    BEGIN = ord("B")
    ROW = ord("R")
    FINISH = ord("F")
    QUIT = ord("Q")


@dataclass(frozen=True)
class Frame:
    """
    One request. NUMBER is the row's, or the picture's.
    """

    kind: Kind
    number: int
    payload: bytes = b""

    @property
    def name(self) -> str:
        return f"{self.kind.name.lower()} {self.number}"


def encode_frame(frame: Frame) -> bytes:
    """
    The bytes on the line: a 0 that ends whatever came before, the coded frame, a 0.
    """
    content = HEADER.pack(VERSION, frame.kind, frame.number) + frame.payload

    return b"\0" + stuff(content + CRC.pack(zlib.crc32(content))) + b"\0"


def decode_frame(coded: bytes) -> Frame | None:
    """
    What lies between two zeros of the line, or None if it is damaged.
    """
    content = unstuff(coded)
    if content is None or len(content) < HEADER.size + CRC.size:
        return None
    content, crc = content[: -CRC.size], content[-CRC.size :]
    version, kind, number = HEADER.unpack_from(content)
    if CRC.pack(zlib.crc32(content)) != crc or version != VERSION or kind not in list(Kind):
        return None

    return Frame(Kind(kind), number, content[HEADER.size :])


def stuff(content: bytes) -> bytes:
    """
    CONTENT without zeros, by consistent overhead byte stuffing (Cheshire and Baker, 1999).
    """
    coded = bytearray()
    for run in content.split(b"\0"):
        full, rest = divmod(len(run), COBS_REACH)
        for start in range(0, full * COBS_REACH, COBS_REACH):
            coded += b"\xff" + run[start : start + COBS_REACH]
        coded += bytes([rest + 1]) + run[len(run) - rest :]

    return bytes(coded)


def unstuff(coded: bytes) -> bytes | None:
    """
    What stuff() was given, or None where CODED holds a 0 or ends too early.
    """
    if not coded or 0 in coded:
        return None
    content, at = bytearray(), 0
    while at < len(coded):
        code = coded[at]
        run = coded[at + 1 : at + code]
        if len(run) != code - 1:
            return None
        content += run
        at += code
        if code != 0xFF and at < len(coded):
            content.append(0)

    return bytes(content)


def seal(text: str) -> bytes:
    """
    TEXT as a board ends it: with its CRC-32 and a newline.
    """
    return f"{text} *{zlib.crc32(text.encode()):08x}\n".encode()


def unseal(line: bytes) -> str | None:
    """
    The text of a LINE without its newline, or None if it has no seal or was damaged.
    """
    text, mark, digits = line.rstrip(b"\r").rpartition(b" *")
    if not mark or digits != b"%08x" % zlib.crc32(text):
        return None

    return text.decode("ascii", errors="replace")


class LineReader:
    """
    Whole lines out of bytes that come in pieces of any size.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """
        The lines that DATA completes, without their newlines. A line that never ends is dropped.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LARGEST_LINE_BYTES:
            self._rest = b""

        return lines
