"""
The host's side of the serial line, against a board in Python behind a line that fails.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqz2c.errors import FirmwareError
from sqz2c.firmware.ports import PortClosedError
from sqz2c.firmware.serial_line import Frame, Kind, encode_frame, seal
from sqz2c.firmware.session import MOST_TRIES, Session
from tests.unit.firmware.fake_board import CLASSES, HEAD, FakeBoard, FakePort, logits_of

PICTURES = [np.arange(15, dtype=np.uint8).reshape(3, 5) * k for k in (1, 0, 17)]


def nothing() -> None:
    """For sessions whose progress nobody watches."""


def classify_all(session: Session) -> list[list[int]]:
    return [
        session.classify(number, rows, CLASSES, nothing).logits.tolist()
        for number, rows in enumerate(PICTURES)
    ]


def expected() -> list[list[int]]:
    return [logits_of([row.tobytes() for row in rows]) for rows in PICTURES]


def test_several_pictures_in_one_session() -> None:
    """Each picture gives its logits, each row is told, each frame is sent once."""
    port = FakePort(FakeBoard())
    session = Session(port, port.clock)
    told: list[int] = []

    head = session.hello()
    heard = [
        session.classify(number, rows, CLASSES, lambda: told.append(1))
        for number, rows in enumerate(PICTURES)
    ]
    session.quit()

    assert ("fake", "net", "c0ffee") == (head.board, head.network, head.checkpoint)
    assert (3, 5, 1, CLASSES) == (head.height, head.width, head.channels, head.classes)
    assert expected() == [inference.logits.tolist() for inference in heard]
    assert {(0, 0, 12345678901, 500, True)} == {
        (x.status, x.weights_status, x.work, x.stack_bytes, x.stack_intact) for x in heard
    }
    assert 9 == len(told)
    assert 1 + 3 * (1 + 3 + 1) + 2 == port.frames
    assert port.board.ended
    assert HEAD == session.transcript[0]


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.sampled_from([0.02, 0.1, 0.4]), st.integers(1, 12))
def test_a_line_that_fails_changes_nothing(seed: int, damage: float, count: int) -> None:
    """Bytes that are changed, lost, repeated or invented cost time, and never a row or a logit."""
    port = FakePort(FakeBoard(), seed, damage, count)
    session = Session(port, port.clock)

    session.hello()
    logits = classify_all(session)
    session.quit()

    assert expected() == logits
    complete = [rows for rows in port.board.pushed if len(rows) == 3]
    assert [[row.tobytes() for row in rows] for rows in PICTURES] == complete


def test_a_board_that_is_silent_is_given_up() -> None:
    """Without an answer the request is repeated, ever more slowly, and then there is an error."""
    port = FakePort(FakeBoard(), damage=1.0)
    port.board.hear = lambda data: b""  # type: ignore[method-assign]
    session = Session(port, port.clock)

    with pytest.raises(FirmwareError, match="did not answer within 30 s: is it flashed with"):
        session.hello()
    assert 30 == pytest.approx(port.now)
    assert 3 <= port.frames <= 10

    with pytest.raises(FirmwareError, match="did not answer begin 0 within 300 s"):
        classify_all(session)


def test_a_board_that_was_reset_is_noticed() -> None:
    """A board that lost its place is told from a noisy line."""
    port = FakePort(FakeBoard())
    session = Session(port, port.clock)
    session.hello()

    def reset() -> None:
        port.board = FakeBoard()

    with pytest.raises(FirmwareError, match="expects begin 0 instead of row 1: it was reset"):
        session.classify(0, PICTURES[0], CLASSES, reset)
    assert port.frames <= 4 + MOST_TRIES + 1


def test_a_line_that_damages_every_frame_is_noisy() -> None:
    """Refusals of one frame come to an end."""
    port = FakePort(FakeBoard())
    port.board.obey = lambda frame: seal("nak begin 0")  # type: ignore[method-assign]
    session = Session(port, port.clock)

    with pytest.raises(FirmwareError, match="begin 0 arrived damaged 20 times: .* too noisy"):
        classify_all(session)


def test_an_answer_that_never_comes_whole_is_an_error() -> None:
    """A result without all of its logits is asked for again, and given up at last."""
    board = FakeBoard()
    whole = board.finish
    board.finish = lambda frame: whole(frame).replace(b"first 16", b"first 1x")  # type: ignore
    port = FakePort(board)

    with pytest.raises(FirmwareError, match="answer to finish 0 was damaged 20 times"):
        classify_all(Session(port, port.clock))


def test_records_of_another_picture_mean_nothing() -> None:
    """Logits belong to the picture whose number they carry."""
    board = FakeBoard()
    whole = board.finish
    other = seal("logits 9 first 0 " + " ".join(["1"] * 16))

    def finish(frame: Frame) -> bytes:
        *records, ack = whole(frame).splitlines(keepends=True)
        return b"".join([*records, other, ack])

    board.finish = finish  # type: ignore[method-assign]
    port = FakePort(board)

    assert expected() == classify_all(Session(port, port.clock))


def test_a_fault_ends_the_session() -> None:
    """A fault is told with its record, although it has no seal."""
    board = FakeBoard()
    board.finish = lambda frame: (  # type: ignore[method-assign]
        b"\nfault exception 3 pc 0x00000010 cfsr 0x00000000\nverdict fault\n"
    )
    port = FakePort(board)

    with pytest.raises(FirmwareError, match="faulted: exception 3 pc 0x00000010 cfsr 0x0") as e:
        classify_all(Session(port, port.clock))
    assert not isinstance(e.value, PortClosedError)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (HEAD.replace("serial 1", "serial 2"), "version 2 of the serial line, not 1"),
        (HEAD.replace(" height 3", ""), "announces itself without 'height'"),
        (HEAD.replace("width 5", "width five"), "announces itself without"),
    ],
)
def test_a_board_that_speaks_otherwise_is_refused(head: str, message: str) -> None:
    """Another version, or an announcement that lacks something, is one sentence."""
    port = FakePort(FakeBoard(head))

    with pytest.raises(FirmwareError, match=message):
        Session(port, port.clock).hello()


def test_the_board_repeats_and_never_redoes() -> None:
    """The board in Python, and so the SPEC: a frame that comes twice is done once."""
    board = FakeBoard()
    frames = [Frame(Kind.BEGIN, 4), *(Frame(Kind.ROW, n, bytes([n] * 5)) for n in range(3))]
    for frame in [*frames, Frame(Kind.FINISH, 4)]:
        once, twice = (board.hear(encode_frame(frame)) for _ in range(2))
        assert once == twice

    assert [[], [bytes([n] * 5) for n in range(3)]] == board.pushed
