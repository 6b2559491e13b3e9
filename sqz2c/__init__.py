"""
Compile a pruned and quantized SqueezeNet into C99 that equals PyTorch bit for bit.
"""

from sqz2c.errors import Sqz2cError
from sqz2c.load import LoadOptions
from sqz2c.output import read_output
from sqz2c.pipeline import CompiledModel, Options, compile_model, plan_model
from sqz2c.plan_report import Planned
from sqz2c.version import VERSION as __version__

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
