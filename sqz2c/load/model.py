"""
Any supported file to a graph; what it holds is told by its content, never by its name.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from sqz2c.errors import LoadError, Sqz2cError
from sqz2c.ir.check import check_graph
from sqz2c.ir.checkpoint import from_plain, is_checkpoint, read_archive
from sqz2c.ir.graph import Graph, Order, Preprocessing
from sqz2c.ir.layer import Conv
from sqz2c.ir.limits import check_quantization
from sqz2c.ir.pixels import PIXEL, TABLE_OUTPUT, pixel_table
from sqz2c.ir.tensor import Quantization
from sqz2c.load.deep_compression import (
    HEAD_PADDING,
    INPUT_SIDE,
    deep_compression_network,
    looks_like,
)
from sqz2c.load.exported import exported_graph, is_exported
from sqz2c.load.float_network import float_network
from sqz2c.load.options import ORDERS, LoadOptions, preprocessing_of
from sqz2c.load.quantized_network import is_quantized, quantized_network
from sqz2c.load.squeezenet import Geometry, Network, build_graph, in_camera_order
from sqz2c.load.state_dict import (
    StateDict,
    has_paper_names,
    in_torchvision_names,
    unwrap,
)

ZIP = b"PK\x03\x04"
PICKLE = b"\x80"
CHECKPOINT_OPTIONS = ("order", "labels")


def load_model(path: Path, options: LoadOptions) -> Graph:
    """
    Read PATH: the project's checkpoint, a state_dict in torchvision's naming (torch.save or
    .npz, float or quantized by PyTorch's eager mode), one of v1.0 or v1.1 in the paper's, a float
    program of torch.export.save under any names, or the Deep Compression file.

    Float files give a float graph, quantized ones a quantized graph. Where OPTIONS are silent,
    images are RGB (GRAY for one channel), networks were trained on RGB with torchvision's
    preprocessing ("unit" for one channel; Caffe's under the paper's names), and the Deep
    Compression file has its published geometry and Caffe's preprocessing. A state_dict needs the
    input size.
    Raise LoadError naming PATH.
    """
    if options.order not in (None, *ORDERS) or options.trained_order not in (
        None,
        "RGB",
        "BGR",
    ):
        raise LoadError("The channel order must be RGB, BGR or GRAY (trained: RGB or BGR).")
    data = _read(path)
    try:
        graph = _graph(data, str(path), options)
        check_graph(graph)
    except LoadError:
        raise
    except Sqz2cError as error:
        raise LoadError(f"{path}: {error}") from error

    return graph


def graph_of_state(state: Mapping[str, torch.Tensor], options: LoadOptions) -> Graph:
    """
    Give a float state_dict in torchvision's naming as load_model would from a file.
    """
    graph = _state_dict_graph(dict(state), "the network", options)
    check_graph(graph)

    return graph


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise LoadError(f"{path} is a folder: give the model's file.")
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LoadError(f"{path} cannot be read: {reason}.") from error
    if not data:
        raise LoadError(f"{path} is empty: save the model again.")

    return data


def _graph(data: bytes, path: str, options: LoadOptions) -> Graph:
    if data.startswith(ZIP):
        names = _members(data, path)
        if any(name.endswith(".npy") for name in names):
            return _state_dict_graph(_npz(data, path), path, options)
        if is_exported(names):
            return exported_graph(data, path, options)
        if any("/code/" in name for name in names):
            raise LoadError(
                f"{path} holds a TorchScript program, which is not supported: save "
                "model.state_dict() with torch.save, or the model with torch.export.save."
            )
    elif not data.startswith(PICKLE):
        if looks_like(data):
            return _deep_compression_graph(data, path, options)
        raise LoadError(
            f"{path} is none of the files that sqz2c reads: a checkpoint of its own, a "
            "state_dict saved by torch.save or as .npz, a program of torch.export.save, or the "
            "Deep Compression SqueezeNet."
        )
    plain = read_archive(data, path)
    if is_checkpoint(plain):
        return _checkpoint_graph(plain, path, options)

    return _state_dict_graph(plain, path, options)


def _members(data: bytes, path: str) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            damaged = archive.testzip()
            names = archive.namelist()
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError) as error:
        raise LoadError(
            f"{path} is truncated or damaged: save the model again and copy it whole."
        ) from error
    if damaged is not None:
        raise LoadError(
            f"{path} is damaged in {damaged}: save the model again and copy it whole."
        )

    return names


def _npz(data: bytes, path: str) -> dict[str, object]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: torch.from_numpy(np.array(arrays[name])) for name in arrays.files}
    except Exception as error:  # numpy and zlib raise nearly anything on damaged files
        raise LoadError(
            f"{path} is damaged or holds arrays that are not numbers: save float arrays with "
            "numpy.savez."
        ) from error


def _checkpoint_graph(plain: object, path: str, options: LoadOptions) -> Graph:
    graph = from_plain(plain, path)
    sizes = {"input_height": graph.image.height, "input_width": graph.image.width}
    for name in options.given():
        if name in CHECKPOINT_OPTIONS or sizes.get(name) == getattr(options, name):
            continue
        raise LoadError(
            f"{path} is a checkpoint of sqz2c and holds its own {name.replace('_', ' ')}: "
            "leave the option out."
        )
    labels = options.labels or graph.labels

    return replace(in_camera_order(graph, options.order), labels=labels)


def _deep_compression_graph(data: bytes, path: str, options: LoadOptions) -> Graph:
    if options.bypass is not None:
        raise LoadError(f"{path} is the Deep Compression SqueezeNet, which has no bypass.")
    network = deep_compression_network(data, path)
    side = options.input_height or options.input_width or INPUT_SIDE
    defaults = Geometry(side, side, 2, 0, HEAD_PADDING, True)

    return _float_graph(network, options, defaults, "caffe")


def _state_dict_graph(plain: object, path: str, options: LoadOptions) -> Graph:
    state, preset = unwrap(plain, path), "torchvision"
    if has_paper_names(state):
        state, preset = in_torchvision_names(state), "caffe"
    height = options.input_height or options.input_width
    if height is None:
        raise LoadError(
            f"{path} does not say how large its images are: give the input size, HEIGHTxWIDTH."
        )
    defaults = Geometry(height, height, 2, 0, 0, True)
    if is_quantized(state):
        return _quantized_graph(state, options, defaults)

    return _float_graph(float_network(state, options.bypass), options, defaults, preset)


def _geometry(options: LoadOptions, defaults: Geometry) -> Geometry:
    geometry = Geometry(
        height=_given(options.input_height, defaults.height),
        width=_given(options.input_width, defaults.width),
        stem_stride=_given(options.stem_stride, defaults.stem_stride),
        stem_padding=_given(options.stem_padding, defaults.stem_padding),
        head_padding=_given(options.head_padding, defaults.head_padding),
        head_relu=bool(_given(options.head_relu, defaults.head_relu)),
    )
    if (
        min(geometry.height, geometry.width, geometry.stem_stride) < 1
        or min(geometry.stem_padding, geometry.head_padding) < 0
    ):
        raise LoadError("Input size and stride must be at least 1, and paddings at least 0.")

    return geometry


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


def _float_graph(
    network: Network, options: LoadOptions, defaults: Geometry, preset: str
) -> Graph:
    channels = int(network.stem.weights.shape[1])
    preprocessing, trained = preprocessing_of(options, channels, preset)
    geometry = _geometry(options, defaults)
    graph = build_graph(network, geometry, trained, preprocessing, options.labels)

    return in_camera_order(graph, options.order or _default_order(channels))


def _default_order(channels: int) -> Order:
    return "GRAY" if channels == 1 else "RGB"


def _quantized_graph(state: StateDict, options: LoadOptions, defaults: Geometry) -> Graph:
    network, quantization = quantized_network(state, options.bypass)
    channels = int(network.stem.weights.shape[1])
    preprocessing, trained = preprocessing_of(options, channels, "torchvision")
    geometry = _geometry(options, defaults)
    graph = build_graph(network, geometry, trained, None, options.labels)
    graph = _with_pixel_table(graph, preprocessing, quantization)

    return in_camera_order(graph, options.order or _default_order(channels))


def _with_pixel_table(
    graph: Graph, preprocessing: Preprocessing, quantization: Quantization
) -> Graph:
    image, stem = graph.image, graph.layers[0]
    assert isinstance(stem, Conv)
    check_quantization(TABLE_OUTPUT, quantization)
    table = pixel_table(preprocessing, quantization)
    pixels = replace(image, quantization=PIXEL)
    values = replace(image, name=TABLE_OUTPUT, quantization=quantization)

    return replace(
        graph,
        tensors=(pixels, values, *graph.tensors[1:]),
        layers=(table, replace(stem, input=TABLE_OUTPUT), *graph.layers[1:]),
    )
