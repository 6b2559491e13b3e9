"""
SqueezeNets that others wrote, under any names, as torch.export.save leaves them (.pt2).
"""

from sqz2c.load.exported.archive import is_exported
from sqz2c.load.exported.chain import exported_graph

__all__ = ["exported_graph", "is_exported"]
