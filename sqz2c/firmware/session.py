"""
One conversation with a board that is fed rows: each request is repeated until it is answered.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sqz2c.errors import FirmwareError
from sqz2c.firmware.ports import Port
from sqz2c.firmware.serial_line import Frame, Kind, LineReader, encode_frame, unseal

FORMAT = "1"
HELLO_SECONDS = 30.0  # a board checks its weights before it listens
ANSWER_SECONDS = 300.0  # the last rows of a large network take a slow core minutes
FIRST_WAIT_SECONDS = 2.0  # before a request is repeated; twice as long each time
HELLO_WAIT_SECONDS = 0.25  # a board that still boots hears nothing
FINISH_WAIT_SECONDS = 8.0  # much work is left, and the answer is long
LONGEST_WAIT_SECONDS = 60.0
MOST_TRIES = 20  # of a request that arrives damaged, or whose answer does
FAULT = re.compile(rb"fault (exception \d+ pc \w+ cfsr \w+)")

Words = list[str]


@dataclass(frozen=True)
class Announcement:
    """
    What a board says it is: the network by its name, shape and the hash of its checkpoint.
    """

    board: str
    network: str
    checkpoint: str
    height: int
    width: int
    channels: int
    classes: int


@dataclass(frozen=True, eq=False)
class Inference:
    """
    One picture: the library's STATUS, WORK inside of its calls, int32 LOGITS [classes].
    """

    status: int
    weights_status: int
    work: int
    stack_bytes: int
    stack_intact: bool
    logits: np.ndarray


class Session:
    """
    PORT leads to the board. TRANSCRIPT is what it said, damaged lines left out.
    """

    def __init__(self, port: Port, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._clock = clock
        self._reader = LineReader()
        self._lines: list[bytes] = []
        self.transcript: list[str] = []

    def hello(self) -> Announcement:
        """
        Ask the board what it is.
        """
        heard = self._ask_whole(Frame(Kind.HELLO, 0), _announcement, HELLO_SECONDS)
        assert isinstance(heard, Announcement)

        return heard

    def classify(
        self, number: int, rows: np.ndarray, classes: int, tell: Callable[[], None]
    ) -> Inference:
        """
        Send ROWS, uint8 [height, bytes of a row], as picture NUMBER. TELL is called after each row.
        """
        self._ask(Frame(Kind.BEGIN, number))
        for index, row in enumerate(rows):
            self._ask(Frame(Kind.ROW, index, row.tobytes()))
            tell()
        heard = self._ask_whole(
            Frame(Kind.FINISH, number), lambda heard: _inference(heard, number, classes)
        )
        assert isinstance(heard, Inference)

        return heard

    def quit(self) -> None:
        """
        End the session; a board in QEMU ends when it knows that its last line was read.
        """
        self._ask(Frame(Kind.QUIT, 0))
        self._port.write(encode_frame(Frame(Kind.QUIT, 1)))

    def _ask_whole(
        self,
        frame: Frame,
        read: Callable[[list[Words]], Announcement | Inference | None],
        patience: float = ANSWER_SECONDS,
    ) -> Announcement | Inference:
        """
        Ask FRAME until READ finds everything it needs in the answers.
        """
        heard: list[Words] = []
        for _ in range(MOST_TRIES):
            heard += self._ask(frame, patience)
            found = read(heard)
            if found is not None:
                return found
        raise FirmwareError(
            f"the answer to {frame.name} was damaged {MOST_TRIES} times: the serial line is too "
            "noisy"
        )

    def _ask(self, frame: Frame, patience: float = ANSWER_SECONDS) -> list[Words]:
        """
        Send FRAME until the board has done it; return the records that came with the answer.
        """
        data = encode_frame(frame)
        heard: list[Words] = []
        deadline = self._clock() + patience
        refusals, wait = 0, _first_wait(frame)
        self._port.write(data)
        repeat_at = self._clock() + wait
        while True:
            words = self._next_line(min(repeat_at, deadline))
            if words is None:
                if self._clock() >= deadline:
                    raise _no_answer(frame, patience)
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)
            elif words == ["ack", *frame.name.split()]:
                return heard
            elif words[0] == "nak":
                refusals += 1
                if refusals > MOST_TRIES:
                    raise _refused(frame, " ".join(words[1:]))
            else:
                heard.append(words)
                continue
            self._port.write(data)
            repeat_at = self._clock() + wait

    def _next_line(self, until: float) -> Words | None:
        """
        The words of the next sound line, or None when it is UNTIL.
        """
        while True:
            while self._lines:
                line = self._lines.pop(0)
                text = unseal(line)
                if text:
                    self.transcript.append(text)
                    return text.split()
                if fault := FAULT.search(line):
                    raise FirmwareError(f"the firmware faulted: {fault[1].decode()}")
            left = until - self._clock()
            if left <= 0:
                return None
            self._lines = self._reader.feed(self._port.read(left))


def _first_wait(frame: Frame) -> float:
    waits = {Kind.HELLO: HELLO_WAIT_SECONDS, Kind.FINISH: FINISH_WAIT_SECONDS}

    return waits.get(frame.kind, FIRST_WAIT_SECONDS)


def _no_answer(frame: Frame, patience: float) -> FirmwareError:
    if frame.kind == Kind.HELLO:
        return FirmwareError(
            f"the board did not answer within {patience:g} s: is it flashed with a network "
            "generated with --input rows, and is this its serial port?"
        )

    return FirmwareError(f"the board did not answer {frame.name} within {patience:g} s")


def _refused(frame: Frame, expected: str) -> FirmwareError:
    if expected == frame.name:
        return FirmwareError(
            f"{frame.name} arrived damaged {MOST_TRIES} times: the serial line is too noisy"
        )

    return FirmwareError(
        f"the board expects {expected} instead of {frame.name}: it was reset, or somebody else "
        "talks to it"
    )


def _fields(words: Words) -> dict[str, str]:
    return dict(zip(words[::2], words[1::2], strict=False))


def _announcement(heard: list[Words]) -> Announcement | None:
    found = [words for words in heard if words[0] == "serial"]
    if not found:
        return None
    version, *rest = found[-1][1:]
    if version != FORMAT:
        raise FirmwareError(
            f"the board speaks version {version} of the serial line, not {FORMAT}: build and "
            "flash its firmware again"
        )
    fields = _fields(rest)
    try:
        return Announcement(
            fields["board"],
            fields["network"],
            fields["checkpoint"],
            *(int(fields[key]) for key in ("height", "width", "channels", "classes")),
        )
    except (KeyError, ValueError) as error:
        raise FirmwareError(f"the board announces itself without {error}") from error


def _inference(heard: list[Words], number: int, classes: int) -> Inference | None:
    images = [words for words in heard if words[:2] == ["image", str(number)]]
    lines = {
        int(words[3]): words[4:]
        for words in heard
        if words[:3] == ["logits", str(number), "first"]
    }
    logits = [value for first in sorted(lines) for value in lines[first]]
    if not images or len(logits) != classes:
        return None
    fields = _fields(images[-1][2:])
    unit = "cycles" if "cycles" in fields else "instructions"

    return Inference(
        status=int(fields["status"]),
        weights_status=int(fields["weights"]),
        work=int(fields[unit]),
        stack_bytes=int(fields["stack"]),
        stack_intact=fields["canary"] == "1",
        logits=np.array([int(value) for value in logits], np.int32),
    )
