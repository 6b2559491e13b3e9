"""
A file of torch.export.save, read without PyTorch's loader: that one unpickles whatever the file
asks it to. Here only JSON and raw numbers are looked at, so no code of the file can run.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import torch

from sqz2c.errors import LoadError
from sqz2c.load.exported.arguments import argument, nodes_of, shapes_of
from sqz2c.load.exported.program import Name, Program

SCHEMA = 8  # major version of what PyTorch 2.13 writes
MODEL = re.compile(r"([^/]+)/models/([^/]+)\.json")
OLD = "serialized_exported_program.json"
FLOATS = {6: torch.float16, 7: torch.float32, 8: torch.float64, 13: torch.bfloat16}
DAMAGES = (  # what a file that is not as it should be ends in
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)


def is_exported(names: Sequence[str]) -> bool:
    """
    Tell by the NAMES of an archive's members whether torch.export.save wrote it.
    """
    return OLD in names or any(
        MODEL.fullmatch(name) or name.endswith("/archive_format") for name in names
    )


def read_program(data: bytes, path: str) -> Program:
    """
    Read DATA, an archive whose checksums are right. Raise LoadError naming PATH where it is not
    one program of one image and one result, or not as PyTorch 2.13 writes it; one of DAMAGES
    where it is not even JSON of that form.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return _program(archive, path)


def _program(archive: zipfile.ZipFile, path: str) -> Program:
    root, model = _model(archive.namelist(), path)
    plain = json.loads(archive.read(f"{root}/models/{model}.json"))
    version = plain["schema_version"]["major"]
    if version != SCHEMA or _byte_order(archive, root) != "little":
        raise LoadError(
            f"{path} has schema version {version} of exported programs, of which sqz2c reads "
            f"{SCHEMA} in little endian: export it with PyTorch 2.13."
        )
    module = plain["graph_module"]
    graph = module["graph"]
    image, payloads = _inputs(module["signature"]["input_specs"], path)
    readers = _readers(archive, f"{root}/data", model, path)

    def constant(name: str) -> torch.Tensor:
        key = payloads[name]
        if key not in readers:
            raise LoadError(f"{path}: the numbers of {key} are missing: export it again.")
        return readers[key]()

    return Program(
        path=path,
        nodes=nodes_of(graph),
        image=image,
        output=_output(module["signature"]["output_specs"], path),
        shapes=shapes_of(graph),
        constants=frozenset(payloads),
        constant=constant,
    )


def _model(names: Sequence[str], path: str) -> tuple[str, str]:
    if OLD in names:
        raise LoadError(
            f"{path} was exported by an old PyTorch: export the model with PyTorch 2.13."
        )
    found = [match for name in names if (match := MODEL.fullmatch(name))]
    if len(found) != 1:
        raise LoadError(
            f"{path} holds {len(found)} exported programs, expected one: save the model alone "
            "with torch.export.save."
        )

    return found[0][1], found[0][2]


def _byte_order(archive: zipfile.ZipFile, root: str) -> str:
    name = f"{root}/byteorder"

    return archive.read(name).decode() if name in archive.namelist() else "little"


def _inputs(specs: Sequence[dict[str, Any]], path: str) -> tuple[str, dict[str, str]]:
    """The image's name, and where each weight, buffer and constant is found in the archive."""
    payloads: dict[str, str] = {}
    images: list[object] = []
    for spec in specs:
        ((kind, fields),) = spec.items()
        if kind == "user_input":
            images.append(argument(fields["arg"]))
        elif kind in ("parameter", "buffer", "tensor_constant"):
            key = fields[
                "tensor_constant_name" if kind.endswith("constant") else f"{kind}_name"
            ]
            payloads[fields["arg"]["name"]] = key
        else:
            raise LoadError(
                f"{path} takes an input of kind {kind}, which is not supported: export a model "
                "that takes one batch of images and nothing else."
            )
    if len(images) != 1 or not isinstance(images[0], Name):
        raise LoadError(
            f"{path} takes {len(images)} inputs, expected one tensor: export a model that takes "
            "one batch of images and nothing else."
        )

    return images[0].text, payloads


def _output(specs: Sequence[dict[str, Any]], path: str) -> str:
    results = [spec["user_output"]["arg"] for spec in specs if "user_output" in spec]
    outputs = [argument(result) for result in results]
    if len(specs) != 1 or len(outputs) != 1 or not isinstance(outputs[0], Name):
        raise LoadError(
            f"{path} gives {len(specs)} results, expected one tensor of logits: call "
            "model.eval() and export a model that returns its logits alone."
        )

    return outputs[0].text


def _readers(
    archive: zipfile.ZipFile, folder: str, model: str, path: str
) -> dict[str, Callable[[], torch.Tensor]]:
    """For each key of the state_dict and each constant, what reads its numbers."""
    readers: dict[str, Callable[[], torch.Tensor]] = {}
    members = set(archive.namelist())
    for kind in ("weights", "constants"):
        config = f"{folder}/{kind}/{model}_{kind}_config.json"
        if config not in members:
            continue
        for key, payload in json.loads(archive.read(config))["config"].items():
            name = f"{folder}/{kind}/{payload['path_name']}"
            raw = archive.read(name) if name in members and not payload["use_pickle"] else b""
            readers[key] = _reader(key, payload, raw, path)

    return readers


def _reader(
    key: str, payload: dict[str, Any], raw: bytes, path: str
) -> Callable[[], torch.Tensor]:
    def read() -> torch.Tensor:
        if payload["use_pickle"]:
            raise LoadError(
                f"{path}: {key} is a pickled object, which is not loaded because it could run "
                "code: export a model of plain tensors."
            )
        try:
            return _numbers(payload["tensor_meta"], raw)
        except DAMAGES as error:
            raise LoadError(
                f"{path}: {key} is not a dense float tensor that the file holds whole: export "
                "a float model again."
            ) from error

    return read


def _numbers(meta: dict[str, Any], raw: bytes) -> torch.Tensor:
    sizes, strides = ([side["as_int"] for side in meta[key]] for key in ("sizes", "strides"))
    flat = torch.frombuffer(bytearray(raw), dtype=FLOATS[meta["dtype"]])
    tensor = flat.as_strided(sizes, strides, meta["storage_offset"]["as_int"])
    if tensor.numel() > flat.numel():
        raise ValueError("stretched")

    return tensor.to(torch.float64)
