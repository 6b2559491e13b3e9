"""
The cost model: what it says of layers is what it says of the plan.
"""

import pytest

from sqz2c.ir.program import InputMode
from sqz2c.plan import estimates, instructions, layer_estimates, plan
from tests.networks import Member
from tests.unit.plan.plans import MEMBERS, MODES, graph_of, programs


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_layers_add_up_to_the_plan(member: Member, mode: InputMode) -> None:
    """Whatever the plan: stored or summed, with rows that two turns compute."""
    for program in programs(member, mode):
        estimates = layer_estimates(program)
        rounding = len(program.graph.layers) + len(program.steps)
        assert abs(instructions(program) - sum(estimates.values())) <= rounding
        pools = {step.pool.name for step in program.steps if step.pool is not None}
        added = {add.name for add in program.graph.adds}
        assert {conv.name for conv in program.graph.convs} | pools | added == set(estimates)


def test_a_plan_carries_its_estimates() -> None:
    """They go into the manifest, for each class of cores: a profile stands beside them."""
    program = plan(graph_of(next(iter(MEMBERS.values()))))
    assert estimates(program) == program.estimates
    assert layer_estimates(program) == program.estimates[program.core]
