"""
What a program costs: flash, RAM and work, for people and for machines.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqz2c.emit.descriptors import LayerView
from sqz2c.ir.geometry import macs
from sqz2c.ir.layer import Conv, GlobalAverage
from sqz2c.ir.program import Program, Segment

# sizeof of the descriptors on a 32-bit Cortex-M (checked against the compiler by a test).
DESCRIPTOR_BYTES = {
    "sqz_conv_t": 92,
    "sqz_conv_average_t": 100,
    "sqz_add_t": 32,
    "sqz_maxpool_t": 22,
    "sqz_lookup_t": 16,
    "sqz_fire_t": 20,
    "sqz_scratch_t": 36,
}
# What runtime_c has of its own: sqz_crc32.c, sqz_huffman.c, sqz_dot.c, and three engines.
RUNTIME_TABLE_BYTES = 64 + (128 + 1024) + 4 + 3 * 8


@dataclass(frozen=True)
class Flash:
    """
    Read-only data, bytes: bit streams, codebooks (values in code order), tables (code lengths,
    flag symbols, rescaling, lookup tables, layer descriptors, the runtime's own), biases. Code is
    not in it.
    """

    weights_bytes: int
    codebooks_bytes: int
    tables_bytes: int
    biases_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Ram:
    """
    All static RAM, bytes. total_bytes is sizeof the context struct; scratch_bytes, the most that a
    step needs beside its tensors, lie inside of the arena.
    """

    arena_bytes: int
    scratch_bytes: int
    context_bytes: int
    total_bytes: int


def flash_of(layers: Sequence[LayerView]) -> Flash:
    sums = dict.fromkeys(("weights", "codebooks", "tables", "biases"), 0)
    sums["tables"] = RUNTIME_TABLE_BYTES
    for layer in layers:
        sums["tables"] += DESCRIPTOR_BYTES[layer.c_type]
        for array in layer.arrays:
            sums[array.purpose] += len(array.data)

    return Flash(**{f"{k}_bytes": v for k, v in sums.items()}, total_bytes=sum(sums.values()))


def ram_of(program: Program) -> Ram:
    return Ram(
        program.arena_bytes, program.scratch_bytes, program.context_bytes, program.ram_bytes
    )


def manifest(
    program: Program, model: str, checkpoint_sha256: str, version: str, context: dict[str, Any]
) -> dict[str, Any]:
    """
    manifest.json: SPEC.md section 4.4.
    """
    graph = program.graph

    return {
        "name": model,
        "generator": f"sqz2c {version}",
        "runtime_abi": context["abi"],
        "checkpoint_sha256": checkpoint_sha256,
        "input": {
            "height": graph.image.height,
            "width": graph.image.width,
            "channels": graph.image.channels,
            "order": graph.order,
        },
        "classes": graph.classes,
        "labels": list(graph.labels),
        "logits": {"scale": float(context["logit_scale"][:-1]), "zero": context["logit_zero"]},
        "macs": context["macs"],
        "flash": asdict(context["flash"]),
        "ram": asdict(context["ram"]),
        "arena_lower_bound_bytes": program.lower_bound_bytes,
        "input_mode": program.input_mode,
        "planned_for": program.core,
        "decoded_weights": program.decoded_weights,
        "weights_crc32": context["weights_crc"],
        "segments": [_segment_entry(segment) for segment in program.segments],
        "layers": [_layer_entry(program, layer, context["layers"]) for layer in graph.layers],
    }


def _segment_entry(segment: Segment) -> dict[str, Any]:
    return {
        "arena_bytes": segment.arena_bytes,
        "moved_from": segment.moved_from,
        "steps": [
            {
                "layers": [layer.name for layer in step.layers],
                "rows": step.rows,
                "limit": step.limit,
                "turns": step.turns,
                "tile_channels": step.tile_channels if step.convs else None,
            }
            for step in segment.steps
        ],
        "buffers": [asdict(buffer) for buffer in segment.buffers],
    }


def _layer_entry(program: Program, layer: Any, views: Sequence[LayerView]) -> dict[str, Any]:
    graph = program.graph
    if isinstance(layer, GlobalAverage):
        none = _no_weights(program, layer)
        return {"name": layer.name, "kind": "average", "shape": [graph.classes], **none}
    tensor = graph.tensor(layer.output)
    shape = [tensor.height, tensor.width, tensor.channels]
    kinds = {"PixelTable": "table", "MaxPool": "maxpool", "Add": "add"}
    kind = kinds.get(type(layer).__name__, "conv")
    if not isinstance(layer, Conv):
        none = _no_weights(program, layer)
        return {"name": layer.name, "kind": kind, "shape": shape, **none}
    packed = program.filters[layer.name]
    view = next(v for v in views if v.name == layer.name)
    assert layer.requantizer is not None

    return {
        "name": layer.name,
        "kind": kind,
        "shape": [*shape[:2], layer.out_channels],
        "weights": packed.weight_count,
        "nonzero": packed.nonzero_count,
        "coding": packed.coding,
        "order": packed.order,
        "bits_per_weight": round(packed.bit_count / packed.weight_count, 4),
        "bytes": sum(len(array.data) for array in view.arrays),
        "macs": macs(graph, layer),
        **_estimates(program, layer.name),
        "kernel": program.kernel_of(layer),
        "requantizer": layer.requantizer.form,
        "window": [layer.kernel_height, layer.kernel_width, layer.stride, layer.padding],
    }


def _estimates(program: Program, layer: str) -> dict[str, Any]:
    """What the cost model says of LAYER: on the core that was planned for, and on all."""
    found = {core: costs.get(layer, 0) for core, costs in program.estimates.items()}

    return {"estimate": found.get(program.core, 0), "estimates": found}


def _no_weights(program: Program, layer: Any) -> dict[str, Any]:
    return {
        "weights": 0,
        "nonzero": 0,
        "coding": None,
        "bits_per_weight": 0.0,
        "bytes": 0,
        **_estimates(program, layer.name),
    }
