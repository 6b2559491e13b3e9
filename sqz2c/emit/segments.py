"""
Segments -> the C functions that run them.
"""

from dataclasses import dataclass

from sqz2c.emit.c_names import Names
from sqz2c.ir.graph import PIXELS, Graph
from sqz2c.ir.layer import Conv, GlobalAverage, Layer, MaxPool, PixelTable
from sqz2c.ir.program import Program, Segment


@dataclass(frozen=True)
class SegmentView:
    """One function of the generated C: BODY lines, already indented from the function."""

    comment: str
    c_name: str
    parameters: str
    call: str
    body: tuple[str, ...]


def segment_views(program: Program, names: Names) -> tuple[SegmentView, ...]:
    """
    One C function a segment, in order.
    """
    return tuple(
        _segment_view(program, names, segment, number)
        for number, segment in enumerate(program.segments)
    )


def _segment_view(
    program: Program, names: Names, segment: Segment, number: int
) -> SegmentView:
    layers = [layer for layer in segment.layers if not isinstance(layer, GlobalAverage)]
    body = (
        _whole_body(program, names, segment)
        if segment.rounds == 1
        else _flowing_body(program, names, segment)
    )
    uses = "\n".join(body)
    parameters = {
        "const uint8_t *image": "image" if "image" in uses else "",
        "uint8_t *at": "at" if "at +" in uses else "",
        "int32_t *logits": "logits" if "logits" in uses else "",
        "sqz_work_t *work": "work" if "work" in uses else "",
    }
    used = {text: name for text, name in parameters.items() if name}
    arguments = ", ".join("&work" if name == "work" else name for name in used.values())
    c_name = f"segment{number}_{names.layer[layers[-1].name]}"
    flow = f", {segment.rows} row(s) a round" if segment.rounds > 1 else ""

    return SegmentView(
        comment=f"Segment {number}. {' + '.join(layer.name for layer in segment.layers)}{flow}.",
        c_name=c_name,
        parameters=", ".join(used),
        call=f"{c_name}({arguments});",
        body=body,
    )


def _whole_body(program: Program, names: Names, segment: Segment) -> tuple[str, ...]:
    return tuple(
        _call(program, names, layer, "0", str(_height(program.graph, layer)))
        for layer in segment.layers
        if not isinstance(layer, GlobalAverage)
    )


def _flowing_body(program: Program, names: Names, segment: Segment) -> tuple[str, ...]:
    """A loop over rounds: how far each layer must come, last layer first; then the calls."""
    graph = program.graph
    layers = [layer for layer in segment.layers if not isinstance(layer, GlobalAverage)]
    last, height = layers[-1], _height(graph, layers[-1])
    name = names.layer
    lines = [f"int32_t {name[layer.name]}_done = 0;" for layer in layers[:-1]]
    lines += ["", f"for (int32_t row = 0; row < {height}; row += {segment.rows}) {{"]
    goal = f"row + {segment.rows}"
    if height % segment.rows:
        goal = f"{goal} < {height} ? {goal} : {height}"
    lines.append(f"    const int32_t {name[last.name]}_end = {goal};")
    for layer in reversed(layers[:-1]):
        ends = [_needed(graph, names, layer, reader) for reader in layers
                if reader.input == layer.output]
        siblings = [s for s in layers if s.output == layer.output and s is not layer]
        text = ends[0] if ends else f"{name[siblings[-1].name]}_end"
        lines.append(f"    const int32_t {name[layer.name]}_end = {text};")
    lines.append("")
    for layer in layers:
        begin = "row" if layer is last else f"{name[layer.name]}_done"
        rows = f"{name[layer.name]}_end - {begin}"
        lines.append("    " + _call(program, names, layer, begin, rows))
    lines += [f"    {name[layer.name]}_done = {name[layer.name]}_end;" for layer in layers[:-1]]
    lines.append("}")

    return tuple(lines)


def _needed(graph: Graph, names: Names, layer: Layer, reader: Layer) -> str:
    end = f"{names.layer[reader.name]}_end"
    if isinstance(reader, PixelTable):
        return end
    window = f"&{names.layer[reader.name]}.window"
    if _is_head(graph, reader):
        window = f"&{names.layer[reader.name]}.conv.window"

    return f"sqz_rows_end({window}, {_height(graph, layer)}, {end} - 1)"


def _is_head(graph: Graph, layer: Layer) -> bool:
    return layer is graph.layers[-2]


def _height(graph: Graph, layer: Layer) -> int:
    assert not isinstance(layer, GlobalAverage)
    return graph.tensor(layer.output).height


def _call(program: Program, names: Names, layer: Layer, first: str, rows: str) -> str:
    assert not isinstance(layer, GlobalAverage)
    descriptor = f"&{names.layer[layer.name]}"
    source = "image" if layer.input == PIXELS else f"at + {names.tensor[layer.input]}"
    if _is_head(program.graph, layer):
        return f"sqz_conv_average({descriptor}, {source}, logits, {first}, {rows}, work);"
    target = f"at + {names.tensor[layer.output]}"
    if isinstance(layer, Conv):
        return f"sqz_conv({descriptor}, {source}, {target}, {first}, {rows}, work);"
    kernel = "sqz_maxpool" if isinstance(layer, MaxPool) else "sqz_lookup"

    return f"{kernel}({descriptor}, {source}, {target}, {first}, {rows});"
