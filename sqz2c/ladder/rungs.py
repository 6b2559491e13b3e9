"""
What a network's weights take in each form that Deep Compression goes through.

Sizes are those of weights and biases (32 bits each in every form), as in the paper. In the pruned
and the shared form a layer keeps its non-zero weights, each with its distance from the one before
(Deep Compression, figure 2) in as many bits as suit the layer, 1 to 8; where a distance needs more,
zeros are kept in between. A layer that is smaller with all of its weights keeps them all.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sqz2c.ir.filters import PackedFilters
from sqz2c.ir.graph import Graph

ALEXNET_BYTES = 240_000_000  # float32, as the paper rounds it: "240 MB"
BIAS_BITS = 32
LONGEST_INDEX = 8  # bits
MOST_SHARED = 256  # values of a layer; with more nothing is shared


@dataclass(frozen=True)
class Rung:
    """One form: TOTAL_BYTES of weights and biases, and the same in bits a weight, zeros counted."""

    name: str
    what: str
    total_bytes: int
    bits_per_weight: float

    @property
    def alexnet_ratio(self) -> float:
        """How many times smaller than AlexNet in float32."""
        return ALEXNET_BYTES / self.total_bytes


@dataclass(frozen=True)
class Ladder:
    """The RUNGS of one network of so many WEIGHTS, NONZERO of which are not 0."""

    weights: int
    nonzero: int
    rungs: tuple[Rung, ...]


@dataclass(frozen=True)
class PaperRow:
    """A row of table 2 of the SqueezeNet paper: MB as printed, and AlexNet's size over it."""

    network: str
    how: str
    megabytes: float
    ratio: int


PAPER = (
    PaperRow("AlexNet", "float32", 240, 1),
    PaperRow("AlexNet", "SVD", 48, 5),
    PaperRow("AlexNet", "network pruning", 27, 9),
    PaperRow("AlexNet", "Deep Compression", 6.9, 35),
    PaperRow("SqueezeNet", "float32", 4.8, 50),
    PaperRow("SqueezeNet", "Deep Compression, 8 bit", 0.66, 363),
    PaperRow("SqueezeNet", "Deep Compression, 6 bit", 0.47, 510),
)


def ladder_of(
    graph: Graph,
    filters: Mapping[str, PackedFilters] | None = None,
    flash_bytes: int | None = None,
) -> Ladder:
    """
    The ladder of GRAPH. FILTERS are its layers' as they are flashed, FLASH_BYTES all read-only
    data of its C; a float network has neither, nor the rung of int8.
    """
    layers = [conv.weights.transpose(0, 2, 3, 1).ravel() for conv in graph.convs]
    bits = 8 if graph.is_quantized else 32
    kept = "8-bit" if graph.is_quantized else "32-bit"
    count = sum(layer.size for layer in layers)
    biases = BIAS_BITS * sum(conv.out_channels for conv in graph.convs)

    def rung(name: str, what: str, weight_bits: int) -> Rung:
        total = weight_bits + biases
        return Rung(name, what, -(-total // 8), total / count)

    rungs = [rung("float32", "all weights", 32 * count)]
    if graph.is_quantized:
        rungs.append(rung("int8", "all weights", 8 * count))
    pruned = sum(min(bits * layer.size, _sparse_bits(layer, bits)) for layer in layers)
    rungs.append(rung("pruned", f"non-zero {kept} values, relative index", pruned))
    shared = [_shared_bits(layer, bits) for layer in layers]
    if None not in shared:
        rungs.append(rung("shared", "codebook and indices", sum(b for b in shared if b)))
    if filters is not None:
        coded = 8 * sum(packed.flash_bytes for packed in filters.values())
        rungs.append(rung("Huffman", "as flashed, codebooks and code tables included", coded))
    if flash_bytes is not None:
        whole = "all read-only data of the C"
        rungs.append(Rung("flash", whole, flash_bytes, 8 * flash_bytes / count))

    return Ladder(count, sum(int(np.count_nonzero(layer)) for layer in layers), tuple(rungs))


def facts(ladder: Ladder) -> dict[str, Any]:
    """LADDER and the paper's table as JSON."""
    return {
        "weights": ladder.weights,
        "nonzero": ladder.nonzero,
        "alexnet_bytes": ALEXNET_BYTES,
        "rungs": [asdict(r) | {"alexnet_ratio": r.alexnet_ratio} for r in ladder.rungs],
        "paper": [asdict(row) for row in PAPER],
    }


def entries(layer: np.ndarray, index_bits: int) -> tuple[int, int]:
    """How many non-zeros LAYER [weights] keeps, and how many zeros between distant ones."""
    at = np.flatnonzero(layer)
    zeros = np.diff(at, prepend=-1) - 1  # before each that is kept

    return len(at), int((zeros >> index_bits).sum())


def _sparse_bits(layer: np.ndarray, value_bits: int) -> int:
    return min(
        (index_bits + value_bits) * sum(entries(layer, index_bits))
        for index_bits in range(1, LONGEST_INDEX + 1)
    )


def _shared_bits(layer: np.ndarray, bits: int) -> int | None:
    """The codebook, its values BITS each, and the indices; None where too many values differ."""
    values = len(np.unique(layer[layer != 0]))
    if values > MOST_SHARED:
        return None
    dense_values = values + (0 in layer)
    sizes = [bits * dense_values + _index_bits(dense_values) * layer.size]
    for index_bits in range(1, LONGEST_INDEX + 1):
        kept, between = entries(layer, index_bits)
        used = values + (between > 0)  # a zero in between is a value of the codebook
        sizes.append(bits * used + (index_bits + _index_bits(used)) * (kept + between))

    return min(sizes)


def _index_bits(values: int) -> int:
    """ceil(log2 VALUES)."""
    return max(values - 1, 0).bit_length()
