"""
One convolution's weights: what to aim at, and the step that is worth its bits.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from sqz2c.compress.moments import Moments
from sqz2c.compress.rounding import Problem, Rounded, estimate, feedback_factor, round_to_step
from sqz2c.ir.layer import Conv

RATIO = 2.0**0.25  # between neighbouring steps
TRIES = 12  # steps, at most
SWEEPS = 2  # of descent for the step that is taken
FULL = 126  # no layer has more steps than this to its largest weight


@dataclass(frozen=True, eq=False)
class Compressed:
    """A convolution on its grid: weights are INTEGERS (int8, as the weights' shape) * STEP."""

    conv: Conv
    integers: np.ndarray
    step: float
    distortion: float
    bits: float


def compress_layer(
    conv: Conv,
    moments: Moments,
    float_mean: torch.Tensor,
    importance: float,
    price: float,
    start: float | None,
) -> Compressed:
    """
    Put CONV on the grid of the best step near START (None: search from the theory's).

    MOMENTS are of its inputs in the compressed network, FLOAT_MEAN [inputs] is their mean in the
    float one: the bias makes up for what differs on average. IMPORTANCE turns squared errors at
    its outputs into loss; PRICE is the loss that a bit may cost.
    """
    weights = torch.from_numpy(conv.weights).flatten(1)
    problem = Problem(weights, moments.hessian.float(), importance)
    best = _best_step(problem, price, start)
    integers = best.integers.reshape(conv.weights.shape)
    rounded = (best.integers * best.step).double()
    shift = weights.double() @ float_mean - rounded @ moments.mean
    changed = replace(
        conv,
        weights=(integers * best.step).numpy().astype(np.float32),
        bias=(conv.bias + shift.numpy()).astype(np.float32),
    )

    return Compressed(
        changed, integers.numpy().astype(np.int8), best.step, best.distortion, best.bits
    )


def _best_step(problem: Problem, price: float, start: float | None) -> Rounded:
    """Climb down among steps that are RATIO apart; then refine the best."""
    factor = feedback_factor(problem.hessian)
    largest = float(problem.wanted.abs().max())
    if largest == 0.0:
        return Rounded(torch.zeros_like(problem.wanted), 1.0 / 127, 0.0, 0.0)
    finest = largest / FULL
    known: dict[int, Rounded] = {}
    origin = start or _step_in_theory(problem, price)

    def cost(power: int) -> float:
        if power not in known:
            step = float(np.float32(min(max(origin * RATIO**power, finest), largest)))
            known[power] = estimate(problem, step, price, factor)
        return known[power].cost(price)

    at = 0
    while len(known) < TRIES:
        better = min((at - 1, at, at + 1), key=cost)
        if better == at:
            break
        at = better
    best = min(known, key=cost)

    return round_to_step(problem, known[best].step, price, factor, SWEEPS)


def _step_in_theory(problem: Problem, price: float) -> float:
    """Where another bit a weight stops to pay, at high rates: step^2 = 6 price / (ln 2 * h)."""
    counted = problem.importance * float(problem.hessian.diagonal().mean())

    return (6 * price / (np.log(2.0) * counted)) ** 0.5
