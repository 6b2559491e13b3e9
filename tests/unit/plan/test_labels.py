"""
Labels of the search: which ones another one makes useless.
"""

import numpy as np
import pytest

from sqz2c.plan.labels import MANY, thinned, undominated


def judged(labels: np.ndarray) -> set[tuple[int, ...]]:
    """The distinct LABELS that no other one matches in everything, one against all."""
    distinct = np.unique(labels, axis=0)
    kept = set()
    for label in distinct:
        others = distinct[(distinct != label).any(axis=1)]
        if not (others <= label).all(axis=1).any():
            kept.add(tuple(label.tolist()))

    return kept


@pytest.mark.parametrize("count", [0, 1, 2, 17, MANY, MANY + 1, 900])
@pytest.mark.parametrize("largest", [2, 12, 60, 10_000])
def test_the_undominated_are_kept_each_once(count: int, largest: int) -> None:
    """Few or many, with many equal numbers or hardly any."""
    random = np.random.default_rng([count, largest])
    labels = random.integers(0, largest, (count, 3))
    kept = undominated(*labels.T)
    found = [tuple(labels[at].tolist()) for at in kept]
    assert judged(labels) == set(found)
    assert len(found) == len(set(found))
    assert sorted(cost for _, _, cost in found) == [cost for _, _, cost in found]


def test_thinning_keeps_the_smallest_and_the_cheapest() -> None:
    """Of 3000 labels there are as many as asked for; both ends of the trade are among them."""
    labels = np.random.default_rng(0).integers(1, 100_000, (3000, 3))
    kept = thinned(*labels.T, most=50)
    sizes = labels[:, 0] + labels[:, 1]
    assert len(kept) <= 51
    assert sizes.min() == sizes[kept].min()
    assert labels[:, 2].min() == labels[kept, 2].min()


def test_few_labels_are_not_thinned() -> None:
    """All of them stay, in their order."""
    labels = np.random.default_rng(0).integers(1, 100, (20, 3))
    assert list(range(20)) == thinned(*labels.T, most=20).tolist()
