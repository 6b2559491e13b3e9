"""
Sums of two quantized maps: PyTorch's operator under qnnpack, the formula of SPEC.md section 2.8 and
the reference agree on all pairs of bytes.
"""

import numpy as np
import torch

from sqz2c.ir.addition import LEAST_RATIO, RATIO_END, addition, ratios
from sqz2c.ir.tensor import Quantization
from tests.exact.qnnpack import engine

SCALES = 40
PAIRS = np.mgrid[0:256, 0:256].reshape(2, -1)


def drawn(rng: np.random.Generator) -> list[Quantization]:
    """Two operands' scales and the sum's; ratios from 2^-10 to 2^8."""
    target = float(np.float32(2 ** rng.uniform(-6, 3)))
    spread = 2 ** rng.uniform(-9.9, 7.9, 2) if rng.random() < 0.5 else 2 ** rng.uniform(-2, 1, 2)
    if rng.random() < 0.2:
        spread = np.array([1.0, 0.5])  # ties
    scales = [*(float(np.float32(target * x)) for x in spread), target]

    return [Quantization(s, int(rng.integers(0, 256)) * int(rng.integers(0, 2))) for s in scales]


def by_formula(a: Quantization, b: Quantization, out: Quantization, relu: bool) -> np.ndarray:
    sums = addition(a, b, out)
    x, y = PAIRS
    t = (x - a.zero_point) * sums.factor + (y - b.zero_point) * sums.other_factor
    rounded = (t + (1 << (sums.shift - 1)) + (t >> 63)) >> sums.shift

    return np.clip(rounded + out.zero_point, out.zero_point if relu else 0, 255)


def by_pytorch(a: Quantization, b: Quantization, out: Quantization, relu: bool) -> np.ndarray:
    x, y = (
        torch._make_per_tensor_quantized_tensor(
            torch.from_numpy(values.astype(np.uint8)), q.scale, q.zero_point
        )
        for values, q in zip(PAIRS, (a, b), strict=True)
    )
    with engine():
        operator = torch.ops.quantized.add_relu if relu else torch.ops.quantized.add
        return operator(x, y, out.scale, out.zero_point).int_repr().numpy()


def test_all_pairs_are_added_as_pytorch_adds_them() -> None:
    """Any scales and zero points, with a ReLU or without."""
    rng = np.random.default_rng(4)
    wrong = []
    for _ in range(SCALES):
        a, b, out = drawn(rng)
        assert all(LEAST_RATIO <= ratio < RATIO_END for ratio in ratios(a, b, out))
        for relu in (False, True):
            if not np.array_equal(by_formula(a, b, out, relu), by_pytorch(a, b, out, relu)):
                wrong.append((a, b, out, relu))
    assert [] == wrong
