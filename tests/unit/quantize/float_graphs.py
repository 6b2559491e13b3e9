"""
Small float graphs and pictures for calibration.
"""

from dataclasses import replace

import numpy as np

from sqz2c.ir.graph import PIXELS, Graph, Preprocessing
from sqz2c.ir.layer import Add, Conv, GlobalAverage, MaxPool
from sqz2c.ir.tensor import Tensor

SIDE = 13


def conv(name, source, output, first, shape, rng, stride=1, padding=0, relu=True) -> Conv:
    weights = rng.normal(0, shape[1] ** -0.5 / shape[2], shape).astype(np.float32)
    bias = rng.normal(0, 0.05, shape[0]).astype(np.float32)
    return Conv(name, source, output, first, stride, padding, relu, weights, bias)


def tiny(seed: int = 1, padding: int = 0, head_relu: bool = True, channels: int = 3) -> Graph:
    """
    Stem, pool, one fire module, head; preprocessing with different mean and std a channel.
    """
    rng = np.random.default_rng(seed)
    side = (SIDE + 2 * padding - 3) // 2 + 1
    pooled = -(-(side - 3) // 2) + 1
    return Graph(
        tensors=(
            Tensor(PIXELS, SIDE, SIDE, channels),
            Tensor("conv1", side, side, 6),
            Tensor("pool1", pooled, pooled, 6),
            Tensor("fire2/squeeze", pooled, pooled, 4),
            Tensor("fire2", pooled, pooled, 11),
            Tensor("conv3", pooled, pooled, 5),
        ),
        layers=(
            conv("conv1", PIXELS, "conv1", 0, (6, channels, 3, 3), rng, 2, padding),
            MaxPool("pool1", "conv1", "pool1", 3, 2),
            conv("fire2/squeeze", "pool1", "fire2/squeeze", 0, (4, 6, 1, 1), rng),
            conv("fire2/expand1x1", "fire2/squeeze", "fire2", 0, (5, 4, 1, 1), rng),
            conv("fire2/expand3x3", "fire2/squeeze", "fire2", 5, (6, 4, 3, 3), rng, 1, 1),
            conv("conv3", "fire2", "conv3", 0, (5, 11, 1, 1), rng, relu=head_relu),
            GlobalAverage("average", "conv3"),
        ),
        order="RGB" if channels == 3 else "GRAY",
        preprocessing=Preprocessing(
            (120.0, 110.0, 100.0)[:channels], (60.0, 50.0, 40.0)[:channels]
        ),
    )


def bypassed(seed: int = 1, plain: bool = False) -> Graph:
    """
    The same with a 1x1 convolution around the fire module, or PLAIN: the squeeze's input as it is.
    """
    graph = tiny(seed)
    size = graph.tensor("fire2").height
    fire, head = graph.layers[:5], graph.layers[5:]
    total, rng = Tensor("fire2/add", size, size, 11), np.random.default_rng(seed + 9)
    if plain:  # pool1 has as many channels as the expands then
        widened = rng.normal(0, 0.3, (11, 3, 3, 3)).astype(np.float32)
        squeezing = rng.normal(0, 0.3, (4, 11, 1, 1)).astype(np.float32)
        stem = replace(fire[0], weights=widened, bias=np.zeros(11, np.float32))
        fire = (stem, fire[1], replace(fire[2], weights=squeezing), *fire[3:])
        around, added = (), Add("fire2/add", "fire2", "pool1", "fire2/add")
        tensors = [replace(t, channels=11) if t.name in ("conv1", "pool1") else t
                   for t in graph.tensors]  # fmt: skip
    else:
        own = conv("fire2/bypass", "pool1", "fire2/bypass", 0, (11, 6, 1, 1), rng, relu=False)
        around, added = (own,), Add("fire2/add", "fire2/bypass", "fire2", "fire2/add")
        tensors = [*graph.tensors[:5], Tensor("fire2/bypass", size, size, 11), *graph.tensors[5:]]
    at = [t.name for t in tensors].index("conv3")

    return replace(
        graph,
        tensors=(*tensors[:at], total, *tensors[at:]),
        layers=(*fire, *around, added, replace(head[0], input="fire2/add"), *head[1:]),
    )


def pictures(count: int = 20, channels: int = 3, seed: int = 5) -> list[np.ndarray]:
    """
    Seeded pictures with structure: a random level a picture, and noise.
    """
    rng = np.random.default_rng(seed)
    levels = rng.integers(40, 200, (count, 1, 1, channels))
    noise = rng.integers(-40, 56, (count, SIDE, SIDE, channels))

    return list((levels + noise).astype(np.uint8))


def with_conv(graph: Graph, which: str, **changes) -> Graph:
    """
    GRAPH with one convolution changed.
    """
    return graph.with_layers(
        tuple(replace(x, **changes) if x.name == which else x for x in graph.layers)
    )
