"""
The decoder on every core that QEMU has: the program of benchmarks/decode.py, small layers.
"""

import shutil

import numpy as np
import pytest

from benchmarks import decode
from sqz2c.encode.codings import pack_block, pack_dense, pack_raw
from sqz2c.firmware import load_board
from tests.boards import QEMU_BOARDS, RUN_TOOLS

RANDOM = np.random.default_rng(5)
STREAMS = {
    "dense": np.clip(RANDOM.normal(0, 20, 901).round(), -128, 127).astype(np.int8),
    "block": (RANDOM.integers(-128, 128, 903) * (RANDOM.random(903) < 0.3)).astype(np.int8),
    "raw": RANDOM.integers(-128, 128, 400).astype(np.int8),
}
PACKERS = {"dense": pack_dense, "block": pack_block, "raw": pack_raw}


def layers() -> list[decode.Layer]:
    """Four of a coding, one at each alignment, in tiles that divide nothing."""
    return [
        decode.Layer(coding, STREAMS[coding], PACKERS[coding](STREAMS[coding]), 97 + k)
        for coding in PACKERS
        for k in range(4)
    ]


@pytest.mark.parametrize("name", QEMU_BOARDS)
def test_every_core_gives_the_weights(name):
    """Each coding gives its int8 and int16 weights, wherever in a word the stream begins."""
    for tool in RUN_TOOLS:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    lines = list(decode.measure(load_board(name), decode.ROOT / "runtime_c", layers()))
    assert 12 == len(lines)
