"""
Imports point one way, and nothing grows too large to read.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools import ROOT

# A module may import from its own unit and from any line above it.
LAYERS = [
    {"errors", "assets", "version"},
    {"ir", "drawing"},
    {"load", "quantize", "plan", "encode", "emit", "verify", "firmware", "train",
     "compress"},
    {"output", "plan_report", "profile", "compression", "split", "logits", "ladder"},
    {"training"},
    {"stages"},
    {"pipeline", "retraining", "cli_options", "cli_files"},
    {"explore", "cli_train"},
    {"exploration"},
    {"cli_plan", "cli_profile", "cli_compress", "cli_ladder", "cli_explore"},
    {"cli"},
    {"__init__", "__main__"},
]
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
OWN_CODE = ("sqz2c", "examples", "tests", "benchmarks", "runtime_c", "boards", "templates")

PACKAGE = ROOT / "sqz2c"
MODULES = sorted(PACKAGE.rglob("*.py"))


def unit_of(path: str) -> str:
    """`sqz2c/load/images.py` and `sqz2c.load.images` are both of the unit `load`."""
    parts = path.removesuffix(".py").replace("/", ".").split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports_of(source: str) -> Iterator[str]:
    """
    The units of sqz2c that SOURCE imports, inside of functions too.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (unit_of(name.name) for name in node.names if is_own(name.name))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            if node.module == "sqz2c":
                yield from (name.name for name in node.names)
            elif node.module is not None and is_own(node.module):
                yield unit_of(node.module)


def is_own(module: str) -> bool:
    return module == "sqz2c" or module.startswith("sqz2c.")


def level_of(unit: str) -> int:
    return next(number for number, units in enumerate(LAYERS) if unit in units)


def wrong_imports(unit: str, source: str) -> list[str]:
    """
    What SOURCE, of UNIT, imports although it may not.
    """
    return sorted(
        other
        for other in set(imports_of(source))
        if other != unit and level_of(other) >= level_of(unit)
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    """A stage knows the nouns of ir, and no other stage."""
    relative = path.relative_to(ROOT).as_posix()
    assert [] == wrong_imports(unit_of(relative), path.read_text())


@pytest.mark.parametrize(
    ("unit", "source", "wrong"),
    [
        ("plan", "from sqz2c.load import load_model", ["load"]),
        ("plan", "def f():\n    import sqz2c.load.images", ["load"]),
        ("ir", "from sqz2c import plan", ["plan"]),
        ("emit", "import sqz2c", ["__init__"]),
        ("train", "from sqz2c.load import images\nimport sqz2c.cli", ["cli", "load"]),
        ("output", "from sqz2c.pipeline import Options", ["pipeline"]),
        ("plan", "from sqz2c.ir.graph import Graph\nfrom sqz2c import assets, errors", []),
        ("plan", "from sqz2c.plan.arena import place", []),
        ("cli", "from sqz2c import firmware, pipeline\nimport sqz2cpp", []),
    ],
)
def test_a_wrong_import_is_seen(unit: str, source: str, wrong: list[str]) -> None:
    """The guard above can fail."""
    assert wrong == wrong_imports(unit, source)


def test_every_unit_has_its_place() -> None:
    """A new package or module at the top of sqz2c is put into LAYERS."""
    assert set().union(*LAYERS) == {unit_of(p.relative_to(ROOT).as_posix()) for p in MODULES}


def code_files() -> list[Path]:
    """What people write and read: generated vectors and golden files are neither."""
    files = [
        path
        for folder in OWN_CODE
        for pattern in ("*.py", "*.c", "*.h", "*.j2", "*.ld")
        for path in (ROOT / folder).rglob(pattern)
    ]
    golden = ROOT / "tests" / "golden"
    return sorted(
        path
        for path in files
        if not path.name.endswith("_vectors.h") and not path.is_relative_to(golden)
    )


@pytest.mark.parametrize("path", code_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    """No file of code is longer than 400 lines."""
    assert len(path.read_text().splitlines()) <= MAX_MODULE_LINES


def functions(source: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_stay_small(path: Path) -> None:
    """No function of the compiler is longer than 60 lines, its docstring included."""
    long = {name: n for name, n in functions(path.read_text()) if n > MAX_FUNCTION_LINES}
    assert {} == long


def test_runtime_says_under_which_licence_it_is() -> None:
    """What ends in a product names the licence that asks nothing of it, in its first comment."""
    licence = "SPDX-License-Identifier: 0BSD"
    paths = (ROOT / "runtime_c").glob("*.[ch]")
    heads = {path.name: path.read_text().split("*/")[0] for path in paths}
    assert heads
    assert [] == [name for name, head in heads.items() if licence not in head]
