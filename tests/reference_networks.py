"""
Networks whose speed is watched: the shape of ImageNet's SqueezeNets, with seeded random values.

What matters for a count are shapes, how many weights are zero and how many values there are.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv
from tests.networks import Member, build

FIRES = tuple((16 * n, 64 * n, 64 * n) for n in (1, 1, 2, 2, 3, 3, 4, 4))
V1_1 = Member(
    height=224, width=224, stem=(64, 3, 2, 0), fires=FIRES, pool_after=(0, 2, 4), classes=1000
)
V1_0 = Member(
    height=227,
    width=227,
    stem=(96, 7, 2, 0),
    fires=FIRES,
    pool_after=(0, 3, 7),
    classes=1000,
    head_padding=1,
)
DENSITY = 0.33  # of pruned layers
LATE_SQUEEZES = tuple(f"fire{n}/squeeze" for n in (6, 7, 8, 9))

Weights = Callable[[Conv, np.random.Generator], np.ndarray]


def unpruned() -> Graph:
    """
    v1.1 at 224: int8 weights of a bell curve that reaches 127 at four and a half deviations.
    """
    return with_weights(build(V1_1), lambda conv, rng: bell(conv.weights.shape, rng))


def pruned() -> Graph:
    """
    v1.1 at 224 with at most 16 values a layer, a third of them non-zero in expand3x3, conv10 and
    the squeezes of fire6 to 9.
    """
    return pruned_of(V1_1)


def pruned_of(member: Member) -> Graph:
    """
    MEMBER with such weights.
    """

    def few(conv: Conv, rng: np.random.Generator) -> np.ndarray:
        steps = np.rint(bell(conv.weights.shape, rng) / 127 * 7).astype(np.int8)
        weights = np.where(steps == 0, 1, steps) * np.int8(17)
        is_pruned = conv.name.endswith(("expand3x3", "conv10")) or conv.name in LATE_SQUEEZES
        return thinned(weights, rng) if is_pruned else weights

    return with_weights(build(member), few)


def deep_compression() -> Graph:
    """
    v1.0 at 227, a third of the weights non-zero, on an int8 grid.
    """
    return with_weights(
        build(V1_0), lambda conv, rng: thinned(bell(conv.weights.shape, rng), rng)
    )


def bell(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return np.clip(np.rint(rng.normal(0, 127 / 4.5, shape)), -127, 127).astype(np.int8)


def thinned(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """WEIGHTS, of which only some stay."""
    return np.where(rng.random(weights.shape) < DENSITY, weights, 0).astype(np.int8)


def with_weights(graph: Graph, weights_of: Weights) -> Graph:
    """
    GRAPH with other weights in each convolution; scales follow, so that outputs use their range.
    """
    rng = np.random.default_rng(0)
    layers = []
    for layer in graph.layers:
        if isinstance(layer, Conv):
            weights = weights_of(layer, rng)
            source, target = graph.tensor(layer.input), graph.tensor(layer.output)
            assert layer.weight_scales is not None
            assert source.quantization is not None
            assert target.quantization is not None
            largest = 0.9 * target.quantization.scale / source.quantization.scale
            scales = layer.weight_scales * np.float32(spread(layer.weights) / spread(weights))
            scales = np.minimum(scales, np.float32(largest))
            layer = replace(layer, weights=weights, weight_scales=scales)
        layers.append(layer)

    return graph.with_layers(tuple(layers))


def spread(weights: np.ndarray) -> float:
    """The deviation of a sum over inputs of deviation 1."""
    return float(np.sqrt(np.mean(weights.astype(float) ** 2) * weights[0].size)) + 1.0
