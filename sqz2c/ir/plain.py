"""
A graph as plain containers and tensors, and back, field by field (SPEC.md section 5).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from sqz2c.ir.graph import Graph, Preprocessing
from sqz2c.ir.layer import Add, Conv, GlobalAverage, Layer, MaxPool, PixelTable
from sqz2c.ir.record import Record
from sqz2c.ir.tensor import Quantization, Tensor

Plain = dict[str, Any]


def to_plain(graph: Graph) -> Plain:
    """
    Give GRAPH's fields; requantizers are left out.
    """
    preprocessing = None
    if graph.preprocessing is not None:
        mean, std = graph.preprocessing.mean, graph.preprocessing.std
        preprocessing = {"mean": [float(v) for v in mean], "std": [float(v) for v in std]}

    return {
        "order": graph.order,
        "tensors": [_plain_tensor(tensor) for tensor in graph.tensors],
        "layers": [_plain_layer(layer) for layer in graph.layers],
        "preprocessing": preprocessing,
        "labels": list(graph.labels),
    }


def from_record(top: Record) -> Graph:
    """
    Read a graph's fields, each checked for its type. Raise LoadError naming the field.
    """
    return Graph(
        tensors=tuple(_tensor(r) for r in top.records("tensors")),
        layers=tuple(_layer(r) for r in top.records("layers")),
        order=top.text("order"),  # type: ignore[arg-type]  # check_graph refuses other words
        preprocessing=_preprocessing(top),
        labels=top.texts("labels"),
    )


def _plain_quantization(quantization: Quantization | None) -> Plain:
    if quantization is None:
        return {"scale": None, "zero_point": None}

    return {"scale": float(quantization.scale), "zero_point": int(quantization.zero_point)}


def _plain_tensor(tensor: Tensor) -> Plain:
    return {
        "name": tensor.name,
        "height": int(tensor.height),
        "width": int(tensor.width),
        "channels": int(tensor.channels),
        **_plain_quantization(tensor.quantization),
    }


def _plain_layer(layer: Layer) -> Plain:
    plain: Plain = {"kind": KINDS[type(layer)], "name": layer.name, "input": layer.input}
    if not isinstance(layer, GlobalAverage):
        plain["output"] = layer.output
    if isinstance(layer, PixelTable):
        plain["table"] = _torch(layer.table)
    elif isinstance(layer, MaxPool):
        plain |= {
            "kernel": int(layer.kernel),
            "stride": int(layer.stride),
            "padding": int(layer.padding),
        }
    elif isinstance(layer, Add):
        plain |= {"other": layer.other, "relu": bool(layer.relu)}
    elif isinstance(layer, GlobalAverage):
        plain |= _plain_quantization(layer.output_quantization)
    else:
        scales = layer.weight_scales
        plain |= {
            "first_channel": int(layer.first_channel),
            "stride": int(layer.stride),
            "padding": int(layer.padding),
            "relu": bool(layer.relu),
            "weights": _torch(layer.weights),
            "bias": _torch(layer.bias),
            "weight_scales": None if scales is None else _torch(scales),
            **_plain_quantization(layer.quantization),
        }

    return plain


def _torch(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(array, order="C", copy=True))


def _tensor(record: Record) -> Tensor:
    tensor = Tensor(
        name=record.text("name"),
        height=record.integer("height"),
        width=record.integer("width"),
        channels=record.integer("channels"),
        quantization=_quantization(record),
    )
    record.done()

    return tensor


def _quantization(record: Record) -> Quantization | None:
    if record.is_none("scale") and record.is_none("zero_point"):
        return None

    return Quantization(record.number("scale"), record.integer("zero_point"))


def _preprocessing(top: Record) -> Preprocessing | None:
    if top.is_none("preprocessing"):
        return None
    record = top.record("preprocessing")
    preprocessing = Preprocessing(record.numbers("mean"), record.numbers("std"))
    record.done()

    return preprocessing


def _layer(record: Record) -> Layer:
    kind = record.text("kind")
    if kind not in READERS:
        raise record.error(f"the layer kind {kind!r} is not supported")
    layer = READERS[kind](record)
    record.done()

    return layer


def _pixel_table(record: Record) -> Layer:
    return PixelTable(
        name=record.text("name"),
        input=record.text("input"),
        output=record.text("output"),
        table=record.array("table", np.uint8),
    )


def _conv(record: Record) -> Layer:
    scales = None
    if not record.is_none("weight_scales"):
        scales = record.array("weight_scales", np.float32)

    return Conv(
        name=record.text("name"),
        input=record.text("input"),
        output=record.text("output"),
        first_channel=record.integer("first_channel"),
        stride=record.integer("stride"),
        padding=record.integer("padding"),
        relu=record.boolean("relu"),
        weights=record.array("weights", np.float32 if scales is None else np.int8),
        bias=record.array("bias", np.float32),
        weight_scales=scales,
        quantization=_quantization(record),
    )


def _max_pool(record: Record) -> Layer:
    return MaxPool(
        name=record.text("name"),
        input=record.text("input"),
        output=record.text("output"),
        kernel=record.integer("kernel"),
        stride=record.integer("stride"),
        padding=record.integer("padding"),
    )


def _add(record: Record) -> Layer:
    return Add(
        name=record.text("name"),
        input=record.text("input"),
        other=record.text("other"),
        output=record.text("output"),
        relu=record.boolean("relu"),
    )


def _global_average(record: Record) -> Layer:
    return GlobalAverage(
        name=record.text("name"),
        input=record.text("input"),
        output_quantization=_quantization(record),
    )


KINDS = {
    PixelTable: "pixel_table",
    Conv: "conv",
    MaxPool: "max_pool",
    Add: "add",
    GlobalAverage: "global_average",
}
READERS: dict[str, Callable[[Record], Layer]] = {
    "pixel_table": _pixel_table,
    "conv": _conv,
    "max_pool": _max_pool,
    "add": _add,
    "global_average": _global_average,
}
