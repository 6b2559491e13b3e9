"""
Labels of the search, many at once: what the stages of a segment take and cost so far.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sqz2c.plan.stages import Choice

MANY = 100  # labels from which on a first sieve pays
SIEVES = 8
FINEST = 0.05  # of its bytes: the size of a cell of labels that are much alike, at first
COARSER = 1.5


@dataclass(frozen=True, eq=False)
class Labels:
    """
    For each label bytes that stay between turns, bytes that pass in some turn, cost, the number
    of the LAST stage's choice out of CHOICES, and which label of BEFORE it extends; int64 [labels].
    """

    stays: np.ndarray
    passes: np.ndarray
    cost: np.ndarray
    last: np.ndarray
    extends: np.ndarray
    choices: Sequence[Choice]
    before: "Labels | None"

    def chosen(self, at: int) -> tuple[Choice, ...]:
        """The choices of all stages of label AT."""
        own = self.choices[int(self.last[at])]
        if self.before is None:
            return (own,)
        return (*self.before.chosen(int(self.extends[at])), own)


def undominated(stays: np.ndarray, passes: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """
    Which of the labels no other one matches in all three, cheapest first.
    """
    order = np.lexsort((passes, stays, cost))
    if len(order) > MANY:
        order = order[_sieved(stays[order], passes[order])]
    kept = []
    steps: list[int] = []  # a staircase of the kept: ever more that stays, ever less that passes
    drops: list[int] = []
    for at, stay, passing in zip(
        order.tolist(), stays[order].tolist(), passes[order].tolist(), strict=True
    ):
        place = bisect_right(steps, stay)
        if place and drops[place - 1] <= passing:
            continue
        kept.append(at)
        end = place
        while end < len(steps) and drops[end] >= passing:
            end += 1
        begin = place - 1 if place and steps[place - 1] == stay else place
        steps[begin:end] = [stay]
        drops[begin:end] = [passing]

    return np.array(kept, np.int64)


def _sieved(stays: np.ndarray, passes: np.ndarray) -> np.ndarray:
    """
    Leave out most of those that an earlier one matches: compare with all before that pass no more
    than a few limits.
    """
    alive = np.ones(len(stays), bool)
    limits = np.unique(np.quantile(passes, np.linspace(0, 1, SIEVES), method="lower"))
    for limit in limits:
        least = np.minimum.accumulate(np.where(passes <= limit, stays, np.iinfo(np.int64).max))
        alive[1:] &= (passes[1:] < limit) | (stays[1:] < least[:-1])

    return np.flatnonzero(alive)


def thinned(stays: np.ndarray, passes: np.ndarray, cost: np.ndarray, most: int) -> np.ndarray:
    """
    The smallest label, and the cheapest one of each cell of a grid over both kinds of bytes; cells
    grow until there are at most MOST of them.
    """
    if len(cost) <= most:
        return np.arange(len(cost))
    order = np.lexsort((passes, stays, cost))
    logs = np.log1p([stays[order], passes[order]])
    smallest = int(np.argmin((stays + passes)[order]))
    size = FINEST
    while True:
        cells = np.floor(logs / size).astype(np.int64)
        _, first = np.unique(cells[0] << 32 | cells[1], return_index=True)
        if len(first) <= most:
            return order[np.union1d(first, [smallest])]
        size *= COARSER
