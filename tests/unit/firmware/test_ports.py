"""
Ports: bytes pass as they are, and an end is told from silence.
"""

import os
import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from sqz2c.firmware.ports import PortClosedError, SerialPort, SocketPort
from sqz2c.firmware.session import Session
from tests.unit.firmware.fake_board import CLASSES, FakeBoard, logits_of


@pytest.fixture
def pseudo_terminal() -> Iterator[tuple[str, int]]:
    """
    The name of a port, and the other end of it.
    """
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    yield name, ours
    os.close(ours)
    os.close(theirs)


def test_a_real_port(pseudo_terminal: tuple[str, int]) -> None:
    """A session over a port of the operating system, raw: every byte value passes."""
    name, other_end = pseudo_terminal
    board = FakeBoard()
    picture = np.array([[0, 3, 4, 10, 13], [17, 19, 255, 127, 26], [1, 2, 8, 28, 0]], np.uint8)

    def answer() -> None:
        while not board.ended:
            os.write(other_end, board.hear(os.read(other_end, 100)))

    thread = threading.Thread(target=answer, daemon=True)
    with SerialPort(name, 115200) as port:
        thread.start()
        session = Session(port)
        session.hello()
        heard = session.classify(0, picture, CLASSES, lambda: None)
        session.quit()
        thread.join(10)

        assert b"" == port.read(0.01)
    assert [row.tobytes() for row in picture] == board.pushed[0]
    assert logits_of(board.pushed[0]) == heard.logits.tolist()


def test_a_socket_that_closes_is_an_error() -> None:
    """The end of the other side is not silence."""
    ours, theirs = socket.socketpair()
    with ours:
        port = SocketPort(ours)
        assert b"" == port.read(0.01)
        theirs.close()

        with pytest.raises(PortClosedError):
            port.read(1.0)
        with pytest.raises(PortClosedError):
            port.write(b"x")
