"""
A graph as stable text, one line a tensor or layer: what `inspect` prints and goldens compare.
"""

import numpy as np

from sqz2c.ir.geometry import macs
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool
from sqz2c.ir.tensor import Quantization


def to_text(graph: Graph) -> str:
    """
    Dump GRAPH: the header, its tensors, then its layers in the order they run.

    Float32 numbers are the shortest decimals that read back the same. MACs leave padding out.
    """
    numbers = "int8" if graph.is_quantized else "float"
    total = sum(macs(graph, layer) for layer in graph.layers)
    weights = sum(conv.weights.size for conv in graph.convs)
    lines = [
        f"squeezenet {numbers}, {graph.order} {graph.image.shape_text}, "
        f"{graph.classes} classes, {weights} weights, {total} MACs"
    ]
    if graph.preprocessing is not None:
        mean, std = graph.preprocessing.mean, graph.preprocessing.std
        lines.append(f"  preprocessing: mean {_floats(mean)}, std {_floats(std)}")
    for tensor in graph.tensors:
        scale = "" if tensor.quantization is None else f", {_quantization(tensor.quantization)}"
        lines.append(f"  tensor {tensor.name}: {tensor.shape_text}{scale}")
    lines += [f"  layer {layer.name}: {_layer(graph, layer)}" for layer in graph.layers]
    if graph.labels:
        lines.append(f"  labels: {len(graph.labels)}")

    return "\n".join(lines) + "\n"


def _layer(graph: Graph, layer: Layer) -> str:
    if isinstance(layer, Conv):
        return _conv(graph, layer)
    if isinstance(layer, MaxPool):
        return (
            f"max pool {layer.kernel}x{layer.kernel}, stride {layer.stride}, padding "
            f"{layer.padding}, {layer.input} -> {layer.output}"
        )
    if isinstance(layer, Add):
        relu = "ReLU" if layer.relu else "no ReLU"
        return f"addition, {relu}, {layer.input} + {layer.other} -> {layer.output}"
    if isinstance(layer, GlobalAverage):
        own = layer.output_quantization
        return f"global average, {layer.input} -> " + (_quantization(own) if own else "sums")

    return f"pixel table, {layer.input} -> {layer.output}"


def _conv(graph: Graph, conv: Conv) -> str:
    end = conv.first_channel + conv.out_channels
    nonzero = 100 * np.count_nonzero(conv.weights) / conv.weights.size
    parts = [
        f"conv {conv.kernel_height}x{conv.kernel_width}, stride {conv.stride}, "
        f"padding {conv.padding}, {'ReLU' if conv.relu else 'no ReLU'}",
        f"{conv.input} -> {conv.output}[{conv.first_channel}:{end}]",
        f"{conv.weights.size} weights, {nonzero:.1f} % not zero, "
        f"{len(np.unique(conv.weights))} values",
    ]
    if conv.weight_scales is not None:
        low, high = _float(conv.weight_scales.min()), _float(conv.weight_scales.max())
        one = len(conv.weight_scales) == 1
        parts.append(f"weight scale {low}" if one else f"weight scales {low} to {high}")
    if conv.quantization is not None:
        parts.append(f"own {_quantization(conv.quantization)}")
    parts.append(f"{macs(graph, conv)} MACs")

    return ", ".join(parts)


def _quantization(quantization: Quantization) -> str:
    return f"scale {_float(quantization.scale)}, zero point {quantization.zero_point}"


def _float(value: float) -> str:
    return str(np.float32(value))


def _floats(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(str(float(value)) for value in values) + ")"
