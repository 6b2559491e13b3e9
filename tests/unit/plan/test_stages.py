"""
Stages: what the search moves around, and what rows a turn cost.
"""

import pytest

from sqz2c.plan.cost import DECODE, OPEN
from sqz2c.plan.layout import aligned
from sqz2c.plan.stages import Choice, Stage
from tests.networks import Member
from tests.unit.plan.plans import MEMBERS, PADDED, POOLED, TABLED, stages


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
        ways = {False, stage.can_sum}
        expected = {Choice(rows, way) for rows in least.values() for way in ways}
        assert expected == set(stage.choices)
        assert len(expected) == len(stage.choices)


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_fewer_rows_a_turn_never_cost_less(member: Member) -> None:
    """Decoding is paid by the turn: the cost falls as the rows a turn grow."""
    for stage in stages(member):
        for way in {choice.summed for choice in stage.choices}:
            rows = sorted(choice.rows for choice in stage.choices if choice.summed == way)
            costs = [stage.cost(Choice(count, way)) for count in rows]
            assert sorted(costs, reverse=True) == costs


def test_the_cost_of_a_turn_is_what_it_decodes() -> None:
    """Each convolution opens its stream and decodes all of its weights, once a turn."""
    stage = stages(PADDED)[1]
    expands, squeeze = stage.steps_for(Choice(3))
    weights = [conv.weights.size for conv in (*expands.convs, *squeeze.convs)]
    assert 4 * (3 * OPEN + DECODE * sum(weights)) == stage.cost(Choice(3))


def test_summing_into_a_squeeze_is_dearer() -> None:
    """Its multiplications cost more, and rows between two pool windows are computed twice."""
    for stage in stages(TABLED)[:-1]:
        assert stage.can_sum
        assert stage.cost(Choice(2)) < stage.cost(Choice(2, summed=True))
    assert not stages(TABLED)[-1].can_sum  # ReLU comes before the average


def test_the_steps_of_a_stage_go_in_step() -> None:
    """All make as many rows a turn as the last, but a table single ones, and no more than exist."""
    table, stem, squeeze = stages(TABLED)[0].steps_for(Choice(2))
    assert (1, 2, 2) == (table.rows, stem.rows, squeeze.rows)
    expands, head = stages(PADDED)[-1].steps_for(Choice(4))
    assert (3, 4) == (expands.rows, head.rows)  # the head's padding brings a row of its own
    whole = stages(PADDED)[-1].steps_for(Choice(stages(PADDED)[-1].limit))
    assert [step.limit for step in whole] == [step.rows for step in whole]


def test_a_summed_stage_stores_nothing_between_its_layers() -> None:
    """Expands, pool and squeeze are one step; its accumulators live during its turns alone."""
    pooled = stages(TABLED)[2]
    (step,) = pooled.steps_for(Choice(2, summed=True))
    assert "fire3/expand1x1+fire3/expand3x3+pool3+fire4/squeeze" == step.name
    squeeze = pooled.graph.tensor("fire4/squeeze")
    assert (0, 4 * 2 * squeeze.width * squeeze.channels) == pooled.inside(Choice(2, summed=True))
    assert ("fire4/squeeze sums",) == pooled.passing(Choice(2, summed=True))


def test_tensors_inside_a_stage_pass_or_stay() -> None:
    """A ring that is empty whenever others may go is shared with them; open pool rows stay."""
    expands, pooled = stages(PADDED)[1], stages(POOLED)[1]
    fire2, pool2 = expands.graph.tensor("fire2"), pooled.graph.tensor("pool2")
    assert (0, aligned(3 * fire2.width * fire2.channels)) == expands.inside(Choice(3))
    assert ("fire2",) == expands.passing(Choice(3))
    assert (aligned(2 * pool2.width * pool2.channels), 0) == pooled.inside(Choice(1))
    assert () == pooled.passing(Choice(1))
