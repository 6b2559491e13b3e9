"""
Sizes: what a window makes of a side, and how many multiplications that takes.
"""

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, Layer


def conv_side(side: int, kernel: int, stride: int, padding: int) -> int:
    """
    Give the output side of a convolution; below 1 when the kernel does not fit.
    """
    return (side + 2 * padding - kernel) // stride + 1


def pool_side(side: int, kernel: int, stride: int, padding: int) -> int:
    """
    Give the output side of a pool in ceil mode as PyTorch computes it: a last, partial window
    counts only if it starts inside the image or its padding before it.
    """
    out = -(-(side + 2 * padding - kernel) // stride) + 1

    return out - 1 if (out - 1) * stride >= side + padding else out


def taps(side: int, out_side: int, kernel: int, stride: int, padding: int) -> int:
    """
    Count the positions inside the image over all windows of one side.
    """
    starts = (at * stride - padding for at in range(out_side))

    return sum(max(0, min(start + kernel, side) - max(start, 0)) for start in starts)


def macs(graph: Graph, layer: Layer) -> int:
    """
    Count LAYER's multiplications for one image; padding does not count, only convolutions do.
    """
    if not isinstance(layer, Conv):
        return 0
    source, target = graph.tensor(layer.input), graph.tensor(layer.output)
    window = (layer.stride, layer.padding)
    rows = taps(source.height, target.height, layer.kernel_height, *window)
    columns = taps(source.width, target.width, layer.kernel_width, *window)

    return rows * columns * layer.in_channels * layer.out_channels
