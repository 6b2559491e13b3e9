"""
Runs fuzz_decoder.c: damaged weight streams under the sanitizers of addresses and behaviour.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.c_decoder import RUNTIME, compile_c, compiler

SOURCES = [Path(__file__).parent / "fuzz_decoder.c", RUNTIME / "sqz_huffman.c"]
FLAGS = ("-g", "-O1", "-fno-sanitize-recover=all")


def need_runtime(cc: str, sanitizers: str, folder: Path) -> None:
    """
    Skip where CC, or its runtime library of SANITIZERS, is not installed.
    """
    if shutil.which(cc) is None:
        pytest.skip(f"{cc} is not installed")
    entry = "LLVMFuzzerTestOneInput" if "fuzzer" in sanitizers else "main"
    source = folder / "empty.c"
    source.write_text(f"int {entry}(void) {{ return 0; }}\n")
    command = [cc, sanitizers, "-o", str(folder / "empty"), str(source)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip(f"{cc} has no runtime library for {sanitizers}")


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    sanitizers = "-fsanitize=address,undefined"
    need_runtime(compiler(), sanitizers, folder)
    return compile_c(folder / "fuzz_decoder", SOURCES, *FLAGS, sanitizers)


@pytest.mark.parametrize("seed", [1, 23, 456, 7890])
def test_damaged_streams_end_in_a_status(seed, driver):
    """Whatever is damaged, the decoder stays in its buffers, and after an error gives zeros."""
    done = subprocess.run([driver, "40000", str(seed)], capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr
    rounds, errors = (int(word) for word in done.stdout.split() if word.isdigit())
    assert 40000 == rounds
    assert 0.2 < errors / rounds < 0.8  # both outcomes were met often


def test_libfuzzer_target_runs(tmp_path):
    """The same file is a libFuzzer target for longer hunts."""
    sanitizers = "-fsanitize=fuzzer,address,undefined"
    need_runtime("clang", sanitizers, tmp_path)
    target = compile_c(
        tmp_path / "target", SOURCES, *FLAGS, sanitizers, "-DSQZ_LIBFUZZER", cc="clang"
    )
    command = [target, "-runs=20000", "-seed=1", "-max_len=300"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert 0 == done.returncode, done.stderr
