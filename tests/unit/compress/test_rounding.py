"""
Rate against distortion: what is rounded, where, and what feedback is good for.
"""

import pytest
import torch

from sqz2c.compress.rate import LIMIT, Prices, count_symbols, entropy_bits
from sqz2c.compress.rounding import (
    choose,
    descend,
    distortion,
    estimate,
    feedback_factor,
    round_plainly,
    round_to_step,
    with_feedback,
)
from tests.unit.compress.problems import problem

STEP = 0.25


def free() -> Prices:
    """Prices at which all symbols cost the same."""
    return Prices(torch.ones(2 * LIMIT + 1))


@pytest.mark.parametrize("seed", range(5))
def test_feedback_lowers_the_error_of_the_output(seed: int) -> None:
    """At the same step and with bits for free, plain rounding is at least twice as far off."""
    task = problem(seed=seed)
    factor = feedback_factor(task.hessian)
    fed = with_feedback(task, STEP, free(), 0.0, factor)

    plain = distortion(task, STEP, round_plainly(task, STEP))
    assert 2 * distortion(task, STEP, fed) < plain


@pytest.mark.parametrize("seed", range(5))
def test_descent_never_makes_it_worse(seed: int) -> None:
    """A sweep at fixed prices lowers distortion plus price times bits, or leaves it."""
    task, price = problem(seed=seed), 0.02
    factor = feedback_factor(task.hessian)
    before = with_feedback(task, STEP, free(), price, factor)
    prices = Prices(count_symbols(before))
    after = descend(task, STEP, before, prices, price)

    costs = [
        distortion(task, STEP, integers) + price * float(prices.of(integers).sum())
        for integers in (before, after)
    ]
    assert costs[1] < costs[0]
    assert not torch.equal(before, after)


def test_dearer_bits_mean_fewer_bits_and_more_error() -> None:
    """Bits fall and distortion grows with the price."""
    task = problem()
    factor = feedback_factor(task.hessian)
    rounded = [round_to_step(task, STEP, price, factor, 2) for price in (0.0, 0.01, 0.05, 0.2)]

    assert sorted((r.bits for r in rounded), reverse=True) == [r.bits for r in rounded]
    assert sorted(r.distortion for r in rounded) == [r.distortion for r in rounded]
    assert rounded[-1].bits < 0.7 * rounded[0].bits


def test_pruned_weights_stay_zero_where_bits_count() -> None:
    """Of weights that were zero, hardly any takes a value, since each would cost bits."""
    task = problem(filters=40, density=0.3)
    factor = feedback_factor(task.hessian)
    rounded = round_to_step(task, STEP, 0.05, factor, 2)

    revived = (rounded.integers != 0) & (task.wanted == 0)
    assert int(revived.sum()) < 0.05 * int((task.wanted == 0).sum())


def test_a_weight_goes_to_zero_or_towards_it_when_that_pays() -> None:
    """0.6 rounds to 1; to 0 where 1 is rare and bits are dear. 2.6 goes to 2 or 3, never to 4."""
    counts = torch.zeros(2 * LIMIT + 1)
    counts[LIMIT], counts[LIMIT + 1], counts[LIMIT + 2], counts[LIMIT + 3] = 900, 10, 50, 1
    prices = Prices(counts)
    target, weight = torch.tensor([0.6, 2.6]), torch.tensor(1.0)

    assert [1, 3] == choose(target, weight, prices, 0.0).tolist()
    assert [0, 2] == choose(target, weight, prices, 0.1).tolist()


def test_estimates_are_near() -> None:
    """Bits and distortion are foretold within a third."""
    task = problem(filters=60)
    factor = feedback_factor(task.hessian)
    guess, real = estimate(task, STEP, 0.01, factor), round_to_step(task, STEP, 0.01, factor, 0)

    assert guess.bits == pytest.approx(real.bits, rel=0.1)
    assert guess.distortion == pytest.approx(real.distortion, rel=0.35)


def test_entropy_is_what_a_fair_code_takes() -> None:
    """Four symbols as often as each other: two bits each, and eight a place in the codebook."""
    integers = torch.tensor([0.0, 1.0, -1.0, 2.0] * 50)

    assert 2 * 200 + 4 * 8 == pytest.approx(entropy_bits(count_symbols(integers)))


def test_integers_stay_within_a_byte() -> None:
    """Weights beyond the grid's end are cut to 127 steps."""
    task = problem()
    factor = feedback_factor(task.hessian)

    integers = round_to_step(task, 0.001, 0.0, factor, 1).integers
    assert LIMIT == int(integers.abs().max())
