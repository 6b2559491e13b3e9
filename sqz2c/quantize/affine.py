"""
Float network to integers: scales from ranges, weights to int8, preprocessing into the first
layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sqz2c.errors import QuantizeError, Sqz2cError
from sqz2c.ir.addition import RATIO_END
from sqz2c.ir.arithmetic import bias_scales
from sqz2c.ir.check import check_graph
from sqz2c.ir.graph import PIXELS, Graph, Preprocessing
from sqz2c.ir.layer import Add, Conv, MaxPool, PixelTable
from sqz2c.ir.pixels import PIXEL, TABLE_OUTPUT, pixel_table
from sqz2c.ir.tensor import Quantization
from sqz2c.quantize.calibrate import Ranges
from sqz2c.quantize.fixed_point import MULTIPLIER_END
from sqz2c.quantize.requantize import requantizer_between
from sqz2c.quantize.scale import LEVELS, as_float32, output_quantization

EMPTY_SCALE = np.float32(1.0 / 127)  # of filters that are all zero
TRIES, NUDGE = 16, 2.0**-12  # of scales that give every requantizer its cheapest form
INT8_END = 127
CODEBOOK_VALUES = 256  # at most so many values, each used twice on average: weight-shared


def to_integers(
    graph: Graph,
    ranges: Ranges,
    per_filter: bool = False,
    correct_bias: bool = True,
    steps: Mapping[str, float] | None = None,
) -> Graph:
    """
    Quantize the float GRAPH: uint8 activations (zero point 0 after a ReLU), int8 weights
    symmetric around 0 with one scale a layer (or one a filter).

    CORRECT_BIAS takes the mean error of the rounded weights out of the biases. STEPS are weight
    scales, by layer, that were chosen before.
    Raise QuantizeError where the result is not legal.
    """
    if graph.is_quantized or graph.preprocessing is None:
        raise QuantizeError("Only a float network can be quantized; this one already is.")
    take_in = _fold if can_fold(graph) else _with_table
    graph, offset, means = take_in(graph, graph.preprocessing, ranges.means)
    convs = {}
    for index, conv in enumerate(graph.convs):
        shift = np.zeros(conv.in_channels) if index else offset
        expected = means[conv.input] if correct_bias else shift
        step = (steps or {}).get(conv.name)
        convs[conv.name] = quantize_filters(conv, expected, shift, per_filter, step)
    graph = graph.with_layers(tuple(convs.get(layer.name, layer) for layer in graph.layers))
    graph = _with_scales(graph, ranges)
    try:
        check_graph(graph)
    except Sqz2cError as error:
        raise QuantizeError(str(error)) from error

    return graph


def can_fold(graph: Graph) -> bool:
    """
    Tell whether mean and std can go into the first convolution.

    Padding adds zeros after preprocessing, which no raw pixel stands for. Several standard
    deviations would multiply the values of a weight-shared layer.
    """
    assert graph.preprocessing is not None
    conv = graph.convs[0]
    values = len(np.unique(conv.weights))
    is_shared = values <= CODEBOOK_VALUES and 2 * values <= np.count_nonzero(conv.weights)

    return conv.padding == 0 and (not is_shared or len(set(graph.preprocessing.std)) == 1)


def quantize_filters(
    conv: Conv,
    expected: np.ndarray,
    offset: np.ndarray,
    per_filter: bool,
    chosen_step: float | None = None,
) -> Conv:
    """
    Round CONV's weights to int8, in steps of max / 127 or of CHOSEN_STEP.

    Float weights meant x - OFFSET where the integers will meet x, both [in_channels]; the bias
    makes up for that with the rounded weights, so rounding errors do not see the offset. It
    also takes up the mean error on inputs that are EXPECTED on average.
    """
    weights = conv.weights.astype(np.float64)
    largest = np.abs(weights.reshape(conv.out_channels, -1)).max(axis=1)
    if not per_filter:
        largest = largest.max(keepdims=True)
    scales = np.where(largest > 0, (largest / 127).astype(np.float32), EMPTY_SCALE)
    if chosen_step is not None:
        scales = np.array([chosen_step], np.float32)
    if not (scales > 0).all():
        raise QuantizeError(f"{conv.name}: its weights are too small for float32 scales.")
    step = scales.astype(np.float64).reshape(-1, 1, 1, 1)
    integers = np.clip(np.rint(weights / step), -127, 127)
    rounded = (integers * step).sum(axis=(2, 3))
    error = weights.sum(axis=(2, 3)) - rounded
    bias = conv.bias - rounded @ offset + error @ (expected - offset)

    return replace(
        conv,
        weights=integers.astype(np.int8),
        bias=bias.astype(np.float32),
        weight_scales=scales.astype(np.float32),
    )


def _fold(
    graph: Graph, preprocessing: Preprocessing, means: dict[str, np.ndarray]
) -> tuple[Graph, np.ndarray, dict[str, np.ndarray]]:
    """Divide the first filters by std; give the mean pixel to subtract, and means as pixels."""
    std = np.array(preprocessing.std, np.float64)
    offset = np.array(preprocessing.mean, np.float64)
    pixels = replace(graph.image, quantization=PIXEL)
    folded = replace(
        _divided(graph, preprocessing),
        tensors=(pixels, *graph.tensors[1:]),
        preprocessing=None,
    )

    return folded, offset, means | {pixels.name: means[pixels.name] * std + offset}


def _with_table(
    graph: Graph, preprocessing: Preprocessing, means: dict[str, np.ndarray]
) -> tuple[Graph, np.ndarray, dict[str, np.ndarray]]:
    """Put a table before the first convolution, over the range that pixels can reach."""
    mean = np.array(preprocessing.mean, np.float64)
    std = np.array(preprocessing.std, np.float64)
    low, high = (
        min(0.0, float((-mean / std).min())),
        max(0.0, float(((255 - mean) / std).max())),
    )
    scale = as_float32((high - low) / LEVELS)
    quantization = Quantization(scale, int(np.clip(np.rint(-low / scale), 0, LEVELS)))
    tabled = _tabled(graph, pixel_table(preprocessing, quantization), quantization)
    tabled = replace(
        tabled,
        tensors=(replace(graph.image, quantization=PIXEL), *tabled.tensors[1:]),
        preprocessing=None,
    )

    return (
        tabled,
        np.zeros(graph.image.channels),
        means | {TABLE_OUTPUT: means[graph.image.name]},
    )


def _tabled(graph: Graph, table: PixelTable, quantization: Quantization | None) -> Graph:
    """GRAPH with TABLE before its first convolution."""
    first = graph.layers[0]
    assert isinstance(first, Conv)
    output = replace(graph.image, name=TABLE_OUTPUT, quantization=quantization)

    return replace(
        graph,
        tensors=(graph.image, output, *graph.tensors[1:]),
        layers=(table, replace(first, input=TABLE_OUTPUT), *graph.layers[1:]),
    )


def with_final_layers(graph: Graph) -> Graph:
    """
    GRAPH with the layers, shapes and int8 weights that it will have, whatever its ranges are: all
    that a plan depends on. Biases, scales and tables are not for computing.
    """
    if graph.is_quantized:
        return graph
    if can_fold(graph):
        assert graph.preprocessing is not None
        divided = _divided(graph, graph.preprocessing)
    else:
        nothing = np.zeros((graph.image.channels, 256), np.uint8)
        divided = _tabled(graph, PixelTable(TABLE_OUTPUT, PIXELS, TABLE_OUTPUT, nothing), None)

    return divided.with_layers(
        tuple(_rounded(layer) if isinstance(layer, Conv) else layer for layer in divided.layers)
    )


def _rounded(conv: Conv) -> Conv:
    """CONV with int8 weights."""
    nothing = np.zeros(conv.in_channels)

    return quantize_filters(conv, nothing, nothing, False)


def _divided(graph: Graph, preprocessing: Preprocessing) -> Graph:
    """The first filters, divided by the deviation of each channel."""
    first = graph.convs[0]
    std = np.array(preprocessing.std, np.float64)
    weights = first.weights.astype(np.float64) / std[:, np.newaxis, np.newaxis]

    return graph.with_layers(
        tuple(replace(c, weights=weights) if c is first else c for c in graph.layers)
    )


def _with_scales(graph: Graph, ranges: Ranges) -> Graph:
    """Give every tensor its quantization, in the order they are written; pools keep theirs."""
    chosen = {t.name: t.quantization for t in graph.tensors if t.quantization is not None}
    finer: dict[str, Conv] = {}
    for layer in graph.layers:
        if isinstance(layer, MaxPool):
            chosen[layer.output] = chosen[layer.input]
        elif isinstance(layer, Add):
            parts = chosen[layer.input], chosen[layer.other]
            positive = layer.relu or all(part.zero_point == 0 for part in parts)
            chosen[layer.output] = output_quantization(
                ranges.histograms[layer.output], positive, _least_scale_of_sum(*parts)
            )
        elif isinstance(layer, Conv):
            writers = [conv for conv in graph.convs if conv.output == layer.output]
            if layer is writers[0]:
                least = max(_least_scale(conv, chosen[conv.input]) for conv in writers)
                histogram = ranges.histograms[layer.output]
                relu = all(conv.relu for conv in writers)
                target = output_quantization(histogram, relu, least)
                writers = [_finer(conv, chosen[conv.input], target) for conv in writers]
                finer |= {conv.name: conv for conv in writers}
                chosen[layer.output] = _with_fixed_forms(
                    [(conv, chosen[conv.input]) for conv in writers], target
                )
    tensors = tuple(replace(t, quantization=chosen[t.name]) for t in graph.tensors)
    layers = tuple(finer.get(layer.name, layer) for layer in graph.layers)

    return replace(graph, tensors=tensors, layers=layers)


def _finer(conv: Conv, source: Quantization, target: Quantization) -> Conv:
    """
    CONV with twice the weights at half the scale, while its multiplier is too large for form
    "fixed" and int8 holds them: the same network, rescaled in fewer instructions.
    """
    largest = int(np.abs(conv.weights.astype(np.int16)).max())
    assert conv.weight_scales is not None
    while (
        float(bias_scales(conv, source).max()) >= MULTIPLIER_END * target.scale
        and 0 < 2 * largest <= INT8_END
    ):
        largest *= 2
        scales = conv.weight_scales / np.float32(2)
        conv = replace(conv, weights=conv.weights * np.int8(2), weight_scales=scales)

    return conv


def _with_fixed_forms(
    writers: Sequence[tuple[Conv, Quantization]], target: Quantization
) -> Quantization:
    """
    TARGET, its scale a little larger where that lets each of WRITERS, a convolution and what it
    reads, be rescaled by form "fixed"; now and then a scale has no such form.
    """
    for step in range(TRIES):
        scale = float(np.float32(target.scale * (1 + step * NUDGE)))
        tried = replace(target, scale=scale)
        forms = {requantizer_between(conv, source, tried).form for conv, source in writers}
        if forms == {"fixed"}:
            return tried

    return target


def _least_scale_of_sum(a: Quantization, b: Quantization) -> float:
    """A scale of their sum for which neither is too large (SPEC.md 2.8)."""
    return max(a.scale, b.scale) / RATIO_END * 1.0001


def _least_scale(conv: Conv, source: Quantization) -> float:
    """An output scale above bs, so that the multiplier stays below 1."""
    return float(bias_scales(conv, source).max()) * 1.0001
