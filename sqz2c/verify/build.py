"""
Generated C becomes a shared library for this machine, by the system's C compiler.
"""

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqz2c import assets
from sqz2c.errors import VerifyError

WARNINGS = (
    "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wmissing-prototypes",
    "-Wstrict-prototypes", "-Werror",
)  # fmt: skip


def c_compiler() -> str:
    """
    $CC, else cc, gcc or clang, whichever is there.
    """
    chosen = os.environ.get("CC", "").strip()
    if chosen:
        if shutil.which(chosen.split()[0]) is None:
            raise VerifyError(f"CC={chosen}: there is no such compiler; correct it or unset CC.")
        return chosen
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return name
    raise VerifyError("no C compiler found: install gcc (Debian: apt-get install gcc), or set CC.")


def build_shared(
    folder: Path, target: Path, *, traced: bool, compiler: str | None, flags: tuple[str, ...]
) -> None:
    """
    Compile the C sources in FOLDER into the shared library TARGET, warnings as errors.

    Each file by itself, some at a time, under names seen from FOLDER: where it lies is no part
    of the command, so a compiler cache knows files again.
    """
    sources = [path.relative_to(folder) for path in _sources(folder)]
    first, *more = (compiler or c_compiler()).split()
    command = [
        str(Path(shutil.which(first) or first).absolute()), *more,
        "-std=c99", *WARNINGS, *flags, "-fPIC", "-I.", "-Iruntime",
        *(["-DSQZ_TRACE"] if traced else []),
    ]  # fmt: skip
    if traced:
        sources.append(assets.root() / "templates" / "host_trace.c")
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as name:
        objects = [Path(name) / f"{index}.o" for index in range(len(sources))]

        def compile_one(source: Path, made: Path) -> None:
            _call([*command, "-c", str(source), "-o", str(made)], folder)

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(compile_one, sources, objects))
        _call([*command, "-shared", *map(str, objects), "-o", str(target.absolute())], folder)


def _sources(folder: Path) -> list[Path]:
    sources = sorted([*folder.glob("*.c"), *(folder / "runtime").glob("*.c")])
    if not sources:
        raise VerifyError(f"{folder}: holds no generated C; run `sqz2c generate` first.")

    return sources


def _call(command: list[str], folder: Path) -> None:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise VerifyError(f"the C compiler refused the generated code:\n{result.stderr.strip()}")
