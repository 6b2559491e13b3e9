"""
Frames and sealed lines: what goes in comes out, and nothing damaged passes for something else.
"""

import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqz2c.firmware.serial_line import (
    Frame,
    Kind,
    LineReader,
    decode_frame,
    encode_frame,
    seal,
    stuff,
    unseal,
    unstuff,
)

SPEC = Path(__file__).parents[3] / "SPEC.md"
CONTENTS = st.one_of(
    st.binary(max_size=700),
    st.lists(st.sampled_from([0, 1, 254, 255]), max_size=700).map(bytes),
    st.integers(250, 770).map(lambda n: b"\1" * n),
)
FRAMES = st.builds(Frame, st.sampled_from(Kind), st.integers(0, 65535), CONTENTS)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)


@given(CONTENTS)
def test_stuffing_comes_back_without_zeros(content: bytes) -> None:
    """No zero is left, at most one byte in 254 is added, and nothing is lost."""
    coded = stuff(content)

    assert 0 not in coded
    assert len(coded) <= len(content) + 1 + len(content) // 254
    assert content == unstuff(coded)


@pytest.mark.parametrize(
    ("content", "coded"),
    [
        (b"", b"\1"),
        (b"\0", b"\1\1"),
        (b"\0\0", b"\1\1\1"),
        (b"\x11\x22\0\x33", b"\3\x11\x22\2\x33"),
        (b"\x11\0\0\0", b"\2\x11\1\1\1"),
        (bytes(range(1, 255)), b"\xff" + bytes(range(1, 255)) + b"\1"),
        (bytes(range(1, 256)), b"\xff" + bytes(range(1, 255)) + b"\2\xff"),
    ],
)
def test_stuffing_is_the_published_one(content: bytes, coded: bytes) -> None:
    """Known examples; after 254 bytes without a zero another code follows, even for nothing."""
    assert coded == stuff(content)
    assert content == unstuff(coded)


def test_example_of_the_spec() -> None:
    """SPEC.md's worked frame and line are what both sides send."""
    text = SPEC.read_text()
    [content] = re.findall(r"^content +((?:[0-9a-f]{2} )+[0-9a-f]{2})$", text, re.M)
    [sent] = re.findall(r"^on the line +((?:[0-9a-f]{2} )+[0-9a-f]{2})$", text, re.M)
    frame = Frame(Kind.ROW, 2, bytes([0, 7, 255, 0]))

    assert bytes.fromhex(sent) == encode_frame(frame)
    assert bytes.fromhex(content) == unstuff(bytes.fromhex(sent)[1:-1])
    assert f"`{seal('ack row 2').decode().strip()}`" in text


@given(FRAMES)
def test_frames_come_back(frame: Frame) -> None:
    """Between its two zeros a frame holds everything."""
    data = encode_frame(frame)

    assert (0, 0) == (data[0], data[-1])
    assert frame == decode_frame(data[1:-1])


@given(FRAMES, st.data())
def test_damage_is_noticed(frame: Frame, data: st.DataObject) -> None:
    """Bytes that changed, vanished or came twice leave no frame."""
    coded = bytearray(encode_frame(frame)[1:-1])
    at = data.draw(st.integers(0, len(coded) - 1))
    match data.draw(st.sampled_from(["change", "drop", "twice"])):
        case "change":
            coded[at] ^= data.draw(st.integers(1, 255))
        case "drop":
            del coded[at]
        case "twice":
            coded.insert(at, coded[at])

    assert decode_frame(bytes(coded)) is None


@pytest.mark.parametrize("content", [b"", b"\1H\0\0", b"\2H\0\0", b"\1x\0\0"])
def test_other_versions_and_kinds_are_no_frames(content: bytes) -> None:
    """A frame that is too short, of another version or of an unknown kind is refused."""
    crc = zlib.crc32(content).to_bytes(4, "little")
    whole = b"\1H\0\0" + zlib.crc32(b"\1H\0\0").to_bytes(4, "little")

    assert Frame(Kind.HELLO, 0) == decode_frame(stuff(whole))
    assert (content == b"\1H\0\0") == (decode_frame(stuff(content + crc)) is not None)


@given(TEXTS, st.data())
def test_lines_are_sealed(text: str, data: st.DataObject) -> None:
    """A sealed line gives back its text, and None once a byte of it changed."""
    line = seal(text)[:-1]
    damaged = bytearray(line)
    damaged[data.draw(st.integers(0, len(line) - 1))] ^= data.draw(st.integers(1, 255))

    assert text == unseal(line) == unseal(line + b"\r")
    assert unseal(bytes(damaged)) in (None, text if damaged == line + b"\r" else None)
    assert None is unseal(text.encode())


@given(st.lists(st.binary(max_size=20).filter(lambda b: b"\n" not in b), max_size=8), st.data())
def test_lines_are_whole_however_they_arrive(lines: list[bytes], data: st.DataObject) -> None:
    """The reader gives each line once, whatever pieces it is fed."""
    stream = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader, found = LineReader(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])

    assert lines == found


def test_a_line_that_never_ends_is_dropped() -> None:
    """Noise without a newline takes no memory."""
    reader = LineReader()
    for _ in range(100):
        assert [] == reader.feed(b"x" * 1000)

    assert len(reader.feed(b"\n")[0]) <= 5096
