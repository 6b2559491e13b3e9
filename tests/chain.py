"""
The chain behind a quantized graph for tests: requantizers, plan, coding, C, and the C on the host.

The runtime is compiled once a process; a network costs only the compilation of its own two files.
"""

import atexit
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from sqz2c import assets
from sqz2c.emit import emit
from sqz2c.encode import encode
from sqz2c.ir.core import CoreClass
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan import plan
from sqz2c.quantize import attach_requantizers
from sqz2c.verify import HostLibrary
from sqz2c.verify.build import WARNINGS, c_compiler
from sqz2c.verify.compare import Difference
from sqz2c.verify.proof import compare_image
from tests.tools import call, compiled_apart

NAME = "tiny"
SHA256 = "0" * 64
VERSION = "0"


def compiled(
    graph: Graph,
    mode: InputMode = "image",
    ram: int | None = None,
    core: CoreClass = "dsp",
) -> Program:
    """
    GRAPH with its requantizers, planned for MODE within RAM bytes on CORE, and packed.
    """
    return encode(plan(attach_requantizers(graph), mode, ram, core))


def emitted(program: Program) -> dict[str, bytes]:
    """
    The files of PROGRAM under fixed names and versions.
    """
    return emit(program, NAME, SHA256, VERSION)


def written(folder: Path, files: dict[str, bytes]) -> Path:
    """
    FOLDER with FILES in it.
    """
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return folder


@cache
def runtime_object() -> Path:
    """
    All of runtime_c with tracing as one object file that lasts as long as the process.
    """
    folder = tempfile.TemporaryDirectory(prefix="sqz2c-tests-")
    atexit.register(folder.cleanup)
    runtime = assets.root() / "runtime_c"
    sources = [*sorted(runtime.glob("*.c")), assets.root() / "templates" / "host_trace.c"]
    flags = ("-std=c99", "-O2", "-fPIC", "-DSQZ_TRACE", f"-I{runtime}")
    compiler, target = c_compiler().split(), Path(folder.name) / "runtime.o"
    objects = compiled_apart(compiler, flags, sources, Path(folder.name) / "objects")
    call(*compiler, "-r", "-nostdlib", *objects, "-o", target)

    return target


@contextmanager
def host_library(program: Program) -> Iterator[HostLibrary]:
    """
    The C of PROGRAM on this machine, traced.
    """
    files = emitted(program)
    own = {
        name: data
        for name, data in files.items()
        if not (name.startswith("runtime/") and name.endswith(".c"))
    }
    with tempfile.TemporaryDirectory(prefix="sqz2c-tests-") as name:
        folder = written(Path(name), own)
        made = folder / f"{NAME}.so"
        call(
            *c_compiler().split(), "-std=c99", *WARNINGS, "-O0", "-fPIC", "-shared",
            "-DSQZ_TRACE", f"-I{folder}", f"-I{folder / 'runtime'}", *folder.glob("*.c"),
            runtime_object(), "-o", made,
        )  # fmt: skip
        with HostLibrary(folder, NAME, program.graph, library=made) as library:
            yield library


def differences(
    graph: Graph,
    library: HostLibrary,
    judge: object,
    images: Iterable[tuple[str, np.ndarray]],
) -> list[Difference]:
    """
    For each of IMAGES the first value in which LIBRARY and JUDGE differ, if any.
    """
    found = [compare_image(graph, name, library.run(x), judge(x)) for name, x in images]

    return [difference for difference in found if difference is not None]
