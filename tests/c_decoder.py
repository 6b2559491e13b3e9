"""
The C decoder as a Python object, for tests: compiled on the spot, loaded with cffi.
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import cffi
import numpy as np

from sqz2c.ir.filters import HuffmanCode, PackedFilters

RUNTIME = Path(__file__).parent.parent / "runtime_c"
STRICT = (
    *("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"),
    *("-Wmissing-prototypes", "-Wstrict-prototypes", "-Werror"),
)
CODINGS = {"dense": 0, "block": 1, "raw": 2}


def compiler() -> str:
    return os.environ.get("CC", "cc")


def compile_c(output: Path, sources: Iterable[Path], *flags: str, cc: str = "") -> Path:
    """
    Compile and link SOURCES with strict warnings into OUTPUT.
    """
    command = [cc or compiler(), *STRICT, "-I", str(RUNTIME), "-o", str(output), *flags]
    done = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output


def declarations(header: Path, folder: Path) -> str:
    """
    HEADER after the preprocessor, without the system's own declarations, as cffi reads it.
    """
    stubs = folder / "stubs"
    stubs.mkdir(exist_ok=True)
    (stubs / "stdint.h").touch()
    command = [compiler(), "-E", "-P", "-nostdinc", "-I", str(stubs), str(header)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


class CDecoder:
    """
    runtime_c/sqz_huffman.c and sqz_crc32.c, built in FOLDER.
    """

    def __init__(self, folder: Path) -> None:
        sources = [RUNTIME / "sqz_huffman.c", RUNTIME / "sqz_crc32.c"]
        library = compile_c(folder / "decoder.so", sources, "-O2", "-fPIC", "-shared")
        self.ffi = cffi.FFI()
        self.ffi.cdef(declarations(RUNTIME / "sqz_huffman.h", folder))
        self.ffi.cdef(declarations(RUNTIME / "sqz_crc32.h", folder))
        self.library = self.ffi.dlopen(str(library))

    def decode(
        self, packed: PackedFilters, reads: Iterable[int]
    ) -> tuple[np.ndarray, list[int]]:
        """
        The weights that calls of READS weights each give, and every call's status after open's.
        """
        ffi = self.ffi
        bits = ffi.new("uint8_t[]", packed.bits or b"\0")
        filters = ffi.new("sqz_filters_t *")
        filters.bits = bits
        filters.bit_count = packed.bit_count
        filters.coding = CODINGS[packed.coding]
        kept = [
            self._fill(filters.values, packed.values),
            self._fill(filters.flags, packed.flags),
        ]

        decoder = ffi.new("sqz_decoder_t *")
        tables = ffi.new("sqz_tables_t *")
        statuses = [self.library.sqz_decoder_open(decoder, filters, tables)]
        parts = [np.zeros(0, np.int8)]
        for count in reads:
            out = np.full(count, 99, np.int8)
            pointer = ffi.cast("int8_t *", out.ctypes.data)
            statuses.append(self.library.sqz_decoder_read(decoder, pointer, count))
            parts.append(out)
        del kept
        return np.concatenate(parts), statuses

    def _fill(self, target: object, code: HuffmanCode) -> object:
        if not code.symbols:
            return None  # as emitted: an empty code has neither counts nor symbols
        counts = self.ffi.new("uint16_t[]", list(code.counts))
        symbols = self.ffi.new("uint8_t[]", code.symbols)
        target.counts, target.symbols = counts, symbols
        target.symbol_count = len(code.symbols)
        return counts, symbols

    def crc32(self, crc: int, data: bytes) -> int:
        return self.library.sqz_crc32(crc, data, len(data))
