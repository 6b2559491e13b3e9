"""
Layers -> the constant structs that describe them to the kernels.
"""

from dataclasses import dataclass

import numpy as np

from sqz2c.emit.arrays import Array, conv_arrays, table_arrays
from sqz2c.emit.c_names import Names
from sqz2c.ir.addition import addition
from sqz2c.ir.geometry import macs
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Add, Conv, Layer, MaxPool, PixelTable
from sqz2c.ir.program import Program
from sqz2c.ir.tensor import Tensor

CODINGS = {"dense": "SQZ_CODING_DENSE", "block": "SQZ_CODING_BLOCK", "raw": "SQZ_CODING_RAW"}
ENGINES = {
    "products": "NULL",
    "nonzeros": "&sqz_by_nonzeros",
    "values": "&sqz_by_values",
    "winograd": "&sqz_by_winograd",
}
NO_CODE = "{.counts = NULL, .symbols = NULL, .symbol_count = 0}"


@dataclass(frozen=True)
class LayerView:
    """One layer as the templates see it: its comment, its descriptor, its constant arrays."""

    name: str
    c_name: str
    comment: str
    c_type: str
    fields: tuple[str, ...]
    arrays: tuple[Array, ...]
    crc_call: str | None


def layer_views(program: Program, names: Names) -> tuple[LayerView, ...]:
    """
    Every layer but the head, which has no descriptor of its own (its convolution carries it).
    """
    head_conv = program.graph.layers[-2]
    views = []
    for layer in program.graph.layers[:-1]:
        if layer is head_conv:
            assert isinstance(layer, Conv)
            views.append(_head_view(program, names, layer))
        elif isinstance(layer, Conv):
            views.append(_conv_view(program, names, layer))
        elif isinstance(layer, MaxPool):
            views.append(_pool_view(program, names, layer))
        elif isinstance(layer, PixelTable):
            views.append(_table_view(program, names, layer))

    return tuple(views)


def _held(program: Program, layer: Layer, tensor: Tensor) -> int:
    """Rows of TENSOR in memory while conv runs."""
    for segment in program.segments:
        if any(layer in step.layers for step in segment.steps):
            buffer = segment.buffer(tensor.name)
            return buffer.held if buffer else tensor.height
    raise KeyError(layer.name)


def _map(program: Program, layer: Layer, tensor: Tensor) -> str:
    return (
        f"{{.height = {tensor.height}, .width = {tensor.width}, "
        f".channels = {tensor.channels}, .held = {_held(program, layer, tensor)}}}"
    )


def _conv_fields(program: Program, names: Names, conv: Conv) -> list[str]:
    graph = program.graph
    source, target = graph.tensor(conv.input), graph.tensor(conv.output)
    assert source.quantization is not None
    prefix = names.prefix(conv)
    own = conv.quantization or target.quantization
    remap = f"{prefix}_remap" if own != target.quantization else "NULL"
    add = next((add for add in graph.adds if add.input == conv.output), None)
    stored = graph.tensor(add.output) if add else target

    return [
        f".layer = {names.index[conv.name]},",
        f".out_channels = {conv.out_channels},",
        f".first_channel = {conv.first_channel},",
        f".in_zero_point = {source.quantization.zero_point},",
        f".in = {_map(program, conv, source)},",
        f".out = {_map(program, conv, stored)},",
        f".window = {{.height = {conv.kernel_height}, .width = {conv.kernel_width}, "
        f".stride = {conv.stride}, .padding = {conv.padding}}},",
        f".bias = {prefix}_bias,",
        f".remap = {remap},",
        f".engine = {ENGINES[program.kernel_of(conv)]},",
        *_requantizer_fields(prefix, conv, graph),
        *_filter_fields(prefix, program, conv),
    ]


def _requantizer_fields(prefix: str, conv: Conv, graph: Graph) -> list[str]:
    requantizer = conv.requantizer
    own = conv.quantization or graph.tensor(conv.output).quantization
    assert requantizer is not None and own is not None
    is_fixed = requantizer.form == "fixed"
    parts = {
        "factor": f"{prefix}_factor" if is_fixed else "NULL",
        "m": "NULL" if is_fixed else f"{prefix}_m",
    }

    return [
        ".requantizer = {",
        f"    .form = SQZ_REQUANTIZE_{requantizer.form.upper()},",
        f"    .per_filter = {int(len(requantizer.multiplier) > 1)},",
        f"    .zero_point = {own.zero_point},",
        f"    .low = {own.zero_point if conv.relu else 0},",
        f"    .lift = {requantizer.lift},",
        *(f"    .{key} = {value}," for key, value in parts.items()),
        "},",
    ]


def _filter_fields(prefix: str, program: Program, conv: Conv) -> list[str]:
    packed = program.filters[conv.name]
    codes = {"values": packed.values, "flags": packed.flags}

    def code(name: str) -> str:
        if not codes[name].symbols:
            return NO_CODE
        return (
            f"{{.counts = {prefix}_{name}_counts, .symbols = {prefix}_{name}_symbols, "
            f".symbol_count = {len(codes[name].symbols)}}}"
        )

    return [
        ".filters = {",
        f"    .bits = {prefix}_bits,",
        f"    .bit_count = {packed.bit_count},",
        f"    .coding = {CODINGS[packed.coding]},",
        f"    .values = {code('values')},",
        f"    .flags = {code('flags')},",
        "},",
    ]


def _describe_conv(graph: Graph, conv: Conv) -> str:
    source, target = graph.tensor(conv.input), graph.tensor(conv.output)
    relu = ", ReLU" if conv.relu else ""

    return (
        f"{conv.name}: conv{conv.kernel_height}x{conv.kernel_width} {source.shape_text} -> "
        f"[{target.height}, {target.width}, {conv.out_channels}]{relu}. "
        f"{macs(graph, conv):,} MACs."
    )


def _conv_view(program: Program, names: Names, conv: Conv) -> LayerView:
    name = names.layer[conv.name]

    return LayerView(
        name=conv.name,
        c_name=name,
        comment=_describe_conv(program.graph, conv),
        c_type="sqz_conv_t",
        fields=tuple(_conv_fields(program, names, conv)),
        arrays=tuple(
            conv_arrays(names.prefix(conv), conv, program.filters[conv.name], program.graph)
        ),
        crc_call=f"sqz_crc_conv(crc, &{name})",
    )


def _head_view(program: Program, names: Names, conv: Conv) -> LayerView:
    plain = _conv_view(program, names, conv)
    zero_sum, m = head_rescaling(program.graph)

    return LayerView(
        name=conv.name,
        c_name=plain.c_name,
        comment=plain.comment + " Its output is averaged, never stored.",
        c_type="sqz_conv_average_t",
        fields=(
            ".conv = {",
            *(f"    {line}" for line in plain.fields),
            "},",
            f".zero_sum = {zero_sum},",
            f".m = 0x{m:08x}u,",
        ),
        arrays=plain.arrays,
        crc_call=f"sqz_crc_conv(crc, &{plain.c_name}.conv)",
    )


def head_rescaling(graph: Graph) -> tuple[int, int]:
    """
    (pixels * zero_point, bits of the float32 multiplier) of a quantized average; (0, 0): sums.
    """
    out, source = graph.head.output_quantization, graph.tensor(graph.head.input)
    if out is None:
        return 0, 0
    assert source.quantization is not None
    count = source.height * source.width
    scale = np.float32(source.quantization.scale)
    m = scale / (np.float32(out.scale) * np.float32(count))

    return count * source.quantization.zero_point, int(np.float32(m).view(np.uint32))


def add_views(program: Program, names: Names) -> tuple[LayerView, ...]:
    """
    What is added to convolutions.
    """
    return tuple(_add_view(program, names, add) for add in program.graph.adds)


def _add_view(program: Program, names: Names, add: Add) -> LayerView:
    graph = program.graph
    tensors = [graph.tensor(name) for name in (add.input, add.other, add.output)]
    a, b, out = (tensor.quantization for tensor in tensors)
    assert a is not None and b is not None and out is not None
    sums = addition(a, b, out)
    bias = -(a.zero_point * sums.factor + b.zero_point * sums.other_factor)
    relu = ", ReLU" if add.relu else ""

    return LayerView(
        name=add.name,
        c_name=names.layer[add.name],
        comment=f"{add.name}: {add.input} + {add.other} {tensors[2].shape_text}{relu}.",
        c_type="sqz_add_t",
        fields=(
            f".layer = {names.index[add.name]},",
            f".shift = {sums.shift},",
            f".zero_point = {out.zero_point},",
            f".low = {out.zero_point if add.relu else 0},",
            f".other = {_map(program, add, tensors[1])},",
            f".factor = {sums.factor},",
            f".other_factor = {sums.other_factor},",
            f".bias = {bias},",
            ".row = sqz_add_row,",
        ),
        arrays=(),
        crc_call=None,
    )


def _pool_view(program: Program, names: Names, pool: MaxPool) -> LayerView:
    source, target = program.graph.tensor(pool.input), program.graph.tensor(pool.output)
    kernel = f"{pool.kernel}x{pool.kernel}"

    return LayerView(
        name=pool.name,
        c_name=names.layer[pool.name],
        comment=f"{pool.name}: maximum {kernel} {source.shape_text} -> {target.shape_text}.",
        c_type="sqz_maxpool_t",
        fields=(
            f".layer = {names.index[pool.name]},",
            f".in = {_map(program, pool, source)},",
            f".out = {_map(program, pool, target)},",
            f".window = {{.height = {pool.kernel}, .width = {pool.kernel}, "
            f".stride = {pool.stride}, .padding = {pool.padding}}},",
        ),
        arrays=(),
        crc_call=None,
    )


def _table_view(program: Program, names: Names, layer: PixelTable) -> LayerView:
    source, target = program.graph.tensor(layer.input), program.graph.tensor(layer.output)
    name = names.layer[layer.name]

    return LayerView(
        name=layer.name,
        c_name=name,
        comment=f"{layer.name}: pixels {source.shape_text} to quantized values, by table.",
        c_type="sqz_lookup_t",
        fields=(
            f".layer = {names.index[layer.name]},",
            f".in = {_map(program, layer, source)},",
            f".out_held = {_held(program, layer, target)},",
            f".table = {names.prefix(layer)}_table,",
        ),
        arrays=tuple(table_arrays(names.prefix(layer), layer)),
        crc_call=f"sqz_crc_lookup(crc, &{name})",
    )
