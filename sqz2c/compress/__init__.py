"""
Compression without training: a float network on coarse grids of weights that an entropy code
likes, from sample pictures alone. The compiler's other stages do not need it.
"""

from sqz2c.compress.factors import corrected
from sqz2c.compress.network import divergence
from sqz2c.compress.passes import Result, Sample, run_pass
from sqz2c.compress.sample import take_sample, without_deviation
from sqz2c.compress.search import START, Found, meet

__all__ = [
    "START",
    "Found",
    "Result",
    "Sample",
    "corrected",
    "divergence",
    "meet",
    "run_pass",
    "take_sample",
    "without_deviation",
]
