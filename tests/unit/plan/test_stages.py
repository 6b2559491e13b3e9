"""
Stages: what the search moves around, and what rows a turn cost.
"""

import pytest

from sqz2c.ir.graph import Graph
from sqz2c.plan.cost import DECODE, OPEN, turn_cost
from sqz2c.plan.stages import Stage
from tests.networks import Member
from tests.unit.plan.plans import MEMBERS, PADDED, TABLED, stages


def names(stage: Stage) -> list[str]:
    return [step.name for step in stage.steps]


def test_stages_end_at_squeezes() -> None:
    """The stem goes with the first squeeze, expands with the next, the last with the head."""
    expected = [
        ["input", "conv1+pool1", "fire2/squeeze"],
        ["fire2/expand1x1+fire2/expand3x3", "fire3/squeeze"],
        ["fire3/expand1x1+fire3/expand3x3+pool3", "fire4/squeeze"],
        ["fire4/expand1x1+fire4/expand3x3", "conv5+average"],
    ]
    assert expected == [names(stage) for stage in stages(TABLED)]


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_choices_are_the_least_rows_for_each_number_of_turns(member: Member) -> None:
    """More rows without a turn less would cost RAM for nothing."""
    for stage in stages(member):
        limit = stage.limit
        turns = {rows: -(-limit // rows) for rows in range(1, limit + 1)}
        least = {count: min(r for r in turns if turns[r] == count) for count in turns.values()}
        assert sorted(least.values(), reverse=True) == list(stage.choices)


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_fewer_rows_a_turn_never_cost_less(member: Member) -> None:
    """Decoding is paid by the turn: the cost falls as the rows a turn grow."""
    for stage in stages(member):
        costs = [stage.cost(rows) for rows in sorted(stage.choices)]
        assert sorted(costs, reverse=True) == costs
        assert costs[-1] <= sum(turn_cost(step) for step in stage.steps if step.convs) + max(
            turn_cost(step) for step in stage.steps
        )


def test_the_cost_of_a_turn_is_what_it_decodes() -> None:
    """Each convolution opens its stream and decodes all of its weights."""
    stage = stages(PADDED)[1]
    expands, squeeze = stage.with_rows(3)
    weights = [conv.weights.size for conv in (*expands.convs, *squeeze.convs)]
    assert 3 * OPEN + DECODE * sum(weights) == turn_cost(expands) + turn_cost(squeeze)
    assert stage.cost(3) == (
        expands.turns * turn_cost(expands) + squeeze.turns * turn_cost(squeeze)
    )


def test_the_steps_of_a_stage_go_in_step() -> None:
    """All make as many rows a turn as the last, but a table single ones, and no more than exist."""
    table, stem, squeeze = stages(TABLED)[0].with_rows(2)
    assert (1, 2, 2) == (table.rows, stem.rows, squeeze.rows)
    expands, head = stages(PADDED)[-1].with_rows(4)
    assert (3, 4) == (expands.rows, head.rows)  # the head's padding brings a row of its own
    whole = stages(PADDED)[-1].with_rows(stages(PADDED)[-1].limit)
    assert [step.limit for step in whole] == [step.rows for step in whole]


def test_tensors_inside_a_stage_pass_or_stay() -> None:
    """A ring that empties between turns is shared; a pool's open rows stay."""
    graph: Graph = stages(PADDED)[1].graph
    expands, pooled = stages(PADDED)[1], stages(PADDED)[2]
    fire2 = graph.tensor("fire2")
    assert (0, 4 * -(-(3 * fire2.width * fire2.channels) // 4)) == expands.inside(3)
    stays, passes = pooled.inside(2)
    assert stays > 0
    assert 0 == passes
