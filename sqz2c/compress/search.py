"""
The one price of a bit that meets a size.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqz2c.compress.passes import Result

START = 3e-8  # nats that a bit may cost: where the search begins, and what no budget means
SLOPE = 0.3  # of log size against -log price, until it is measured
SLOPES = (0.05, 1.5)  # what is believed of measured ones
STUCK = 3  # sizes in a row on the same side of the one that is sought
CLOSE = 0.9985  # a size of so much of what is allowed is near enough
AIM = 0.9992
PASSES = 9
LEAST_PRICE, MOST_PRICE = 1e-13, 1.0

Compress = Callable[[float, Mapping[str, float]], Result]


@dataclass(frozen=True, eq=False)
class Found:
    """A RESULT and the BYTES of flash that its weights take."""

    result: Result
    bytes: int


def meet(
    allowed: int, compress: Compress, measure: Callable[[Result], int], known: list[Found]
) -> Found | None:
    """
    Give the largest result of COMPRESS(price, steps to start from) whose MEASURE is at most
    ALLOWED; None where there is none. KNOWN has what was tried before, at least one, and gets
    what is tried here.
    """
    tries = 0
    while tries < PASSES and not _is_met(known, allowed):
        price = next_price(known, allowed)
        if price in [found.result.price for found in known]:
            break
        result = compress(price, steps_for(price, known[-1].result))
        known.append(Found(result, measure(result)))
        tries += 1
    fitting = [found for found in known if found.bytes <= allowed]

    return max(fitting, key=lambda found: found.bytes, default=None)


def steps_for(price: float, before: Result) -> dict[str, float]:
    """Steps that PRICE is likely to lead to: errors grow as the price does."""
    scale = math.sqrt(price / before.price)

    return {name: step * scale for name, step in before.steps.items()}


def next_price(known: list[Found], allowed: int) -> float:
    """
    Guess the price whose size is a little below ALLOWED: log size falls about linearly with log
    price, between the nearest sizes on either side, or on from the last one. Where the last ones
    all fell on the same side, the law is none: then the middle between the nearest two.
    """
    target = max(AIM * allowed, 1.0)
    over = min((f for f in known if f.bytes > target), key=lambda f: f.bytes, default=None)
    under = max((f for f in known if f.bytes <= target), key=lambda f: f.bytes, default=None)
    near = min(known, key=lambda found: abs(math.log(found.bytes / target)))
    if over is not None and under is not None and _is_stuck(known, target):
        return math.sqrt(over.result.price * under.result.price)
    slope = SLOPE
    if over is not None and under is not None:
        slope = _slope(over, under)
    elif len(known) > 1:
        slope = _slope(*known[-2:])
    slope = min(max(slope, SLOPES[0]), SLOPES[1])
    price = near.result.price * (near.bytes / target) ** (1 / slope)

    return min(max(price, LEAST_PRICE), MOST_PRICE)


def _is_stuck(known: list[Found], target: float) -> bool:
    sides = {found.bytes > target for found in known[-STUCK:]}

    return len(known) > STUCK and len(sides) == 1


def _slope(one: Found, other: Found) -> float:
    rise = math.log(one.bytes / other.bytes)
    run = math.log(other.result.price / one.result.price)

    return rise / run if run else SLOPE


def _is_met(known: list[Found], allowed: int) -> bool:
    return any(CLOSE * allowed <= found.bytes <= allowed for found in known)
