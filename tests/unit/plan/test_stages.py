"""
Stages: what the search moves around, and what rows a turn cost.
"""

import numpy as np
import pytest

from sqz2c.ir.layer import Conv
from sqz2c.ir.scratch import scratch_of
from sqz2c.plan.fitted import DSP
from sqz2c.plan.layout import aligned
from sqz2c.plan.stages import Choice, Stage
from tests.networks import Member
from tests.unit.plan.plans import BYPASSED, MEMBERS, PADDED, POOLED, SMALL, TABLED, stages


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


def test_a_bypass_is_inside_of_one_stage() -> None:
    """A stage ends before each map that is bypassed; the next squeeze follows what is not."""
    expected = [
        ["conv1+pool1"],
        ["fire2/squeeze", "fire2/expand1x1+fire2/expand3x3", "fire2/bypass+fire2/add"],
        ["fire3/squeeze", "fire3/expand1x1+fire3/expand3x3+fire3/add+pool3", "conv4+average"],
    ]
    assert expected == [names(stage) for stage in stages(BYPASSED)]
    once = Member(fires=((4, 8, 8), (4, 8, 8), (4, 8, 9)), bypass="simple", pool_after=())
    expected = [
        ["conv1", "fire2/squeeze"],
        ["fire2/expand1x1+fire2/expand3x3"],
        ["fire3/squeeze", "fire3/expand1x1+fire3/expand3x3+fire3/add", "fire4/squeeze"],
        ["fire4/expand1x1+fire4/expand3x3", "conv5+average"],
    ]
    assert expected == [names(stage) for stage in stages(once)]


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_choices_are_the_least_rows_for_each_number_of_turns(member: Member) -> None:
    """More rows without a turn less would cost RAM for nothing."""
    for stage in stages(member):
        limit = stage.limit
        turns = {rows: -(-limit // rows) for rows in range(1, limit + 1)}
        least = {count: min(r for r in turns if turns[r] == count) for count in turns.values()}
        expected = {(rows, way) for rows in least.values() for way in {False, stage.can_sum}}
        assert expected == {choice.pace for choice in stage.choices}
        assert len(set(stage.choices)) == len(stage.choices)


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_no_choice_of_a_pace_is_matched_in_scratch_and_cost(member: Member) -> None:
    """What is tried is what no other tile or kernel beats, and something beats all the others."""
    for stage in stages(member):
        rows = stage.limit
        tried = [choice for choice in stage.choices if choice.pace == (rows, False)]
        points = [(stage.inside(choice)[1], stage.cost(choice)) for choice in tried]
        assert points == sorted(points)
        assert [cost for _, cost in points] == sorted({cost for _, cost in points})[::-1]
        for quick in (False, True):
            for tile in stage.tiles(False, quick):
                choice = Choice(rows, False, tile, quick)
                size, cost = stage.inside(choice)[1], stage.cost(choice)
                assert any(a <= size and b <= cost for a, b in points)


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_fewer_rows_a_turn_never_cost_less(member: Member) -> None:
    """Decoding is paid by the turn: the cost falls as the rows a turn grow."""
    for stage in stages(member):
        for way in {(c.summed, c.tile_channels, c.quick) for c in stage.choices}:
            rows = sorted({choice.rows for choice in stage.choices})
            costs = [stage.cost(Choice(count, *way)) for count in rows]
            assert sorted(costs, reverse=True) == costs


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_more_filters_a_tile_never_cost_more(member: Member) -> None:
    """Windows are built once a tile, and sums raised: the cost falls, while scratch grows."""
    for stage in stages(member):
        for summed in {False, stage.can_sum}:
            choices = [Choice(2, summed, tile) for tile in stage.tiles(summed)]
            costs = [stage.cost(choice) for choice in choices]
            sizes = [stage.inside(choice)[1] for choice in choices]
            assert sorted(set(costs), reverse=True) == costs
            assert sorted(set(sizes)) == sizes


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_a_tile_is_no_larger_than_its_layer(member: Member) -> None:
    """Whole groups of four, and of no convolution more than there are."""
    for stage in stages(member):
        for choice in stage.choices:
            for step in stage.steps_for(choice):
                most = max((conv.out_channels for conv in step.convs), default=4)
                assert 0 == step.tile_channels % 4
                assert 4 <= step.tile_channels <= min(choice.tile_channels, most + 3)


def test_a_turn_costs_what_it_decodes() -> None:
    """Each convolution opens its stream and decodes all of its weights, once a turn."""
    stage = stages(PADDED)[1]
    expands, squeeze = stage.steps_for(Choice(3))
    decoding = sum(decoding_cost(conv) for conv in (*expands.convs, *squeeze.convs))
    assert 4 == squeeze.turns
    once = stage.cost(Choice(stage.limit))
    assert abs(3 * decoding - (stage.cost(Choice(3)) - once)) < 4


def decoding_cost(conv: Conv) -> float:
    """Of all weights of CONV, once."""
    nonzero = np.count_nonzero(conv.weights)
    weights = DSP.weight * conv.weights.size + DSP.nonzero * nonzero
    return DSP.open + DSP.filter * conv.out_channels + weights


def test_windows_are_built_once_a_tile() -> None:
    """Of each pixel, for each tile of each convolution that reads it."""
    stage = stages(TABLED)[3]  # two expands of 8 filters, and the head
    expands, head = (step for step in stage.steps if step.convs)
    windows = sum(window_cost(stage, conv) for conv in expands.convs)
    saved = stage.cost(Choice(2)) - stage.cost(Choice(2, tile_channels=8))
    assert (8, 8) == tuple(conv.out_channels for conv in expands.convs)
    assert head.convs[0].out_channels <= 12
    tiles = -(-head.convs[0].out_channels // 4) - -(-head.convs[0].out_channels // 8)
    windows += tiles * window_cost(stage, head.convs[0])
    assert abs(windows - saved) < 4


def window_cost(stage: Stage, conv: Conv) -> float:
    """Of all windows that CONV reads, built once."""
    shape = stage.graph.tensor(conv.output)
    value = DSP.value + (DSP.gathered if conv.in_channels % 4 else 0)
    a_pixel = DSP.window + DSP.window_row * conv.kernel_height + value * conv.filter_weights
    return shape.height * shape.width * a_pixel


def test_summing_raises_sums_once_a_tile() -> None:
    """Six filters of each expand in one tile instead of two: half of the sums' loads and stores,
    of the squeeze's windows and of the pieces that its filters are read in."""
    stage = stages(SMALL)[1]
    (step,) = stage.steps_for(Choice(2, summed=True))
    assert step.squeeze is not None and stage.limit % 2 == 0
    assert [(6, 0), (6, 6)] == [(conv.out_channels, conv.first_channel) for conv in step.convs]
    shape = stage.graph.tensor(step.squeeze.output)
    groups, pairs = -(-shape.channels // 4), -(-shape.width // 2)
    saved = stage.cost(Choice(2, True, 4)) - stage.cost(Choice(2, True, 8))
    windows = sum(window_cost(stage, conv) for conv in step.convs)
    a_row = pairs * groups * DSP.sums + shape.width * DSP.run_pixel
    pieces = step.turns * shape.channels * (DSP.filter + DSP.run)
    assert abs(windows + 2 * (shape.height * a_row + pieces) - saved) < 4


def test_summing_through_a_pool_computes_rows_twice() -> None:
    """Those between two turns, so more turns cost more than the weights that they decode."""
    stage = stages(TABLED)[2]
    (step,) = stage.steps_for(Choice(1, summed=True))
    assert step.pool is not None and step.squeeze is not None
    convs = (*step.convs, step.squeeze)
    decoding = sum(decoding_cost(conv) for conv in convs)
    once, twice = (stage.cost(Choice(rows, True)) for rows in (stage.limit, stage.limit // 2))
    assert 1 < stage.limit and once + decoding + 1000 < twice


def test_only_a_squeeze_is_summed_into() -> None:
    """Not the head: its ReLU comes before the average."""
    assert [True, True, True, False] == [stage.can_sum for stage in stages(TABLED)]


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
    scratch = scratch_of(pooled.graph, step)
    assert scratch is not None
    assert 3 == squeeze.channels
    sums = 4 * 2 * squeeze.width * 4  # whole groups of filters
    assert (0, scratch.size + sums) == pooled.inside(Choice(2, summed=True))
    assert {"fire4/squeeze scratch": 0, "fire4/squeeze sums": scratch.size} == pooled.passing(
        Choice(2, summed=True)
    )


def most_scratch(stage: Stage, choice: Choice) -> int:
    found = (scratch_of(stage.graph, step) for step in stage.steps_for(choice))
    return max(scratch.size for scratch in found if scratch is not None)


def test_tensors_inside_a_stage_pass_or_stay() -> None:
    """A ring that is empty whenever others may go is shared with them; open pool rows stay."""
    expands, pooled = stages(PADDED)[1], stages(POOLED)[1]
    fire2, pool2 = expands.graph.tensor("fire2"), pooled.graph.tensor("pool2")
    scratch = most_scratch(expands, Choice(3))
    row = fire2.width * fire2.channels
    assert (0, scratch + aligned(3 * row)) == expands.inside(Choice(3))
    assert scratch == expands.passing(Choice(3))["fire2"]
    scratch = most_scratch(pooled, Choice(1))
    assert (aligned(2 * pool2.width * pool2.channels), scratch) == pooled.inside(Choice(1))
    assert "pool2" not in pooled.passing(Choice(1))
