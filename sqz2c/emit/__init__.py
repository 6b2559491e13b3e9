"""
Program -> C sources, manifest and everything else of the output folder.
"""

from sqz2c.emit.c_names import check_model_name
from sqz2c.emit.render import render as emit

__all__ = ["check_model_name", "emit"]
