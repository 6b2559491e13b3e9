"""
Compiles and runs tests/c under the sanitizers, and checks what the runtime's C may need.
"""

import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from tests.c_decoder import RUNTIME, STRICT, CDecoder, compile_c

PROGRAMS = Path(__file__).parents[2] / "c"
SANITIZE = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def need(tool: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    return tool


@pytest.mark.parametrize("cc", ["gcc", "clang"])
@pytest.mark.parametrize("name", ["huffman", "crc32"])
def test_c_program_passes(name, cc, tmp_path):
    """The C tests of a runtime file pass, with no undefined behaviour on the way."""
    sources = [PROGRAMS / f"test_{name}.c", RUNTIME / f"sqz_{name}.c"]
    program = compile_c(tmp_path / "program", sources, *SANITIZE, cc=need(cc))
    done = subprocess.run([program], capture_output=True, text=True)
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("level", ["-O0", "-O2", "-Os"])
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_runtime_needs_no_library_but_memcpy_and_memset(core, level, tmp_path):
    """A Cortex-M build of the decoder leaves nothing else undefined."""
    cc = need("arm-none-eabi-gcc")
    names = set()
    for source in ("sqz_huffman", "sqz_crc32"):
        output = tmp_path / f"{source}.o"
        command = [cc, *STRICT, level, f"-mcpu={core}", "-mthumb", "-c", "-o", str(output)]
        subprocess.run([*command, str(RUNTIME / f"{source}.c")], check=True)
        command = ["arm-none-eabi-nm", "--undefined-only", "--format=just-symbols", str(output)]
        names |= set(subprocess.run(command, capture_output=True, text=True).stdout.split())
    assert names <= {"memcpy", "memset"}


def test_crc_equals_zlib_however_it_is_chained(tmp_path):
    """sqz_crc32(crc, data) is zlib.crc32(data, crc)."""
    decoder = CDecoder(tmp_path)
    data = bytes(k * 7 % 251 for k in range(1000))
    for cut in (0, 1, 15, 16, 17, 999, 1000):
        crc = decoder.crc32(0, data[:cut])
        assert zlib.crc32(data[:cut]) == crc
        assert zlib.crc32(data) == decoder.crc32(crc, data[cut:])
