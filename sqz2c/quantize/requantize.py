"""
Float32 rescaling as integer arithmetic: for each layer the cheapest form that is proved equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sqz2c.errors import QuantizeError
from sqz2c.ir.arithmetic import integer_bias, multipliers, sum_bounds
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, Requantizer
from sqz2c.ir.tensor import Quantization
from sqz2c.ir.winograd import is_shape_for_winograd, largest_lift
from sqz2c.quantize.fixed_point import LIFTS, Fixed, Reach, fit_fixed
from sqz2c.quantize.rescaling import Rescaling

CHECKED_EXPONENTS = range(1, 21)  # k = 126 - exponent field for which form "checked" is proved
CHECKED_MOST = 2**31 - 1 - 2**29  # accumulator: beside it, rounding and zero point have room


@dataclass(frozen=True, eq=False)
class FixedLayer:
    """
    Form "fixed" of a whole layer: FACTOR int64 [scales], START int64 [filters].
    """

    lift: int
    factor: np.ndarray
    start: np.ndarray


def attach_requantizers(graph: Graph) -> Graph:
    """
    Give each convolution its int32 bias and the integer form of its rescaling.
    """
    return graph.with_layers(
        tuple(
            replace(layer, requantizer=requantizer_of(graph, layer))
            if isinstance(layer, Conv)
            else layer
            for layer in graph.layers
        )
    )


def requantizer_of(graph: Graph, conv: Conv) -> Requantizer:
    """
    Fit and prove CONV's requantizer: one entry a tensor, or one a filter where scales differ.
    """
    source = graph.tensor(conv.input).quantization
    target = conv.quantization or graph.tensor(conv.output).quantization
    if source is None or target is None or conv.weight_scales is None:
        raise QuantizeError(f"{conv.name}: not quantized yet; call quantize() first.")

    return requantizer_between(conv, source, target)


def requantizer_between(conv: Conv, source: Quantization, target: Quantization) -> Requantizer:
    """
    CONV's requantizer from SOURCE to TARGET.
    """
    low = target.zero_point if conv.relu else 0
    lowest, highest = sum_bounds(conv, source)
    bias = integer_bias(conv, source)
    scale = multipliers(conv, source, target)

    return fit(
        conv.name,
        [Rescaling(m, target.zero_point, low) for m in scale],
        Reach(bias.astype(np.int64), lowest, highest),
        _lifts(conv),
    )


def _lifts(conv: Conv) -> tuple[int, ...]:
    """Lifts to try in this order: those first that leave CONV its choice of kernels."""
    if not is_shape_for_winograd(conv):
        return tuple(LIFTS)
    most = largest_lift(conv, LIFTS[0])

    return tuple(sorted(LIFTS, key=lambda lift: (lift > most, -lift)))


def fit(
    name: str,
    rescalings: list[Rescaling],
    reach: Reach,
    lifts: Sequence[int] = tuple(LIFTS),
) -> Requantizer:
    """
    The cheapest proved form: fixed where every filter has one, else checked, else exact.

    RESCALINGS is one for all filters of REACH, or one a filter. Of LIFTS the first that does.
    """
    multiplier = np.array([rescaling.m for rescaling in rescalings], np.float32)
    if not np.all((multiplier > 0) & (multiplier < 1)):
        raise QuantizeError(
            f"{name}: its rescaling factor must lie between 0 and 1 (found "
            f"{float(multiplier.max()):.6g}); calibrate with images that reach its full range."
        )
    fixed = fit_layer(rescalings, reach, lifts)
    if fixed is not None:
        return Requantizer(
            form="fixed",
            bias=fixed.start.astype(np.int32),
            multiplier=multiplier,
            factor=fixed.factor.astype(np.int32),
            lift=fixed.lift,
        )
    multiplier, bias = _without_constants(rescalings, reach)
    exponents = 126 - (multiplier.view(np.uint32) >> 23).astype(int)

    is_checked = all(k in CHECKED_EXPONENTS for k in exponents) and bool(
        np.all(bias + reach.highest <= CHECKED_MOST)
    )

    return Requantizer(
        form="checked" if is_checked else "exact",
        bias=bias.astype(np.int32),
        multiplier=multiplier,
        factor=np.zeros(len(multiplier), np.int32),
        lift=0,
    )


def _without_constants(
    rescalings: list[Rescaling], reach: Reach
) -> tuple[np.ndarray, np.ndarray]:
    """
    (float32 m [scales], bias int64 [filters]) with which filters of no weights, which PyTorch gives
    tiny scales, give the same output by a scale that any form takes.
    """
    multiplier = np.array([rescaling.m for rescaling in rescalings], np.float32)
    bias = reach.bias.copy()
    if len(rescalings) > 1:
        for at in np.flatnonzero(reach.lowest == reach.highest):
            acc = reach.bias[at : at + 1] + reach.lowest[at]
            y = int(rescalings[at].apply(acc)[0])
            multiplier[at] = np.float32(0.25)
            bias[at] = 4 * (y - rescalings[at].zero_point) - reach.lowest[at]

    return multiplier, bias


def fit_layer(
    rescalings: list[Rescaling], reach: Reach, lifts: Sequence[int] = tuple(LIFTS)
) -> FixedLayer | None:
    """
    Form "fixed" with the first of LIFTS with which every scale has one, or None.
    """
    if len(rescalings) == 1:
        groups = [reach]
    else:
        groups = [reach.of(slice(i, i + 1)) for i in range(len(rescalings))]
    for lift in lifts:
        parts: list[Fixed] = []
        for rescaling, group in zip(rescalings, groups, strict=True):
            part = fit_fixed(rescaling, group, lift)
            if part is None:
                break
            parts.append(part)
        else:
            return FixedLayer(
                lift,
                np.array([part.factor for part in parts]),
                np.concatenate([part.start for part in parts]),
            )

    return None
