"""
The judge of additions: two maps of one shape, the first just made, the second by a way that keeps
its rows.
"""

from sqz2c.errors import Sqz2cError
from sqz2c.ir.addition import LEAST_RATIO, RATIO_END, ratios
from sqz2c.ir.graph import PIXELS, Graph, inputs_of
from sqz2c.ir.layer import Add, Conv, Layer


def check_add(graph: Graph, add: Add) -> None:
    """
    Raise Sqz2cError unless ADD is one that steps can have folded in.
    """
    a, b, out = (graph.tensor(name) for name in (add.input, add.other, add.output))
    shapes = {(t.height, t.width, t.channels) for t in (a, b, out)}
    if len(shapes) > 1:
        raise Sqz2cError(
            f"{add.name}: {a.name} {a.shape_text} and {b.name} {b.shape_text} cannot be added to "
            f"{out.shape_text}: they need the same shape."
        )
    if add.input == add.other or PIXELS in (add.input, add.other):
        raise Sqz2cError(f"{add.name}: {add.other} cannot be added to {add.input}.")
    _check_place(graph, add)
    if graph.is_quantized:
        _check_scales(graph, add)


def _check_place(graph: Graph, add: Add) -> None:
    """The convolutions right before ADD make its input, which nobody else reads."""
    at = graph.layers.index(add)
    before = graph.layers[at - 1] if at else None
    if not isinstance(before, Conv) or before.output != add.input:
        raise Sqz2cError(
            f"{add.name}: {add.input} must be what the convolutions right before it make; only one "
            "of the maps that are added may wait."
        )
    readers = [layer for layer in graph.layers if add.input in inputs_of(layer)]
    if readers != [add]:
        raise Sqz2cError(f"{add.name}: {add.input} has another reader besides.")
    passed = _made_before(graph, before)
    if before.input != passed and (before.kernel_height != 1 or add.other != passed):
        raise Sqz2cError(
            f"{before.name}: reads {before.input} past other layers, which only a 1x1 convolution "
            "may that is added to what they make."
        )
    if before.input == PIXELS:
        raise Sqz2cError(f"{before.name}: reads the image, so nothing can be added to it.")
    for waiting in {add.other, before.input} - {passed} or {passed}:
        for layer in _since(graph, waiting, at):
            _check_keeps_rows(add, layer)


def _since(graph: Graph, tensor: str, end: int) -> tuple[Layer, ...]:
    """The layers between those that write TENSOR and layer END."""
    written = [i for i, x in enumerate(graph.layers[:end]) if getattr(x, "output", "") == tensor]

    return graph.layers[max(written, default=-1) + 1 : end]


def _made_before(graph: Graph, conv: Conv) -> str:
    """The tensor that is finished last before the convolutions that write with CONV."""
    at = next(i for i, x in enumerate(graph.layers) if getattr(x, "output", "") == conv.output)

    return graph.layers[at - 1].output if at else PIXELS  # type: ignore[union-attr]


def _check_keeps_rows(add: Add, layer: Layer) -> None:
    is_conv = isinstance(layer, Conv)
    if not is_conv or layer.stride != 1 or layer.kernel_height != 2 * layer.padding + 1:
        raise Sqz2cError(
            f"{add.name}: bypasses {layer.name}; only convolutions of stride 1 that keep their "
            "input's size can be bypassed."
        )


def _check_scales(graph: Graph, add: Add) -> None:
    found = [graph.tensor(name).quantization for name in (add.input, add.other, add.output)]
    if None in found:
        raise Sqz2cError(f"{add.name}: its inputs or its output have no scale.")
    for name, ratio in zip((add.input, add.other), ratios(*found), strict=True):  # type: ignore[arg-type]
        if not LEAST_RATIO <= ratio < RATIO_END:
            raise Sqz2cError(
                f"{add.name}: the scale of {name} is {ratio} times that of the sum, outside of "
                f"[2^-10, 2^8), where PyTorch's engines add: quantize it with other scales."
            )
