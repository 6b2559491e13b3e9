"""
The generated C as a library in a product: what it needs, takes, and gets along with.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest

from sqz2c.verify.build import build_shared
from tests.exact.generated import LEVELS, MEMBERS, WARNINGS, Generated, main_program, slow_but
from tests.tools import call, need

CORES = ("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55")
LINKED = [
    "full cortex-m0",
    "full cortex-m4",
    *(
        pytest.param(f"{member} {core}", marks=pytest.mark.slow)
        for member, core in product(MEMBERS, ("cortex-m4", "cortex-m33", "cortex-m55"))
        if (member, core) != ("full", "cortex-m4")
    ),
]
MEMORY = {"memcpy", "memset"}
# Integer arithmetic that a Cortex-M0 has no instruction for, out of the compiler's own library.
INTEGER_HELPERS = {
    *("__aeabi_lmul", "__aeabi_idiv", "__aeabi_idivmod", "__aeabi_uidiv", "__aeabi_uidivmod"),
    *("__aeabi_llsl", "__aeabi_llsr", "__aeabi_lasr", "__aeabi_lcmp", "__aeabi_ulcmp"),
    *("__gnu_thumb1_case_sqi", "__gnu_thumb1_case_uqi", "__gnu_thumb1_case_si"),
}
CLANG_MEMORY = {
    f"__aeabi_{name}{width}"
    for name in ("memcpy", "memset", "memclr")
    for width in ("", "4", "8")
}


def one_object(
    network: Generated,
    core: str,
    folder: Path,
    *flags: str,
    sources: Iterable[Path] | None = None,
) -> Path:
    """
    SOURCES, by default all, as strict C99 for CORE, each constant in a section of its own,
    linked into one relocatable object.
    """
    compiler = ("arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb")
    strict = ("-std=c99", *WARNINGS, "-fdata-sections")
    objects = network.objects(folder / "objects", compiler, *strict, *flags, sources=sources)
    target = folder / "linked.o"
    call(*compiler, "-r", "-nostdlib", *objects, "-o", target)
    return target


@pytest.fixture(scope="module", params=LINKED)
def linked(
    request: pytest.FixtureRequest, networks: dict[str, Generated],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Generated, Path]:  # fmt: skip
    """A network, and all of its C as one object for a core."""
    name, core = request.param.split()
    network = networks[name]
    folder = tmp_path_factory.mktemp("linked")
    return network, one_object(network, core, folder, "-Os")


def undefined(path: Path) -> set[str]:
    listed = call("arm-none-eabi-nm", "--undefined-only", "--format=just-symbols", path)
    return set(listed.split())


def sections(path: Path) -> list[tuple[str, int, str]]:
    """
    (name, bytes, flags) of what PATH puts into memory.
    """
    table = call("arm-none-eabi-readelf", "--sections", "--wide", path).splitlines()
    rows = [line.split("]", 1)[1].split() for line in table if line.lstrip().startswith("[")]
    rows = [row for row in rows if len(row) == 10 and "A" in row[6]]  # the first has no type
    return [(row[0], int(row[4], 16), row[6]) for row in rows]


def read_only_bytes(path: Path) -> int:
    return sum(size for name, size, _ in sections(path) if name.startswith(".rodata"))


@pytest.mark.parametrize(
    ("core", "level"),
    slow_but({("cortex-m0", "-O0")}, CORES, LEVELS),
)
def test_needs_memcpy_and_memset_and_nothing_else(
    networks: dict[str, Generated], core: str, level: str, tmp_path: Path
) -> None:
    """No other symbol is undefined; an M0 also calls its compiler's integer arithmetic."""
    target = one_object(networks["full"], core, tmp_path, level)
    allowed = MEMORY | (INTEGER_HELPERS if core == "cortex-m0" else set())
    assert set() == undefined(target) - allowed


@pytest.mark.parametrize(("core",), slow_but(set(), ("cortex-m0", "cortex-m4")))
def test_clang_adds_only_its_own_names_for_them(
    networks: dict[str, Generated], core: str, tmp_path: Path
) -> None:
    """Clang may call memcpy __aeabi_memcpy and so on; it needs no header of a C library."""
    compiler = ("clang", "--target=arm-none-eabi", f"-mcpu={core}", "-mthumb")
    freestanding = ("-ffreestanding", "-isystem", str(string_h(tmp_path)))
    flags = ("-std=c99", "-Os", *WARNINGS, *freestanding)
    objects = networks["full"].objects(tmp_path / "objects", compiler, *flags)
    whole = tmp_path / "linked.o"
    call("arm-none-eabi-ld", "-r", *objects, "-o", whole)
    allowed = MEMORY | CLANG_MEMORY | (INTEGER_HELPERS if core == "cortex-m0" else set())
    assert set() == undefined(whole) - allowed


def string_h(folder: Path) -> Path:
    """A folder with the two declarations that the runtime asks of a C library."""
    include = folder / "include"
    include.mkdir(exist_ok=True)
    (include / "string.h").write_text(
        "#include <stddef.h>\n"
        "void *memcpy(void *to, const void *from, size_t bytes);\n"
        "void *memset(void *to, int value, size_t bytes);\n"
    )
    return include


def test_has_no_writable_data(linked: tuple[Generated, Path]) -> None:
    """All RAM is in the caller's struct: no initialized, zeroed or common data."""
    _, path = linked
    assert [] == [(name, size) for name, size, flags in sections(path) if "W" in flags and size]
    symbols = call("arm-none-eabi-nm", path).splitlines()
    assert [] == [line for line in symbols if line.split()[-2] in "BbCDdGgSs"]


def test_manifest_states_every_byte_of_read_only_data(linked: tuple[Generated, Path]) -> None:
    """flash.total_bytes is the sum of all constants, descriptors included, as compiled."""
    network, path = linked
    flash = network.manifest["flash"]
    parts = ("weights_bytes", "codebooks_bytes", "tables_bytes", "biases_bytes")
    assert flash["total_bytes"] == sum(flash[part] for part in parts)
    assert flash["total_bytes"] == read_only_bytes(path)


def size_of_context(compiler: list[str], nm: str, network: Generated, folder: Path) -> int:
    source = folder / "size.c"
    source.write_text(
        f'#include "{network.name}.h"\n'
        f"extern char size_of_context[sizeof({network.name}_t)];\n"
        f"char size_of_context[sizeof({network.name}_t)] = {{1}};\n"
    )
    target = folder / "size.o"
    call(*compiler, "-std=c99", *network.includes, "-c", source, "-o", target)
    return int(call(nm, "--print-size", "--defined-only", target).split()[1], 16)


@pytest.mark.parametrize(("member",), slow_but({("full",)}, MEMBERS))
def test_manifest_states_all_static_ram(
    networks: dict[str, Generated], member: str, tmp_path: Path
) -> None:
    """ram.total_bytes is sizeof the context, the same on a host and on cores."""
    network = networks[member]
    ram = network.manifest["ram"]
    parts = ("arena_bytes", "context_bytes")
    assert ram["total_bytes"] == sum(ram[part] for part in parts)
    need("gcc", "arm-none-eabi-gcc")
    sizes = [size_of_context(["gcc"], "nm", network, tmp_path)]
    for core in ("cortex-m0", "cortex-m55"):
        compiler = ["arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb"]
        sizes.append(size_of_context(compiler, "arm-none-eabi-nm", network, tmp_path))
    assert [ram["total_bytes"]] * len(sizes) == sizes


@pytest.mark.parametrize(
    ("c", "cpp"), [("gcc", "g++"), pytest.param("clang", "clang++", marks=pytest.mark.slow)]
)
def test_cpp_can_use_it(
    networks: dict[str, Generated], c: str, cpp: str, tmp_path: Path
) -> None:
    """A C++11 program includes the header without a warning, links, gets the same logits."""
    network = networks["plain"]
    objects = network.objects(tmp_path / "objects", c, "-std=c99")
    main = tmp_path / "main.cpp"
    main.write_text(main_program(network, network.judged[-1][1]))
    warnings = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
    program = tmp_path / "main"
    call(cpp, "-std=c++11", *warnings, *network.includes, main, *objects, "-o", program)
    assert network.logits() == [int(line) for line in call(program).split()]


@pytest.mark.slow
def test_cmake_takes_two_networks_into_one_program(
    networks: dict[str, Generated], tmp_path: Path
) -> None:
    """Each folder is an add_subdirectory; two of them link into one program without a clash."""
    full, plain = networks["full"], networks["plain"]
    listed = "\n".join(
        f"add_subdirectory({network.folder} {network.name})" for network in (full, plain)
    )
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(product C)\n"
        f"{listed}\nadd_executable(product main.c other.c)\n"
        "target_link_libraries(product PRIVATE full plain)\n"
    )
    entry, call_it = "int main(void)", "int other(void);\nint main(void)"
    first = main_program(full, full.judged[-1][1]).replace(entry, call_it)
    (tmp_path / "main.c").write_text(first.replace("return 0;", "return other();"))
    second = main_program(plain, plain.judged[-1][1]).replace(entry, "int other(void)")
    (tmp_path / "other.c").write_text(f"int other(void);\n{second}")
    call("cmake", "-S", tmp_path, "-B", tmp_path / "build", "-DCMAKE_C_FLAGS=-Werror -Wall")
    call("cmake", "--build", tmp_path / "build", "--parallel", "2")
    printed = call(tmp_path / "build" / "product").split()
    assert full.logits() + plain.logits() == [int(line) for line in printed]


@pytest.mark.parametrize(("member",), slow_but({("full",)}, MEMBERS))
def test_weights_go_where_the_product_wants_them(
    networks: dict[str, Generated], member: str, tmp_path: Path
) -> None:
    """SQZ_WEIGHTS_SECTION places all arrays; only the descriptors stay where constants go."""
    network = networks[member]
    place = '-DSQZ_WEIGHTS_SECTION=__attribute__((section(".qspi")))'
    first, second = network.own_sources
    whole = one_object(network, "cortex-m4", tmp_path, place, sources=(first, second))
    total = network.manifest["flash"]["total_bytes"]
    placed = sum(size for name, size, _ in sections(whole) if name == ".qspi")
    plain = one_object(network, "cortex-m4", tmp_path, sources=(first,))
    descriptors = read_only_bytes(plain)
    runtime = one_object(network, "cortex-m4", tmp_path, sources=network.runtime_sources)
    arrays = total - descriptors - read_only_bytes(runtime)
    alignment = 7 * len(network.manifest["layers"]) * 2
    assert 0 <= placed - arrays <= alignment


def flipped(library: Path, array: tuple[int, int], target: Path, at: int) -> Path:
    """LIBRARY with one bit of the byte AT of ARRAY (file offset, bytes) changed."""
    data = bytearray(library.read_bytes())
    data[array[0] + at] ^= 0x10
    target.write_bytes(data)
    return target


def arrays_of(library: Path, prefix: str) -> dict[str, tuple[int, int]]:
    """{name: (file offset, bytes)} of the constant arrays that LIBRARY exports."""
    table = call("readelf", "--sections", "--wide", library).splitlines()
    row = next(line.split("]", 1)[1].split() for line in table if "] .rodata" in line)
    shift = int(row[2], 16) - int(row[3], 16)
    found = {}
    for line in call("nm", "--dynamic", "--print-size", library).splitlines():
        words = line.split()
        if len(words) == 4 and words[2] == "R" and words[3].startswith(prefix):
            found[words[3]] = (int(words[0], 16) - shift, int(words[1], 16))

    return found


CHECK = """
import ctypes, sys
print([getattr(ctypes.CDLL(path), sys.argv[1])() for path in sys.argv[2:]])
"""


@pytest.mark.parametrize(("member",), slow_but(set(), MEMBERS))
def test_any_changed_byte_is_found(
    networks: dict[str, Generated], member: str, tmp_path: Path
) -> None:
    """check_weights covers the first and the last byte of every array."""
    network = networks[member]
    library = tmp_path / "whole.so"
    build_shared(network.folder, library, traced=False, compiler=None, flags=("-O1",))
    arrays = arrays_of(library, f"{network.name}_")
    header = network.folder / f"{network.name}_weights.h"
    assert header.read_text().count("extern const") == len(arrays)
    damaged = [
        flipped(library, array, tmp_path / f"{name}_{at}.so", at)
        for name, array in arrays.items()
        for at in (0, array[1] - 1)
    ]
    printed = call("python3", "-c", CHECK, f"{network.name}_check_weights", library, *damaged)
    assert str([0] + [-2] * len(damaged)) == printed.strip()


@pytest.mark.parametrize(
    ("macro", "value", "complaint"),
    [
        ("SQZ_RUNTIME_ABI", 999, "regenerate it with this sqz2c"),
        ("SQZ_DENSE_BITS", 11, "sqz_static_assert"),
        ("SQZ_GROUP", 8, "sqz_static_assert"),
    ],
)
def test_another_runtime_is_refused(
    networks: dict[str, Generated], macro: str, value: int, complaint: str, tmp_path: Path
) -> None:
    """Generated code does not compile with a runtime of another version or other sizes."""
    need("gcc")
    network = networks["plain"]
    runtime = tmp_path / "runtime"
    shutil.copytree(network.folder / "runtime", runtime)
    changes = 0
    for path in runtime.glob("*.h"):
        text, found = re.subn(rf"(#define {macro}) \d+\n", rf"\1 {value}\n", path.read_text())
        path.write_text(text)
        changes += found
    assert 1 == changes
    command = ["gcc", "-std=c99", f"-I{network.folder}", f"-I{runtime}", "-fsyntax-only",
               str(network.own_sources[0])]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert complaint in done.stderr


def test_runtime_is_all_that_is_copied(networks: dict[str, Generated]) -> None:
    """A generated folder holds the runtime's C and nothing of its build or tests."""
    names = {path.name for path in (networks["plain"].folder / "runtime").iterdir()}
    assert {".c", ".h"} == {Path(name).suffix for name in names}
    assert all(name.startswith("sqz_") for name in names)
