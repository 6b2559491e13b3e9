"""
Sums of two maps: a bypass around convolutions, plain or through a 1x1 convolution.
"""

from dataclasses import replace

from sqz2c.load.exported.call import Call
from sqz2c.load.exported.shapes import arithmetic
from sqz2c.load.exported.values import Block, Value


def addition(call: Call) -> object:
    """
    aten.add of two maps, one of which was just convolved: it becomes part of that block.
    """
    operands = [call.get(name, None) for name in ("self", "other")]
    if not all(isinstance(operand, Value) for operand in operands):
        return arithmetic(call)
    call.expect("alpha", 1)
    first, second = call.map("self").block, call.map("other").block
    if first.shape != second.shape:
        raise call.unsupported("adds maps of different shapes, or spreads one over the other")
    for own, other in ((first, second), (second, first)):
        if own.is_plain and other.filters and _can_wait(own, other):
            block = replace(own, other=other)
            return Value(block, block.shape)
    raise call.unsupported(
        "is no bypass around convolutions of stride 1 that keep the size of a map, plain or "
        "through one 1x1 convolution"
    )


def _can_wait(own: Block, other: Block) -> bool:
    """
    Whether OTHER waits while OWN's convolutions are computed: it is what they come from, or, where
    OWN is a single 1x1 convolution, what others made of OWN's input.
    """
    if _leads_to(own, other):
        return True
    is_1x1 = [(f.kernel, f.stride, f.padding) for f in own.filters] == [((1, 1), 1, 0)]
    if not is_1x1 or own.source is None or not own.source.filters:
        return False

    return _leads_to(other, own.source)


def _leads_to(block: Block | None, origin: Block) -> bool:
    """Whether BLOCK is made of ORIGIN by convolutions alone that keep its size."""
    while block is not None and block is not origin:
        keeps = all(
            f.stride == 1 and set(f.kernel) == {2 * f.padding + 1} for f in block.filters
        )
        if not (block.is_plain and keeps):
            return False
        block = block.source

    return block is origin
