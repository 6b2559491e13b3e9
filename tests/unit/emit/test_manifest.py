"""
manifest.json says what the generated code costs; the figures agree with the code and the graph.
"""

import json
import re
from typing import Any

import numpy as np
import pytest

from sqz2c.ir.geometry import macs
from sqz2c.ir.layer import Conv
from sqz2c.ir.program import Program
from tests.chain import NAME, SHA256, VERSION, compiled, emitted
from tests.networks import Member, build

MEMBERS = {
    "plain": Member(),
    "gray": Member(channels=1, height=28, width=20, quantized_average=True, classes=3),
    "everything": Member(
        pixel_table=True, per_filter=True, differing_scales=True, zero_points=True, vanishing=True
    ),
}


@pytest.fixture(scope="module", params=MEMBERS)
def program(request: pytest.FixtureRequest) -> Program:
    return compiled(build(MEMBERS[request.param]))


@pytest.fixture(scope="module")
def files(program: Program) -> dict[str, bytes]:
    return emitted(program)


@pytest.fixture(scope="module")
def manifest(files: dict[str, bytes]) -> dict[str, Any]:
    return json.loads(files["manifest.json"])


def test_it_names_the_network(program: Program, manifest: dict[str, Any]) -> None:
    """Name, hash of the checkpoint, input with its channel order, classes."""
    image = program.graph.image

    assert (NAME, SHA256) == (manifest["name"], manifest["checkpoint_sha256"])
    assert f"sqz2c {VERSION}" == manifest["generator"]
    assert {
        "height": image.height,
        "width": image.width,
        "channels": image.channels,
        "order": program.graph.order,
    } == manifest["input"]
    assert program.graph.classes == manifest["classes"]


def test_work_does_not_count_padding(program: Program, manifest: dict[str, Any]) -> None:
    """MACs are those of the whole network, padding left out."""
    assert sum(macs(program.graph, layer) for layer in program.graph.layers) == manifest["macs"]
    per_layer = [layer.get("macs", 0) for layer in manifest["layers"]]
    assert sum(per_layer) == manifest["macs"]


def test_flash_is_the_sum_of_its_parts(manifest: dict[str, Any]) -> None:
    """weights, codebooks, tables and biases add up; weights are the bit streams."""
    flash = manifest["flash"]
    parts = ("weights_bytes", "codebooks_bytes", "tables_bytes", "biases_bytes")

    assert {*parts, "total_bytes"} == set(flash)
    assert sum(flash[part] for part in parts) == flash["total_bytes"]


def test_flash_is_what_the_arrays_take(
    manifest: dict[str, Any], files: dict[str, bytes]
) -> None:
    """Every array of the generated file is counted with its type's size."""
    sizes = {"uint8_t": 1, "uint16_t": 2, "int32_t": 4, "uint32_t": 4, "int64_t": 8}
    arrays = re.findall(
        rf"^const (\w+) {NAME}_\w+\[(\d+)\]", files[f"{NAME}_weights.c"].decode(), re.MULTILINE
    )
    counted = sum(sizes[c_type] * int(count) for c_type, count in arrays)

    assert sum(layer["bytes"] for layer in manifest["layers"]) <= counted
    assert counted < manifest["flash"]["total_bytes"]  # descriptors come on top
    biases = 4 * sum(layer["shape"][-1] for layer in manifest["layers"] if layer["kind"] == "conv")
    assert biases == manifest["flash"]["biases_bytes"]


def test_ram_is_the_sum_of_its_parts(
    program: Program, manifest: dict[str, Any], files: dict[str, bytes]
) -> None:
    """Arena and context; the header states the same total, which the C asserts."""
    ram = manifest["ram"]

    assert ram["arena_bytes"] + ram["context_bytes"] == ram["total_bytes"]
    assert program.ram_bytes == ram["total_bytes"]
    header = files[f"{NAME}.h"].decode()
    assert f"#define TINY_RAM_BYTES {ram['total_bytes']}\n" in header
    source = files[f"{NAME}.c"].decode()
    assert "SQZ_STATIC_ASSERT(sizeof(tiny_t) == TINY_RAM_BYTES);" in source


def test_layers_are_listed_in_order(program: Program, manifest: dict[str, Any]) -> None:
    """Name, kind, shape, weights, non-zero weights, coding, bits a weight and bytes of each."""
    entries = {entry["name"]: entry for entry in manifest["layers"]}

    assert [layer.name for layer in program.graph.layers] == list(entries)
    fields = {"name", "kind", "shape", "weights", "nonzero", "coding", "bits_per_weight", "bytes"}
    for layer in program.graph.layers:
        entry = entries[layer.name]
        assert fields <= set(entry)
        if not isinstance(layer, Conv):
            assert (0, 0, None) == (entry["weights"], entry["nonzero"], entry["coding"])
            continue
        packed = program.filters[layer.name]
        assert layer.weights.size == entry["weights"]
        assert np.count_nonzero(layer.weights) == entry["nonzero"]
        assert packed.coding == entry["coding"]
        assert packed.bit_count / layer.weights.size == pytest.approx(
            entry["bits_per_weight"], abs=1e-4
        )
        assert layer.requantizer.form == entry["requantizer"]
        assert layer.out_channels == entry["shape"][2]
    assert [program.graph.classes] == manifest["layers"][-1]["shape"]


def test_logit_constants_make_logits_real(program: Program, manifest: dict[str, Any]) -> None:
    """(logit - zero) * scale is the mean of the head's real values."""
    graph = program.graph
    tensor = graph.tensor(graph.head.input)
    count = tensor.height * tensor.width
    scale, zero = tensor.quantization.scale, tensor.quantization.zero_point
    if graph.head.output_quantization is None:
        scale, zero = scale / count, zero * count

    assert np.float32(scale) == np.float32(manifest["logits"]["scale"])
    assert zero == manifest["logits"]["zero"]


def test_same_graph_same_bytes(program: Program, files: dict[str, bytes]) -> None:
    """Emitting again changes no byte, and no file depends on a path or the time."""
    assert files == emitted(compiled(program.graph))
