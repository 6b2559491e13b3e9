"""
Templates -> the files of the output folder, as bytes. Touches no disk but the tool's own assets.
"""

import json

from sqz2c import assets
from sqz2c.emit.c_names import check_model_name
from sqz2c.emit.context import context
from sqz2c.emit.report import manifest
from sqz2c.ir.program import Program

TEMPLATES = {
    "{name}.h": "model.h.j2",
    "{name}.c": "model.c.j2",
    "{name}_weights.h": "model_weights.h.j2",
    "{name}_weights.c": "model_weights.c.j2",
    "CMakeLists.txt": "model_cmake.j2",
    "README.md": "model_readme.j2",
}


def render(
    program: Program, model: str, checkpoint_sha256: str, version: str
) -> dict[str, bytes]:
    """
    {path in the output folder: content} of everything but the reference checkpoint.
    """
    values = context(program, check_model_name(model), checkpoint_sha256, version)
    runtime = runtime_files()
    values["runtime_sources"] = sorted(path for path in runtime if path.endswith(".c"))
    jinja = assets.templates()
    files = {
        path.format(name=model): jinja.get_template(template).render(values).encode()
        for path, template in TEMPLATES.items()
    }
    files |= runtime
    files["LICENSE"] = (assets.root() / "LICENSE-RUNTIME").read_bytes()
    report = manifest(program, model, checkpoint_sha256, version, values)
    files["manifest.json"] = (json.dumps(report, indent=2) + "\n").encode()

    return files


def runtime_files() -> dict[str, bytes]:
    """
    The hand-written half, copied unchanged.
    """
    folder = assets.root() / "runtime_c"
    paths = sorted([*folder.glob("*.h"), *folder.glob("*.c")])

    return {f"runtime/{path.name}": path.read_bytes() for path in paths}
