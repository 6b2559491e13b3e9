"""
Program -> what the templates see: every value finished, no decision left.
"""

import zlib
from typing import Any

from sqz2c.emit import c_literals
from sqz2c.emit.c_names import Names
from sqz2c.emit.chart import arena_chart
from sqz2c.emit.descriptors import LayerView, add_views, layer_views
from sqz2c.emit.report import Flash, Ram, flash_of, ram_of
from sqz2c.emit.segments import SegmentView, counted_steps, segment_views
from sqz2c.emit.step_descriptors import fire_views, scratch_views
from sqz2c.ir.geometry import macs
from sqz2c.ir.graph import PIXELS, Graph
from sqz2c.ir.program import Buffer, Program
from sqz2c.ir.scratch import GROUP, TABLES_BYTES, filter_bytes

RUNTIME_ABI = 3
IMAGE_WHERE = {
    "image": "the image come on top",
    "arena": "no image come on top, since it is inside",
    "rows": "the row you push come on top",
}
ORDER_TEXT = {"RGB": "channels R, G, B", "BGR": "channels B, G, R", "GRAY": "one channel"}


def context(
    program: Program, model: str, checkpoint_sha256: str, version: str
) -> dict[str, Any]:
    """
    All values of all templates, by name.
    """
    graph = program.graph
    names = Names(graph, model)
    layers = (*add_views(program, names), *layer_views(program, names))
    fires = fire_views(program, names)
    scale, zero = logit_constants(graph)
    scratches = scratch_views(program, names)
    flash: Flash = flash_of((*layers, *fires, *scratches))
    counters = counted_steps(program, names)
    segments = segment_views(program, names)
    ram: Ram = ram_of(program)

    return {
        "name": model,
        "NAME": model.upper(),
        "version": version,
        "abi": RUNTIME_ABI,
        "sha256": checkpoint_sha256,
        "image": graph.image,
        "image_order": ORDER_TEXT[graph.order],
        "classes": graph.classes,
        "labels": graph.labels,
        "logit_scale": scale,
        "logit_zero": zero,
        "is_average": graph.head.output_quantization is not None,
        "macs": sum(macs(graph, layer) for layer in graph.layers),
        "layer_ids": [(names.layer[layer.name].upper(), layer.name) for layer in graph.layers],
        "layers": layers,
        "fires": fires,
        "scratches": scratches,
        "tables_bytes": TABLES_BYTES,
        "group": GROUP,
        "filter_bytes_27": filter_bytes(27),
        "arrays": [array for layer in layers for array in layer.arrays],
        "segments": segments,
        "uses_at": _uses_at(program, segments),
        "places": _places(program, names),
        "mode": program.input_mode,
        "image_where": IMAGE_WHERE[program.input_mode],
        "counters": counters,
        "image_place": _image_place(program, names),
        "image_held": _image_held(program),
        "image_rows": program.image_rows,
        "chart": arena_chart(program),
        "arena_bytes": program.arena_bytes,
        "lower_bound_bytes": program.lower_bound_bytes,
        "flash": flash,
        "ram": ram,
        "weights_crc": weights_crc(layers),
    }


def _places(program: Program, names: Names) -> list[dict[str, Any]]:
    rows = []
    for number, segment in enumerate(program.segments):
        for buffer in sorted(segment.buffers, key=lambda b: (b.offset, b.tensor)):
            rows.append(
                {
                    "c_name": names.place(number, buffer.tensor),
                    "offset": buffer.offset,
                    "comment": f"{buffer.size:,} B, {_describe(program.graph, buffer)}",
                }
            )

    return rows


def _describe(graph: Graph, buffer: Buffer) -> str:
    if buffer.kind == "scratch":
        return "while it takes a turn"
    if buffer.kind == "sums":
        return f"int32 sums of {buffer.held} row(s), while they are made"
    tensor = graph.tensor(buffer.tensor)
    if buffer.kind == "map":
        return f"{tensor.shape_text}, a whole map"

    return f"[{buffer.held}, {tensor.width}, {tensor.channels}], a ring: {tensor.height} rows pass"


def weights_crc(layers: tuple[LayerView, ...]) -> int:
    """
    CRC-32 over all arrays, layer by layer (SPEC.md section 4.3).
    """
    crc = 0
    for layer in layers:
        for array in layer.arrays:
            crc = zlib.crc32(array.data, crc)

    return crc


def logit_constants(graph: Graph) -> tuple[str, int]:
    """
    (scale, zero) as C text: real logit = (logit - zero) * scale.
    """
    out, source = graph.head.output_quantization, graph.tensor(graph.head.input)
    if out is not None:
        return c_literals.float32(out.scale), out.zero_point
    assert source.quantization is not None
    count = source.height * source.width

    return c_literals.float32(source.quantization.scale / count), (
        count * source.quantization.zero_point
    )


def _image_place(program: Program, names: Names) -> str | None:
    return None if program.input_mode == "image" else names.place(0, PIXELS)


def _image_held(program: Program) -> int:
    buffer = program.segments[0].buffer(PIXELS)
    return buffer.held if buffer else program.graph.image.height


def _uses_at(program: Program, segments: tuple[SegmentView, ...]) -> bool:
    """Whether a segment that run (or finish) calls takes the arena itself."""
    first = 1 if program.input_mode == "rows" else 0
    return any("(at" in segment.call or ", at" in segment.call for segment in segments[first:])
