"""
The board's frame receiver, compiled for this machine, against the decoder in Python.
"""

import random
import subprocess
import zlib
from pathlib import Path

import pytest

from sqz2c.firmware.serial_line import Frame, Kind, encode_frame, unstuff
from tests.exact.generated import WARNINGS
from tests.tools import ROOT, call
from tests.unit.firmware.fake_board import FakeBoard, FakePort

SIZE = 720  # of the buffer


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("frames") / "frames"
    common = ROOT / "boards" / "common"
    sources = [Path(__file__).parent / "frames.c", common / "frame.c"]
    call("gcc", "-std=c99", "-g", "-O1", *WARNINGS, "-fsanitize=address,undefined",
         "-fno-sanitize-recover=all", f"-I{common}", f"-I{ROOT / 'runtime_c'}", *sources,
         ROOT / "runtime_c" / "sqz_crc32.c", "-o", program)  # fmt: skip

    return program


def received(receiver: Path, stream: bytes) -> list[str]:
    """
    What the C makes of STREAM.
    """
    done = subprocess.run([receiver, str(SIZE)], input=stream, capture_output=True, check=False)
    assert (0, b"") == (done.returncode, done.stderr)

    return done.stdout.decode().split()


def expected(stream: bytes) -> list[str]:
    """
    What Python makes of it: any version and kind, whatever fits the buffer and has its CRC.
    """
    *coded, _ = stream.split(b"\0")

    return [_content(piece) for piece in coded if piece]


def _content(coded: bytes) -> str:
    content = unstuff(coded)
    if content is None or not 8 <= len(content) <= SIZE:
        return "damaged"
    sound = zlib.crc32(content[:-4]).to_bytes(4, "little") == content[-4:]

    return content[:-4].hex() if sound else "damaged"


def frames(count: int, seed: int) -> bytes:
    """
    Frames of every length about the limits of COBS and of the buffer, with zeros or without.
    """
    rng = random.Random(seed)
    lengths = [*range(5), *range(243, 252), *range(498, 506), SIZE - 8, SIZE - 7, SIZE + 300]
    data = b""
    for _ in range(count):
        alphabet = rng.choice([bytes(256), bytes(range(256)), bytes([1, 255]), b"\0\1"])
        payload = bytes(rng.choices(alphabet, k=rng.choice(lengths)))
        data += encode_frame(Frame(rng.choice(list(Kind)), rng.randrange(1 << 16), payload))

    return data


def test_sound_frames_arrive(receiver: Path) -> None:
    """Frames of every length arrive as they were sent; those too long for the buffer do not."""
    stream = frames(400, seed=1)

    lines = received(receiver, stream)

    assert expected(stream) == lines
    assert 10 < lines.count("damaged") < 100
    assert {2 * (SIZE - 4)} == {max(map(len, lines))}


@pytest.mark.parametrize("seed", range(10))
def test_damaged_streams_are_read_alike(receiver: Path, seed: int) -> None:
    """After any damage the C finds the frames that Python finds, within its buffer."""
    line = FakePort(FakeBoard(), seed, damage=0.01)
    stream = line.over_the_line(frames(100, seed))

    lines = received(receiver, stream)

    assert expected(stream) == lines
    assert 5 < lines.count("damaged") < len(lines) - 10
