"""
Graph (float) -> Graph of integers: uint8 activations, int8 weights, proved rescaling.
"""

from collections.abc import Iterable

import numpy as np

from sqz2c.ir.check import check_graph
from sqz2c.ir.graph import Graph
from sqz2c.quantize.affine import can_fold, to_integers, with_final_layers
from sqz2c.quantize.calibrate import calibrate
from sqz2c.quantize.requantize import attach_requantizers

__all__ = [
    "attach_requantizers",
    "calibrate",
    "can_fold",
    "quantize",
    "to_integers",
    "with_final_layers",
]


def quantize(graph: Graph, images: Iterable[np.ndarray] = ()) -> Graph:
    """
    Choose scales from IMAGES where GRAPH is still float, then fit and prove every requantizer.

    A graph that is quantized already keeps all its numbers; IMAGES are then not looked at.
    """
    if not graph.is_quantized:
        graph = to_integers(graph, calibrate(graph, images))
        check_graph(graph)

    return attach_requantizers(graph)
