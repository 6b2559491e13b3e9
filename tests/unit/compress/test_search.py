"""
Finding the price for a size, on made-up networks whose sizes follow a law.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from sqz2c.compress.search import CLOSE, START, Found, meet, next_price, steps_for


@dataclass(frozen=True)
class Made:
    """What `meet` asks of a result."""

    price: float
    steps: Mapping[str, float]

def power(slope: float) -> Callable[[Made], int]:
    return lambda made: round(100_000 * (made.price / START) ** -slope)


def floored(made: Made) -> int:
    return max(power(0.3)(made), 40_000)


def search(size: Callable[[Made], int], allowed: int) -> tuple[Found | None, list[Found]]:
    first = Made(START, {"conv1": 1.0})
    known = [Found(first, size(first))]  # type: ignore[arg-type]
    found = meet(allowed, Made, size, known)  # type: ignore[arg-type]

    return found, known


@pytest.mark.parametrize("slope", [0.1, 0.25, 0.4, 0.9])
@pytest.mark.parametrize("allowed", [60_000, 99_950, 250_000])
def test_the_budget_is_met_closely(slope: float, allowed: int) -> None:
    """From above and from below, whatever the slope, in a few passes."""
    found, known = search(power(slope), allowed)

    assert found is not None
    assert CLOSE * allowed <= found.bytes <= allowed
    assert len(known) <= 6


def test_a_cliff_is_no_hindrance() -> None:
    """Sizes that hardly fall and then fall steeply: the budget is used, not a tenth of it."""

    def cliff(made: Made) -> int:
        return round(power(0.05)(made) - 2_000 * max(made.price / START / 1_000 - 1, 0))

    found, _ = search(cliff, 64_000)

    assert found is not None
    assert 0.97 * 64_000 <= found.bytes <= 64_000


def test_a_budget_below_what_can_be_reached_is_told() -> None:
    """No result, and the smallest size is among those known."""
    found, known = search(floored, 39_000)

    assert found is None
    assert 40_000 == min(found.bytes for found in known)


def test_a_budget_beyond_what_is_needed_takes_what_there_is() -> None:
    """Sizes that end to grow: the largest of them."""
    found, _ = search(lambda made: min(power(0.3)(made), 120_000), 500_000)

    assert found is not None
    assert 120_000 == found.bytes


def test_a_size_that_is_known_is_not_tried_again() -> None:
    """The first result fits: no further pass."""
    _, known = search(power(0.3), 100_100)

    assert 1 == len(known)


def test_steps_follow_the_price() -> None:
    """Errors are worth price, and grow with the square of a step."""
    assert {"conv1": 4.0} == steps_for(16 * START, Made(START, {"conv1": 1.0}))  # type: ignore[arg-type]


def test_between_two_sizes_the_price_is_interpolated() -> None:
    """On a law of powers the guess is exact: a little below what is allowed."""
    size = power(0.2)
    made = [Made(START, {}), Made(100 * START, {})]
    price = next_price([Found(m, size(m)) for m in made], 70_000)  # type: ignore[arg-type]

    assert 0.99 * 70_000 < size(Made(price, {})) < 70_000
