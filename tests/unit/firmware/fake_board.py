"""
A board that takes rows, in Python: what SPEC.md section 6 says, behind a line that may fail.

Time is the line's own: it passes only while the host waits for bytes that do not come.
"""

import random
from dataclasses import dataclass, field

from sqz2c.firmware.serial_line import Frame, Kind, decode_frame, seal

HEAD = "serial 1 board fake network net checkpoint c0ffee height 3 width 5 channels 1 classes 40"
HEIGHT, ROW_BYTES, CLASSES = 3, 5, 40


def logits_of(rows: list[bytes]) -> list[int]:
    total = sum(map(sum, rows))

    return [(k - 7) * total for k in range(CLASSES)]


@dataclass
class FakeBoard:
    """
    PUSHED holds the rows that the network took for each picture that was begun.
    """

    head: str = HEAD
    phase: str = "begin"
    picture: int = 0
    pushed: list[list[bytes]] = field(default_factory=list)
    ended: bool = False
    rest: bytes = b""

    def hear(self, data: bytes) -> bytes:
        """
        What the board answers to DATA.
        """
        *coded, self.rest = (self.rest + data).split(b"\0")

        return b"".join(self.obey(decode_frame(frame)) for frame in coded if frame)

    def obey(self, frame: Frame | None) -> bytes:
        if frame is None:
            return self.refuse()
        if frame.kind == Kind.HELLO:
            self.phase = "begin"
            return seal(self.head) + seal(f"ack {frame.name}")
        if frame.kind == Kind.BEGIN:
            self.phase, self.picture = "row", frame.number
            self.pushed.append([])
            return seal(f"ack {frame.name}")
        if frame.kind == Kind.ROW:
            return self.take(frame)
        if frame.kind == Kind.FINISH:
            return self.finish(frame)
        self.ended = self.ended or frame.number == 1

        return b"" if frame.number else seal(f"ack {frame.name}")

    def refuse(self) -> bytes:
        number = {"begin": 0, "row": len(self.rows), "finish": self.picture}[self.phase]

        return seal(f"nak {self.phase} {number}")

    @property
    def rows(self) -> list[bytes]:
        return self.pushed[-1] if self.pushed else []

    def take(self, frame: Frame) -> bytes:
        again = self.phase != "begin" and frame.number + 1 == len(self.rows)
        if self.phase == "row" and frame.number == len(self.rows):
            self.rows.append(frame.payload)
            self.phase = "row" if len(self.rows) < HEIGHT else "finish"
        elif not again:
            return self.refuse()

        return seal(f"ack {frame.name}")

    def finish(self, frame: Frame) -> bytes:
        if self.phase == "finish":
            self.phase = "begin"
        elif self.phase == "row" or not self.rows or frame.number != self.picture:
            return self.refuse()
        numbers = logits_of(self.rows)
        texts = [
            f"image {frame.number} status 0 weights 0 instructions 12345678901 stack 500 "
            "reserved 2048 canary 1"
        ]
        texts += [
            f"logits {frame.number} first {first} {' '.join(map(str, numbers[first : first + 16]))}"
            for first in range(0, CLASSES, 16)
        ]

        return b"".join(map(seal, [*texts, f"ack {frame.name}"]))


class FakePort:
    """
    The line to BOARD. DAMAGE is the chance that one piece of a few bytes, in either direction,
    is changed, lost or repeated; not more than QUIET_AFTER pieces are.
    """

    def __init__(
        self, board: FakeBoard, seed: int = 0, damage: float = 0.0, quiet_after: int = 1 << 30
    ) -> None:
        self.board = board
        self.now = 0.0
        self.frames = 0
        self._random = random.Random(seed)
        self._damage = damage
        self._left = quiet_after
        self._incoming = b""

    def clock(self) -> float:
        return self.now

    def write(self, data: bytes) -> None:
        self.frames += 1
        self._incoming += self.over_the_line(self.board.hear(self.over_the_line(data)))

    def read(self, seconds: float) -> bytes:
        if not self._incoming:
            self.now += seconds
        data, self._incoming = self._incoming[:7], self._incoming[7:]

        return data

    def over_the_line(self, data: bytes) -> bytes:
        pieces = [data[start : start + 6] for start in range(0, len(data), 6)]

        return b"".join(map(self._piece, pieces))

    def _piece(self, piece: bytes) -> bytes:
        if self._left == 0 or self._random.random() >= self._damage:
            return piece
        self._left -= 1
        noise = bytes(self._random.randrange(256) for _ in range(3))

        return self._random.choice([b"", piece + piece, noise, piece[:2] + noise, noise + piece])
