"""
Operations behind convolutions: BatchNorm, ReLU, max pools, concatenation.
"""

from dataclasses import replace

import numpy as np

from sqz2c.ir.geometry import conv_side, pool_side
from sqz2c.load.exported.call import Call
from sqz2c.load.exported.values import Block, Pool, Value

EACH_BATCH = "measures each batch: use track_running_stats=True and train again"


def refuse_training(call: Call) -> None:
    """
    Refuse BatchNorm and dropout that are not in eval mode.
    """
    if True in (call.get("training", False), call.get("train", False)):
        if call.get("running_mean", ()) is None:
            raise call.error(EACH_BATCH)
        raise call.error("runs in training mode: call model.eval() before torch.export.export")


def batch_norm(call: Call) -> Value:
    """
    aten.batch_norm with fixed statistics: into the convolutions before it.
    """
    source = call.value("input")
    refuse_training(call)
    mean, variance = (call.constant(f"running_{name}", None) for name in ("mean", "var"))
    if mean is None or variance is None:
        raise call.error(EACH_BATCH)
    weight, bias = call.constant("weight", None), call.constant("bias", None)
    epsilon = call.number("eps", 1e-5)
    call.skip("momentum", "cudnn_enabled")
    block = source.block
    if (
        not block.is_plain
        or any(filters.relu for filters in block.filters)
        or source.padding
        or not (source.is_map or source.is_channels)
    ):
        raise call.error(
            "does not follow a convolution directly, so it cannot be folded into one: put "
            "BatchNorm between convolution and ReLU and train again"
        )
    with np.errstate(all="ignore"):  # what is not finite is refused in the end
        factor = (1.0 if weight is None else weight) / np.sqrt(variance + epsilon)
        addend = (0.0 if bias is None else bias) - mean * factor
    if factor.shape != (block.channels,) or addend.shape != factor.shape:
        raise call.error(f"has {factor.shape} statistics for {block.channels} channels")

    return replace(source, block=_scaled(block, factor, addend))


def _scaled(block: Block, factor: np.ndarray, addend: np.ndarray) -> Block:
    ends = np.cumsum([len(filters.bias) for filters in block.filters])[:-1]
    parts = zip(block.filters, np.split(factor, ends), np.split(addend, ends), strict=True)

    return replace(
        block, filters=tuple(f.scaled(factor, addend) for f, factor, addend in parts)
    )


def relu(call: Call) -> Value:
    """
    aten.relu, or aten.clamp with a minimum of 0 and no maximum.
    """
    source = call.value("self")
    for bound, wanted in (("min", 0), ("max", None)):
        given = call.get(bound, wanted)
        if given is not None and (wanted is None or given != wanted):
            raise call.unsupported(f"has {bound} {given}, which is no ReLU")
    if not source.block.filters:
        raise call.unsupported("reads the image, but a SqueezeNet begins with a convolution")
    if source.averaged and not source.block.has_relu:
        raise call.error(
            "follows the average: ReLU is only supported before it; leave it out or move it and "
            "train again"
        )

    return replace(source, block=source.block.with_relu())


def clamp(call: Call) -> Value:
    """
    aten.clamp and aten.clamp_min, where they are a ReLU.
    """
    if call.get("min", None) != 0:
        raise call.unsupported("is no ReLU, the only activation that is supported")

    return relu(call)


def max_pool(call: Call) -> Value:
    """
    aten.max_pool2d.
    """
    source = call.map("self")
    kernel = call.side("kernel_size")
    given = call.get("stride", [])
    stride = call.side("stride") if given not in ([], None) else kernel
    padding = call.side("padding", 0)
    call.expect("dilation", 1)
    block = source.block
    if not block.filters:
        raise call.unsupported("reads the image, but a SqueezeNet begins with a convolution")
    side_of = pool_side if call.flag("ceil_mode") else conv_side
    height, width = (
        side_of(side, kernel, stride, padding) if stride > 0 else 0
        for side in (block.height, block.width)
    )
    if min(height, width) < 1:
        raise call.unsupported("has a window that does not fit its input")
    pool = Pool(kernel, stride, padding, height, width)
    block = replace(block, pools=(*block.pools, pool))

    return Value(block, block.shape)


def concatenation(call: Call) -> Value:
    """
    aten.cat of convolutions that read the same map.
    """
    values = call.get("tensors")
    if not isinstance(values, list) or not all(
        isinstance(v, Value) and v.is_map for v in values
    ):
        raise call.unsupported("joins something else than maps")
    if call.get("dim", 0) not in (1, -3):
        raise call.unsupported("does not join channels (dim 1)")
    blocks = [value.block for value in values]
    first = blocks[0]
    if len(blocks) == 1:
        return values[0]
    sources = {id(b.source) for b in blocks}
    are_convs = all(b.filters and b.other is None for b in blocks)
    if len(sources) > 1 or not are_convs or any(value.padding for value in values):
        raise call.unsupported(
            "joins what does not come from convolutions of one and the same map, as the expands "
            "of a fire module do"
        )
    strides = {filters.stride for block in blocks for filters in block.filters}
    if len(strides) > 1 or any(
        (block.pools, block.sides) != (first.pools, first.sides) for block in blocks
    ):
        raise call.unsupported("joins branches of different strides or pools")
    if first.source is not None and not first.source.filters:
        raise call.unsupported(
            "joins convolutions of the image, but a SqueezeNet begins with one"
        )
    filters = tuple(f for block in blocks for f in block.filters)
    joined = replace(first, filters=filters, channels=sum(b.channels for b in blocks))

    return Value(joined, joined.shape)
