"""
Benchmarks compare what they say they compare.
"""

import platform
import re

import pytest

from benchmarks import fashion, fashion_curve, host, kernels, rows, sweeps
from sqz2c.train.squeezenet import SqueezeNet, convs
from tests.boards import RUN_TOOLS
from tests.networks import Member, build
from tests.reference_networks import unpruned
from tests.tools import need


def test_host_runs_the_same_network_twice() -> None:
    """C and PyTorch's operators agree on the logits before they are timed."""
    line = host.compare(build(Member(height=40, width=36)), 3)
    assert re.search(r"40x36.*C -O3 \d+\.\d ms.*qnnpack \d+\.\d ms, ratio \d+\.\d\d$", line)


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="kernels for x86-64")
def test_host_is_no_slower_than_qnnpack() -> None:
    """SqueezeNet v1.1 at 224 takes the C no longer than PyTorch's own operators."""
    line = host.compare(unpruned(), 11)
    assert float(line.rsplit("ratio ")[1]) <= 1.0, line


@pytest.mark.slow
def test_table_of_kernels_has_a_line_a_board() -> None:
    """The head, then the example on the one board that was asked for, cycles included."""
    need(*RUN_TOOLS, "gcc")
    head, line = kernels.lines("Fashion", "an386")
    assert "M cycles" in head
    millions, per_mac, cycles = re.split(r" +", line.split("cortex-m4")[1].strip())[:3]
    assert 1 < float(cycles) / float(millions) < 2
    assert 0 < float(per_mac) < 6


def test_sweeps_are_those_of_the_paper() -> None:
    """Five squeeze ratios and six shares of 3x3, the network they have in common trained once."""
    assert 10 == len(sweeps.points())
    records = [
        {"squeeze_ratio": ratio, "pct_3x3": share, "parameters": 1000 + n, "test_percent": 80 + n}
        for n, (ratio, share) in enumerate(sweeps.points())
    ]
    found = sweeps.sweeps(records)
    assert list(sweeps.SQUEEZE_RATIOS) == [row[0] for row in found["squeeze_ratio"]]
    assert list(sweeps.SHARES_3X3) == [row[0] for row in found["pct_3x3"]]
    assert (0.5, 4020, 85, 1) == found["pct_3x3"][3]
    pictures = [fashion.svg(lambda figure: sweeps.draw(figure, records), (8, 3)) for _ in "12"]
    assert pictures[0] == pictures[1]


def test_curve_has_a_network_for_each_size() -> None:
    """Six budgets from 4 to 100 KB; a larger one has at least as many weights to keep."""
    sizes = []
    for point in fashion_curve.POINTS:
        weights = convs(SqueezeNet(point.network.architecture)).values()
        sizes.append((point.density or 0.2) * sum(conv.weight.numel() for conv in weights))
    budgets = [point.budget_bytes for point in fashion_curve.POINTS]
    assert (4_000, 100_000, 6) == (budgets[0], budgets[-1], len(budgets))
    assert sorted(sizes) == sizes
    record = {"flash_bytes": 7, "ram_bytes": 8, "macs": 9e6, "nonzero": 1, "integer_percent": 9.5}
    assert "| example | 7 | 8 | 9.0 M | 1 |  |  | 9.50 |" in fashion_curve.table(
        {"example": record, "4000": {"budget_bytes": 4000}})  # fmt: skip


@pytest.mark.slow
def test_rows_cost_little_more_than_an_image() -> None:
    """The example at its two RAM points, as the table of docs/memory.md has it."""
    need(*RUN_TOOLS)
    _, line = rows.lines("Fashion-MNIST")
    assert 1 < float(line.split()[-1]) <= rows.LIMIT
