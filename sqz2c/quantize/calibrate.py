"""
What activations do on sample images: the float network run in PyTorch, with a histogram of
every tensor that needs a scale and the mean of every channel.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from sqz2c.errors import QuantizeError
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, MaxPool

BINS = 4096
BATCH = 8


@dataclass(frozen=True, eq=False)
class Histogram:
    """
    Counts of positive values in BINS equal bins of [0, top); 0 and below are left out.

    TOP is a power of two that grows with the values, so bins only ever merge in pairs.
    LARGEST and SMALLEST are exact.
    """

    counts: np.ndarray
    top: float
    largest: float
    smallest: float


@dataclass(frozen=True, eq=False)
class Ranges:
    """
    Calibration's result by tensor name: what each tensor's readers see (after a pool, if one
    follows), and the mean of each channel of each tensor, preprocessed pixels included.
    """

    histograms: dict[str, Histogram]
    means: dict[str, np.ndarray]
    images: int


EMPTY = Histogram(np.zeros(BINS, np.int64), 2.0**-20, 0.0, 0.0)


def calibrate(graph: Graph, images: Iterable[np.ndarray]) -> Ranges:
    """
    Run the float GRAPH on IMAGES, uint8 [height, width, channels] in the graph's order.

    Raise QuantizeError without images, or where an image or an activation does not fit.
    """
    histograms: dict[str, Histogram] = {}
    sums: dict[str, torch.Tensor] = {}
    count = 0
    scaled = scale_owners(graph)
    for batch in _batches(graph, images):
        count += len(batch)
        for name, values in run_float(graph, batch):
            mean = values.double().mean(dim=(2, 3)).sum(dim=0)
            sums[name] = sums[name] + mean if name in sums else mean
            if scaled.get(name) is not None:
                owner = scaled[name]
                histograms[owner] = _add(histograms.get(owner, EMPTY), values, name)
    if count == 0:
        raise QuantizeError("Calibration needs at least one image: give a folder of pictures.")

    return Ranges(histograms, {name: (s / count).numpy() for name, s in sums.items()}, count)


def scale_owners(graph: Graph) -> dict[str, str]:
    """
    Map each tensor that is measured to the tensor whose scale it decides.

    A pool keeps its input's scale, and what the pool drops needs no range: the pool's output is
    measured in place of its input.
    """
    pooled = {layer.input: layer.output for layer in graph.layers if isinstance(layer, MaxPool)}
    owners = {}
    for layer in (*graph.convs, *graph.adds):
        seen = layer.output
        while seen in pooled:
            seen = pooled[seen]
        owners[seen] = layer.output

    return owners


def preprocess(graph: Graph, batch: torch.Tensor) -> torch.Tensor:
    """
    (pixel - mean) / std of uint8 [n, height, width, channels] as float32 [n, channels, ...].
    """
    assert graph.preprocessing is not None
    mean = torch.tensor(graph.preprocessing.mean, dtype=torch.float32)
    std = torch.tensor(graph.preprocessing.std, dtype=torch.float32)

    return ((batch.to(torch.float32) - mean) / std).permute(0, 3, 1, 2).contiguous()


@torch.inference_mode()
def run_float(graph: Graph, batch: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """
    Run uint8 BATCH [n, height, width, channels]; give every tensor [n, channels, height, width]
    in the order it is finished, preprocessed pixels first, the average [n, classes, 1, 1] last.
    """
    tensors = {graph.image.name: preprocess(graph, batch)}
    parts: dict[str, dict[int, torch.Tensor]] = {}  # what convolutions wrote, by first channel
    yield graph.image.name, tensors[graph.image.name]
    for layer in graph.layers:
        x = tensors[layer.input]
        if isinstance(layer, Conv):
            weights, bias = torch.from_numpy(layer.weights), torch.from_numpy(layer.bias)
            y = F.conv2d(x, weights, bias, layer.stride, layer.padding)
            written = parts.setdefault(layer.output, {})
            written[layer.first_channel] = F.relu(y) if layer.relu else y
            if (
                sum(part.shape[1] for part in written.values())
                < graph.tensor(layer.output).channels
            ):
                continue
            tensors[layer.output] = torch.cat(
                [written[first] for first in sorted(written)], dim=1
            )
        elif isinstance(layer, MaxPool):
            target = graph.tensor(layer.output)
            y = F.max_pool2d(x, layer.kernel, layer.stride, layer.padding, ceil_mode=True)
            tensors[layer.output] = y[:, :, : target.height, : target.width]
        elif isinstance(layer, Add):
            y = x + tensors[layer.other]
            tensors[layer.output] = F.relu(y) if layer.relu else y
        elif isinstance(layer, GlobalAverage):
            yield layer.name, x.mean(dim=(2, 3), keepdim=True)
            return
        yield layer.output, tensors[layer.output]


def _batches(graph: Graph, images: Iterable[np.ndarray]) -> Iterator[torch.Tensor]:
    image = graph.image
    shape = (image.height, image.width, image.channels)
    batch: list[np.ndarray] = []
    for pixels in images:
        if pixels.shape != shape or pixels.dtype != np.uint8:
            raise QuantizeError(
                f"A calibration image is {pixels.dtype} {list(pixels.shape)}, expected uint8 "
                f"{list(shape)}."
            )
        batch.append(pixels)
        if len(batch) == BATCH:
            yield torch.from_numpy(np.stack(batch))
            batch = []
    if batch:
        yield torch.from_numpy(np.stack(batch))


def _add(histogram: Histogram, values: torch.Tensor, name: str) -> Histogram:
    array = values.numpy().reshape(-1)
    largest, smallest = float(array.max()), float(array.min())
    if not np.isfinite(largest) or not np.isfinite(smallest):
        raise QuantizeError(f"{name}: activations overflow float32; check the preprocessing.")
    counts, top = histogram.counts, histogram.top
    while top <= largest:
        counts = np.concatenate(
            [counts.reshape(-1, 2).sum(axis=1), np.zeros(BINS // 2, np.int64)]
        )
        top *= 2
    # A power of two keeps this product exact, so bins do not depend on the order of images.
    bins = (array[array > 0] * np.float32(BINS / top)).astype(np.int32)
    counts = counts + np.bincount(bins, minlength=BINS)

    return Histogram(
        counts, top, max(largest, histogram.largest), min(smallest, histogram.smallest)
    )
