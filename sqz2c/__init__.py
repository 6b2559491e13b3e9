"""
Compile a pruned and quantized SqueezeNet into C99 that equals PyTorch bit for bit.

What this package offers is loaded when it is first asked for: PyTorch takes seconds, and Ctrl-C in
the meantime shall find somebody who listens (__main__.py).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqz2c.version import VERSION as __version__

if TYPE_CHECKING:
    from sqz2c.errors import Sqz2cError
    from sqz2c.load import LoadOptions
    from sqz2c.output import read_output
    from sqz2c.pipeline import CompiledModel, Options, compile_model, plan_model
    from sqz2c.plan_report import Planned

__all__ = [
    "CompiledModel",
    "LoadOptions",
    "Options",
    "Planned",
    "Sqz2cError",
    "__version__",
    "compile_model",
    "plan_model",
    "read_output",
]
HOMES = {"LoadOptions": "load", "Planned": "plan_report", "Sqz2cError": "errors",
         "read_output": "output"}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    return getattr(import_module(f"sqz2c.{HOMES.get(name, 'pipeline')}"), name)
