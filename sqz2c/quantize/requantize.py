"""
Float32 rescaling as integer arithmetic, proved equal for every int32 accumulator.

PyTorch's qnnpack computes y = clamp(rint((float)acc * m) + zero_point, low, 255) (SPEC.md section
2.3). That is a step function of acc with at most 255 steps. An integer form that is monotone too
equals it everywhere if it has the same steps, so 2 * 255 checks prove all 2^32 inputs.
"""

from dataclasses import replace

import numpy as np

from sqz2c.errors import QuantizeError
from sqz2c.ir.arithmetic import INT32_MAX, INT32_MIN, integer_bias, multipliers
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, Requantizer
from sqz2c.ir.tensor import Quantization

MAX_SHIFT = 53  # keeps acc * factor + addend inside int64
CHECKED_EXPONENTS = range(1, 21)  # k = 126 - exponent field for which form "checked" is proved


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
    in_quantization = graph.tensor(conv.input).quantization
    out_quantization = conv.quantization or graph.tensor(conv.output).quantization
    if in_quantization is None or out_quantization is None or conv.weight_scales is None:
        raise QuantizeError(f"{conv.name}: not quantized yet; call quantize() first.")

    return fit(
        conv.name,
        integer_bias(conv, in_quantization),
        multipliers(conv, in_quantization, out_quantization),
        out_quantization,
        conv.relu,
    )


def fit(
    name: str,
    bias: np.ndarray,
    multiplier: np.ndarray,
    out: Quantization,
    relu: bool,
) -> Requantizer:
    """
    The cheapest proved form: fixed where every filter has one, else checked, else exact.
    """
    if not np.all((multiplier > 0) & (multiplier < 1)):
        raise QuantizeError(
            f"{name}: its rescaling factor must lie between 0 and 1 (found "
            f"{float(multiplier.max()):.6g}); calibrate with images that reach its full range."
        )
    low = out.zero_point if relu else 0
    fitted = [fit_fixed(m, out.zero_point, low) for m in multiplier]
    count = len(multiplier)
    factor, addend, shift = np.zeros(count, np.int32), np.zeros(count, np.int64), np.zeros(count)

    if all(fitted):
        columns = list(zip(*[f for f in fitted if f is not None], strict=True))
        factor, addend, shift = (np.array(column) for column in columns)
        form = "fixed"
    else:
        exponents = 126 - (multiplier.view(np.uint32) >> 23).astype(int)
        form = "checked" if all(k in CHECKED_EXPONENTS for k in exponents) else "exact"

    return Requantizer(
        form=form,
        bias=bias,
        multiplier=multiplier,
        factor=factor.astype(np.int32),
        addend=addend.astype(np.int64),
        shift=shift.astype(np.uint8),
    )


def rescale(acc: np.ndarray, m: np.float32, zero_point: int, low: int) -> np.ndarray:
    """
    The definition in float32: ACC any int32 values, result 0..255 as int64.
    """
    rounded = np.rint(acc.astype(np.int32).astype(np.float32) * np.float32(m))

    return np.clip(rounded.astype(np.int64) + zero_point, low, 255)


def thresholds(m: np.float32, zero_point: int, low: int) -> np.ndarray:
    """
    For y in low + 1 .. 255 the smallest int32 acc that gives at least y; 2^31 where none does.
    """
    wanted = np.arange(low + 1, 256)
    below = np.full(wanted.shape, INT32_MIN - 1, np.int64)  # gives less than wanted
    above = np.full(wanted.shape, INT32_MAX + 1, np.int64)  # gives at least wanted
    while np.any(above - below > 1):
        middle = (below + above) >> 1
        inside = np.clip(middle, INT32_MIN, INT32_MAX)
        reached = rescale(inside, m, zero_point, low) >= wanted
        undecided = above - below > 1
        above = np.where(undecided & reached, middle, above)
        below = np.where(undecided & ~reached, middle, below)

    return above


def fit_fixed(m: np.float32, zero_point: int, low: int) -> tuple[int, int, int] | None:
    """
    (factor, addend, shift) with the thresholds of the definition, or None where there is none.

    For one factor, each threshold T of value y asks for an addend in
    [y * 2^shift - T * factor, y * 2^shift - (T - 1) * factor). The width of the intersection is
    concave in factor, so a ternary search finds the widest.
    """
    mantissa, exponent = np.frexp(np.float64(m))
    shift = 31 - int(exponent)
    if shift > MAX_SHIFT:
        return None
    at = thresholds(m, zero_point, low)
    targets = np.arange(low + 1, 256, dtype=np.int64) << shift
    reached = at <= INT32_MAX
    exceeded = at > INT32_MIN

    def addends(factor: int) -> tuple[int, int]:
        """Half-open range of addends that give the right thresholds."""
        least = (targets - at * factor)[reached]
        most = (targets - (at - 1) * factor)[exceeded]
        lowest = int(least.max()) if least.size else -(2**62)
        return lowest, int(most.min()) if most.size else lowest + 1

    def width(factor: int) -> int:
        lowest, end = addends(factor)
        return end - lowest

    nominal = int(np.rint(mantissa * 2.0**31))
    first, last = max(1, nominal - 4096), min(INT32_MAX, nominal + 4096)
    while last - first > 2:
        third = (last - first) // 3
        if width(first + third) < width(last - third):
            first += third
        else:
            last -= third
    factor = max(range(first, last + 1), key=width)
    lowest, end = addends(factor)
    if end <= lowest:
        return None
    addend = (lowest + end - 1) // 2

    return (factor, addend, shift) if is_fixed_right(factor, addend, shift, at, low) else None


def is_fixed_right(factor: int, addend: int, shift: int, at: np.ndarray, low: int) -> bool:
    """
    The proof, in Python's unbounded integers: form "fixed" has exactly the thresholds AT.
    """
    if not (0 < factor <= INT32_MAX and 31 <= shift <= MAX_SHIFT):
        return False
    if abs(addend) + 2**31 * factor >= 2**63:
        return False

    def fixed(acc: int) -> int:
        return min(255, max(low, (acc * factor + addend) >> shift))

    for wanted, threshold in zip(range(low + 1, 256), at.tolist(), strict=True):
        if threshold <= INT32_MAX and fixed(threshold) < wanted:
            return False
        if threshold > INT32_MIN and fixed(threshold - 1) >= wanted:
            return False

    return True
