"""
What is in a firmware's ELF: its functions, and which of them are the library's.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.tools import call

LIBRARY = "build/./"  # how firmware's debug information names the generated folder


@dataclass(frozen=True)
class Function:
    """
    Code [ADDRESS, ADDRESS + SIZE) of FILE, literal pools included. FILE is "" where unknown.
    """

    name: str
    address: int
    size: int
    file: str

    @property
    def is_of_library(self) -> bool:
        return self.file.startswith(LIBRARY)

    @property
    def checks_weights(self) -> bool:
        """Whether it runs at boot, beside the inference: the CRC of the weights."""
        return self.name.startswith("sqz_crc") or self.name.endswith("_check_weights")


def functions(elf: Path) -> tuple[Function, ...]:
    """
    The functions of ELF by address.
    """
    files = {}
    for line in call("arm-none-eabi-nm", "-l", "--defined-only", elf).splitlines():
        if found := re.match(r"([0-9a-f]+) . (\S+)\t(.*):\d+$", line):
            files[found[2], int(found[1], 16)] = found[3]
    result = []
    for line in call("arm-none-eabi-readelf", "-sW", elf).splitlines():
        words = line.split()
        if len(words) == 8 and words[3] == "FUNC" and words[6] != "UND":
            address, size, name = int(words[1], 16) & ~1, int(words[2], 0), words[7]
            result.append(Function(name, address, size, files.get((name, address), "")))

    return tuple(sorted(result, key=lambda function: function.address))


def library_text_bytes(elf: Path) -> int:
    """
    Code of the library in ELF: what the linker kept of generated code and runtime.
    """
    return sum(function.size for function in functions(elf) if function.is_of_library)
