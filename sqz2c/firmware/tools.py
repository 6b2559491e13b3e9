"""
The programs that firmware needs from the system, and how to get them.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqz2c.errors import FirmwareError

COMPILER = "arm-none-eabi-gcc"
OBJCOPY = "arm-none-eabi-objcopy"
NM = "arm-none-eabi-nm"
QEMU = "qemu-system-arm"

# name, apt package, what for
KNOWN = (
    ("gcc", "gcc", "compile generated C for the host (sqz2c verify)"),
    (COMPILER, "gcc-arm-none-eabi", "compile firmware (sqz2c build)"),
    (OBJCOPY, "binutils-arm-none-eabi", "make firmware.bin and firmware.hex (sqz2c build)"),
    (NM, "binutils-arm-none-eabi", "measure firmware (sqz2c build)"),
    (QEMU, "qemu-system-arm", "run firmware without a board (sqz2c run)"),
    ("st-flash", "stlink-tools", "flash stm32f4_discovery (sqz2c flash)"),
    ("openocd", "openocd", "flash nucleo_h743zi (sqz2c flash)"),
)


@dataclass(frozen=True)
class Tool:
    """
    One program: where it is (None: missing), the apt package that has it, what it is for.
    """

    name: str
    path: Path | None
    package: str
    purpose: str


def find_tools() -> tuple[Tool, ...]:
    """
    Look for every program that sqz2c may call.
    """
    return tuple(
        Tool(name, Path(found) if (found := shutil.which(name)) else None, package, purpose)
        for name, package, purpose in KNOWN
    )


def require(name: str, package: str | None = None) -> str:
    """
    The path of the program NAME. Raises FirmwareError naming the apt package if it is missing.
    """
    found = shutil.which(name)
    if found is None:
        package = package or {tool: package for tool, package, _ in KNOWN}[name]
        raise FirmwareError(f"{name} is not installed: apt-get install {package}")

    return found


def call(name: str, arguments: Sequence[str | Path], folder: Path) -> str:
    """
    Run the program NAME in FOLDER and return what it printed.

    Raises FirmwareError with the program's own first error line when it fails.
    """
    command = [require(name), *map(str, arguments)]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise FirmwareError(f"{name} cannot be run: {error}") from error
    if done.returncode:
        reason = _first_error(done.stderr.decode(errors="replace"))
        raise FirmwareError(f"{name} failed: {reason}")

    return done.stdout.decode(errors="replace")


def _first_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line or "undefined" in line]

    return (telling or lines or ["no reason given"])[0]
