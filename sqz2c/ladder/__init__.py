"""
The sizes of one network, from float32 to what is flashed, beside the paper's table.
"""

from sqz2c.ladder.rungs import ALEXNET_BYTES, PAPER, Ladder, Rung, facts, ladder_of
from sqz2c.ladder.table import table

__all__ = ["ALEXNET_BYTES", "PAPER", "Ladder", "Rung", "facts", "ladder_of", "table"]
