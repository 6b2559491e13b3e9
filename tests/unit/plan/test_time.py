"""
The planner answers while one waits.
"""

from collections.abc import Callable

import pytest

from benchmarks.plan import MODES, NETWORKS, fastest
from sqz2c.plan import plan
from tests.networks import build

FEW_POOLS = "20 fires at 224, few pools"


def takes_less_than(seconds: float, work: Callable[[], object], runs: int) -> bool:
    """Whether WORK, at its best of RUNS, takes less than SECONDS; no more runs than are needed."""
    return any(fastest(work, 1) < seconds for _ in range(runs))


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["v1.0 at 227", "v1.1 at 224", "20 fires at 224"])
def test_a_plan_takes_no_longer_than_it_may(name: str, mode: str) -> None:
    """A second for the published networks, ten for 20 Fire modules; of one core."""
    limit, member = NETWORKS[name]
    graph = build(member)
    assert takes_less_than(limit, lambda: plan(graph, mode), 5)  # type: ignore[arg-type]


@pytest.mark.slow
def test_many_wide_maps_take_no_longer_than_they_may() -> None:
    """20 Fire modules at 55x55: each has dozens of ways, and no small map to cut at."""
    limit, member = NETWORKS[FEW_POOLS]
    graph = build(member)
    assert takes_less_than(limit, lambda: plan(graph, "rows"), 2)
