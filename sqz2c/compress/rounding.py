"""
Weights to integers: rate against distortion, with error feedback.

The error of one filter is e^T H e, e [inputs] the error of its weights and H the covariance of
its inputs. GPTQ (Frantar et al. 2022, after OBQ) rounds input by input and lets the inputs that
are still to come make up for each error; sweeps of coordinate descent then revise every weight
against all others. Every single choice weighs the error against the bits of the symbol.
"""

from dataclasses import dataclass

import torch

from sqz2c.compress.rate import LIMIT, Prices, count_symbols, entropy_bits

SETTLING = 3  # rounds of choices after which prices hardly move


@dataclass(frozen=True, eq=False)
class Problem:
    """
    WANTED [filters, inputs] float weights; HESSIAN [inputs, inputs], positive definite;
    IMPORTANCE, what e^T H e of a filter counts.
    """

    wanted: torch.Tensor
    hessian: torch.Tensor
    importance: float


@dataclass(frozen=True, eq=False)
class Rounded:
    """INTEGERS [filters, inputs] (whole float32) times STEP; the DISTORTION and BITS they take."""

    integers: torch.Tensor
    step: float
    distortion: float
    bits: float

    def cost(self, price: float) -> float:
        """Distortion and rate in one number; PRICE is what a bit counts."""
        return self.distortion + price * self.bits


def round_plainly(problem: Problem, step: float) -> torch.Tensor:
    """Give the nearest integers, -127..127."""
    return (problem.wanted / step).round().clamp(-LIMIT, LIMIT)


def choose(
    target: torch.Tensor, weight: torch.Tensor | float, prices: Prices, price: float
) -> torch.Tensor:
    """
    Give for each of TARGET [n], in steps, the integer of least weight * error^2 + price * bits:
    the nearest, the next one towards zero, or zero.
    """
    nearest = target.round().clamp(-LIMIT, LIMIT)
    smaller = nearest - nearest.sign()
    best = weight * (nearest - target) ** 2 + price * prices.of(nearest)
    other = weight * (smaller - target) ** 2 + price * prices.of(smaller)
    chosen = torch.where(other < best, smaller, nearest)
    zero = weight * target**2 + price * prices.zero

    return chosen * (zero > torch.minimum(best, other))


def with_feedback(
    problem: Problem, step: float, prices: Prices, price: float, factor: torch.Tensor
) -> torch.Tensor:
    """
    Round input by input, in order; FACTOR is the upper Cholesky factor of the inverse Hessian.
    """
    left = (problem.wanted / step).t().contiguous()  # [inputs, filters]: rows are inputs
    chosen = torch.empty_like(left)
    scale = problem.importance * step**2
    for row in range(left.shape[0]):
        pivot = float(factor[row, row])
        chosen[row] = choose(left[row], scale / pivot**2, prices, price)
        error = (left[row] - chosen[row]) / pivot
        left[row + 1 :].addr_(factor[row, row + 1 :], error, alpha=-1)

    return chosen.t().contiguous()


def descend(
    problem: Problem, step: float, integers: torch.Tensor, prices: Prices, price: float
) -> torch.Tensor:
    """One sweep of coordinate descent from INTEGERS; what the prices say never gets worse."""
    chosen = integers.t().contiguous()
    error = chosen - (problem.wanted / step).t()
    pull = problem.hessian @ error
    scale = problem.importance * step**2
    for row in range(chosen.shape[0]):
        curvature = float(problem.hessian[row, row])
        target = chosen[row] - pull[row] / curvature
        fresh = choose(target, scale * curvature, prices, price)
        change = fresh - chosen[row]
        if bool(change.any()):
            chosen[row] = fresh
            pull.addr_(problem.hessian[row], change)

    return chosen.t().contiguous()


def distortion(problem: Problem, step: float, integers: torch.Tensor) -> float:
    """Give the sum over filters of importance * e^T H e."""
    error = (integers * step - problem.wanted).double()

    return problem.importance * float(((error @ problem.hessian.double()) * error).sum())


def estimate(problem: Problem, step: float, price: float, factor: torch.Tensor) -> Rounded:
    """
    About what with_feedback will give, in one go: e^T H e is the sum of what each input adds when
    its turn comes, and targets that carry others' errors are spread like the weights themselves.
    """
    target = problem.wanted / step
    weight = problem.importance * step**2 / factor.diagonal() ** 2
    prices = Prices(count_symbols(round_plainly(problem, step)))
    for _ in range(SETTLING):
        integers = choose(target, weight, prices, price)
        counts = count_symbols(integers)
        prices = Prices(counts)
    loss = float((weight * (integers - target) ** 2).sum(dtype=torch.float64))

    return Rounded(integers, step, loss, entropy_bits(counts))


def round_to_step(
    problem: Problem, step: float, price: float, factor: torch.Tensor, sweeps: int
) -> Rounded:
    """
    Give the integers of a layer for one STEP: feedback, then SWEEPS of descent, prices following
    what was chosen.
    """
    guess = estimate(problem, step, price, factor).integers
    integers = with_feedback(problem, step, Prices(count_symbols(guess)), price, factor)
    for _ in range(sweeps):
        integers = descend(problem, step, integers, Prices(count_symbols(integers)), price)
    bits = entropy_bits(count_symbols(integers))

    return Rounded(integers, step, distortion(problem, step, integers), bits)


def feedback_factor(hessian: torch.Tensor) -> torch.Tensor:
    """The upper Cholesky factor of the inverse of HESSIAN, float32."""
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(hessian.double()))

    return torch.linalg.cholesky(inverse, upper=True).float()
