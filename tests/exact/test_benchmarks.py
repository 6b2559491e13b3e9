"""
Benchmarks compare what they say they compare.
"""

import platform
import re

import pytest

from benchmarks import host, kernels
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
