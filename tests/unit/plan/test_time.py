"""
The planner answers while one waits.
"""

import pytest

from benchmarks.plan import MODES, NETWORKS, fastest
from sqz2c.plan import plan
from tests.networks import build


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["v1.0 at 227", "v1.1 at 224", "20 fires at 224"])
def test_a_plan_takes_no_longer_than_it_may(name: str, mode: str) -> None:
    """A second for the published networks, ten for 20 Fire modules; of one core."""
    limit, member = NETWORKS[name]
    graph = build(member)
    assert fastest(lambda: plan(graph, mode), 5) < limit  # type: ignore[arg-type]
