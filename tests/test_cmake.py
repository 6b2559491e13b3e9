"""
The runtime as a CMake project: its own tests on this machine, and libraries for Cortex-M cores.
"""

from pathlib import Path

import pytest

from tests.exact.generated import slow_but
from tests.tools import ROOT, call, need

PORTABLE = [f"test_{name}_portable" for name in ("add", "conv", "conv_maxpool", "fire")]
PROGRAMS = sorted([*(p.stem for p in (ROOT / "tests" / "c").glob("test_*.c")), *PORTABLE])


def build(preset: str, folder: Path, *options: str) -> None:
    call("cmake", "-S", ROOT, "-B", folder, "--preset", preset, *options, cwd=ROOT)
    call("cmake", "--build", folder, "--parallel", "2")


@pytest.mark.parametrize(
    ("preset", "compiler"),
    slow_but({("host-sanitize", "gcc")}, ("host", "host-sanitize"), ("gcc", "clang")),
)
def test_c_tests_pass(preset: str, compiler: str, tmp_path: Path) -> None:
    """
    Every program of tests/c passes under ctest, optimized and under the sanitizers; what has
    instructions of this processor does without them, too.
    """
    need(compiler)
    build(preset, tmp_path, f"-DCMAKE_C_COMPILER={compiler}")
    printed = call("ctest", "--test-dir", tmp_path, "--output-on-failure")
    passed = sorted(line.split()[3] for line in printed.splitlines() if " Passed " in line)
    assert PROGRAMS == passed


@pytest.mark.parametrize(
    ("preset",),
    slow_but(set(), ("cortex-m0", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55")),
)
def test_runtime_builds_for_a_core(preset: str, tmp_path: Path) -> None:
    """The toolchain file gives a library for the core that the preset names, and no program."""
    need("arm-none-eabi-gcc")
    build(preset, tmp_path)
    archive = tmp_path / "runtime_c" / "libsqz_runtime.a"
    about = call("arm-none-eabi-readelf", "--arch-specific", archive)
    name = preset.removeprefix("cortex-")
    architectures = {
        "m0": "v6S-M",
        "m4": "v7E-M",
        "m7": "v7E-M",
        "m33": "v8-M.mainline",
        "m55": "v8.1-M.mainline",
    }
    objects = len(list((ROOT / "runtime_c").glob("*.c")))
    assert objects == about.count(f"Tag_CPU_arch: {architectures[name]}\n")
    assert not (tmp_path / "tests").exists()


def test_runtime_can_be_a_part_of_another_project(tmp_path: Path) -> None:
    """A project that adds runtime_c as a subdirectory links sqz_runtime, headers included."""
    (tmp_path / "main.c").write_text(
        '#include "sqz_crc32.h"\n'
        'int main(void) { return sqz_crc32(0, "123456789", 9) == 0xcbf43926u ? 0 : 1; }\n'
    )
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\n"
        "project(product C)\n"
        f"add_subdirectory({ROOT / 'runtime_c'} runtime)\n"
        "add_executable(product main.c)\n"
        "target_link_libraries(product PRIVATE sqz_runtime)\n"
    )
    call("cmake", "-S", tmp_path, "-B", tmp_path / "build")
    call("cmake", "--build", tmp_path / "build")
    call(tmp_path / "build" / "product")
