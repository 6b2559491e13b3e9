"""
The training side, apart from the compiler: the SqueezeNet family, pruning, trained quantization.
"""

from sqz2c.train.squeezenet import (
    Architecture,
    FireWidths,
    SqueezeNet,
    squeezenet1_0,
    squeezenet1_1,
)

__all__ = ["Architecture", "FireWidths", "SqueezeNet", "squeezenet1_0", "squeezenet1_1"]
