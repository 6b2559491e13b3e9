"""
Seeded layers to round: weights, and inputs that are correlated as neighbours are.
"""

import torch

from sqz2c.compress.rounding import Problem


def problem(
    filters: int = 12, inputs: int = 40, density: float = 1.0, seed: int = 0
) -> Problem:
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(filters, inputs, generator=generator)
    kept = torch.rand(filters, inputs, generator=generator) < density
    mixing = torch.randn(inputs, inputs, generator=generator) + 2.0
    hessian = mixing @ mixing.t() / inputs + 0.05 * torch.eye(inputs)

    return Problem(weights * kept, hessian, 1.0)
