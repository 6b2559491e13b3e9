"""
The two ends that a serial line may have: QEMU's socket, or a real port.
"""

import select
import socket
from typing import Protocol

import serial

from sqz2c.errors import FirmwareError

CHUNK_BYTES = 4096


class PortClosedError(FirmwareError):
    """The other side is gone."""


class Port(Protocol):
    """
    Bytes in both directions.
    """

    def write(self, data: bytes) -> None:
        """Send all of DATA."""

    def read(self, seconds: float) -> bytes:
        """What came, b"" if nothing did for SECONDS. Raises PortClosedError at the end."""


class SocketPort:
    """
    A connected stream socket. What the peer cannot take yet waits in the socket.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise PortClosedError(f"the serial line broke: {error}") from error

    def read(self, seconds: float) -> bytes:
        readable, _, _ = select.select([self._connection], [], [], max(seconds, 0.0))
        if not readable:
            return b""
        try:
            data = self._connection.recv(CHUNK_BYTES)
        except OSError as error:
            raise PortClosedError(f"the serial line broke: {error}") from error
        if not data:
            raise PortClosedError("the serial line was closed")

        return data


class SerialPort:
    """
    A real port such as /dev/ttyACM0, 8N1 at BAUD. Use it in a with statement.
    """

    def __init__(self, name: str, baud: int) -> None:
        try:
            self._serial = serial.Serial(name, baud)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise FirmwareError(
                f"{name} cannot be opened: {error}; is the board connected, and may you use it?"
            ) from error

    def __enter__(self) -> "SerialPort":
        return self

    def __exit__(self, *_: object) -> None:
        self._serial.close()

    def write(self, data: bytes) -> None:
        try:
            self._serial.write(data)
            self._serial.flush()
        except OSError as error:
            raise PortClosedError(f"{self._serial.name} broke: {error}") from error

    def read(self, seconds: float) -> bytes:
        try:
            self._serial.timeout = max(seconds, 0.0)
            first = self._serial.read(1)
            return bytes(first + self._serial.read(self._serial.in_waiting))
        except OSError as error:
            raise PortClosedError(f"{self._serial.name} broke: {error}") from error
