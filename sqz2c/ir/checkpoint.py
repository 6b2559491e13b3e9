"""
The project's own file, a graph as torch.save of plain containers and tensors (SPEC.md section 5).
"""

import io
import pickle
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from sqz2c.errors import LoadError, Sqz2cError
from sqz2c.ir.check import check_graph
from sqz2c.ir.graph import Graph, Preprocessing
from sqz2c.ir.layer import Conv, GlobalAverage, Layer, MaxPool, PixelTable
from sqz2c.ir.record import Record
from sqz2c.ir.tensor import Quantization, Tensor

FORMAT = "sqz2c-checkpoint"
VERSION = 1
PLAIN_PICKLES = (b"\x80\x03", b"\x80\x04", b"\x80\x05")  # pickle.dump; torch.save takes 2

Plain = dict[str, Any]


def to_bytes(graph: Graph) -> bytes:
    """
    Serialize GRAPH, float or quantized; the same graph gives the same bytes.

    Requantizers are left out: they follow from the rest.
    """
    check_graph(graph)
    preprocessing = None
    if graph.preprocessing is not None:
        mean, std = graph.preprocessing.mean, graph.preprocessing.std
        preprocessing = {"mean": [float(v) for v in mean], "std": [float(v) for v in std]}
    plain = {
        "format": FORMAT,
        "version": VERSION,
        "order": graph.order,
        "tensors": [_plain_tensor(tensor) for tensor in graph.tensors],
        "layers": [_plain_layer(layer) for layer in graph.layers],
        "preprocessing": preprocessing,
        "labels": list(graph.labels),
    }
    buffer = io.BytesIO()
    torch.save(_interned(plain), buffer)

    return buffer.getvalue()


def from_bytes(data: bytes, path: str) -> Graph:
    """
    Read DATA back. Raise LoadError naming PATH where it is damaged, newer or not legal.
    """
    plain = read_archive(data, path)
    if not is_checkpoint(plain):
        raise LoadError(f"{path} is not a checkpoint of sqz2c.")

    return from_plain(plain, path)


def is_checkpoint(plain: object) -> bool:
    """
    Tell whether PLAIN, as read from a file, is (or claims to be) the project's checkpoint.
    """
    return isinstance(plain, dict) and plain.get("format") == FORMAT


def read_archive(data: bytes, path: str) -> object:
    """
    Unpickle what torch.save wrote, tensors and plain containers only; no code can run.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            is_object = any(word in str(error) for word in ("Unsupported global", "Unsupported class"))
            if is_object or data[:2] in PLAIN_PICKLES:
                raise LoadError(
                    f"{path} holds pickled Python objects, which are not loaded because they "
                    "could run code: save model.state_dict() with torch.save instead."
                ) from error
            raise LoadError(_damaged(path)) from error
        except Exception as error:  # torch.load raises nearly anything on damaged files
            raise LoadError(_damaged(path)) from error


def _damaged(path: str) -> str:
    return (
        f"{path} is truncated, damaged or not a file of torch.save: save model.state_dict() "
        "again and copy it whole."
    )


def from_plain(plain: object, path: str) -> Graph:
    """
    Turn the containers of a checkpoint into a graph, checking every field on the way.
    """
    top = Record(plain, path, "checkpoint")
    version = top.integer("version")
    if version != VERSION:
        raise LoadError(
            f"{path} has checkpoint version {version}, but this sqz2c reads version {VERSION}: "
            "install the sqz2c that wrote it."
        )
    graph = Graph(
        tensors=tuple(_tensor(r) for r in top.records("tensors")),
        layers=tuple(_layer(r) for r in top.records("layers")),
        order=top.text("order"),  # type: ignore[arg-type]  # check_graph refuses other words
        preprocessing=_preprocessing(top),
        labels=top.texts("labels"),
    )
    top.text("format")
    top.done()
    try:
        check_graph(graph)
    except Sqz2cError as error:
        raise LoadError(f"{path}: {error}") from error

    return graph


def _interned(value: Any) -> Any:
    """Equal strings become one object, or pickle's back references depend on their history."""
    if isinstance(value, str):
        return sys.intern(str(value))
    if isinstance(value, list):
        return [_interned(item) for item in value]
    if isinstance(value, dict):
        return {_interned(key): _interned(item) for key, item in value.items()}

    return value


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
    GlobalAverage: "global_average",
}
READERS: dict[str, Callable[[Record], Layer]] = {
    "pixel_table": _pixel_table,
    "conv": _conv,
    "max_pool": _max_pool,
    "global_average": _global_average,
}
