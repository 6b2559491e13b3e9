"""
The project's own file: a graph as torch.save of plain containers and tensors (SPEC.md
section 5).
"""

import io
import pickle
import sys
import warnings
from typing import Any

import torch

from sqz2c.errors import LoadError, Sqz2cError
from sqz2c.ir.check import check_graph
from sqz2c.ir.graph import Graph
from sqz2c.ir.plain import from_record, to_plain
from sqz2c.ir.record import Record

FORMAT = "sqz2c-checkpoint"
VERSION, VERSION_WITHOUT_ADDS = 2, 1  # written where nothing is added
PLAIN_PICKLES = (b"\x80\x03", b"\x80\x04", b"\x80\x05")  # pickle.dump; torch.save takes 2


def to_bytes(graph: Graph) -> bytes:
    """
    Serialize GRAPH, float or quantized; the same graph gives the same bytes.

    Requantizers are left out: they follow from the rest.
    """
    check_graph(graph)
    version = VERSION if graph.adds else VERSION_WITHOUT_ADDS
    plain = {"format": FORMAT, "version": version, **to_plain(graph)}
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
            is_object = any(
                word in str(error) for word in ("Unsupported global", "Unsupported class")
            )
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
    if not VERSION_WITHOUT_ADDS <= version <= VERSION:
        raise LoadError(
            f"{path} has checkpoint version {version}, but this sqz2c reads version {VERSION}: "
            "install the sqz2c that wrote it."
        )
    graph = from_record(top)
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
