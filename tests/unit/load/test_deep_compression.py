"""
The Deep Compression file: a written one is read back, a damaged one is refused.
"""

import numpy as np
import pytest

from sqz2c.errors import LoadError
from sqz2c.load import LoadOptions, load_model
from sqz2c.load.deep_compression import SHAPES, deep_compression_network, looks_like
from sqz2c.load.squeezenet import Filters


def encode(filters: Filters, codebook: np.ndarray) -> tuple[bytes, int]:
    """
    Write one convolution: positions as gaps of at most 15, padding entries of code 0 between.
    """
    flat = filters.weights.reshape(-1)
    codes, gaps, last = [], [], -1
    for position in np.flatnonzero(flat):
        gap = int(position) - last - 1
        while gap > 15:
            codes.append(0)
            gaps.append(15)
            gap -= 16
        codes.append(int(np.flatnonzero(codebook == flat[position])[0]))
        gaps.append(gap)
        last = int(position)
    nibbles = gaps + [0] * (len(gaps) % 2)
    pairs = bytes(
        low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True)
    )
    body = codebook.astype("<f4").tobytes() + filters.bias.astype("<f4").tobytes()

    return body + bytes(codes) + pairs, len(codes)


def make_file(seed: int = 1) -> tuple[bytes, list[Filters]]:
    rng = np.random.default_rng(seed)
    counts, bodies, expected = [], [], []
    for shape in SHAPES:
        codebook = rng.normal(0, 0.05, 256).astype(np.float32)
        codebook[0] = 0
        weights = np.zeros(shape, np.float32)
        some = rng.choice(weights.size, max(3, weights.size // 100), replace=False)
        weights.reshape(-1)[some] = rng.choice(codebook[1:], len(some))
        expected.append(Filters(weights, rng.normal(0, 0.1, shape[0]).astype(np.float32)))
        body, count = encode(expected[-1], codebook)
        counts.append(count)
        bodies.append(body)
    return np.array(counts, "<u4").tobytes() + b"".join(bodies), expected


FILE, EXPECTED = make_file()


def test_what_was_written_is_read(tmp_path):
    """Weights and biases of all 26 convolutions come back, long gaps included."""
    (tmp_path / "anything").write_bytes(FILE)
    graph = load_model(tmp_path / "anything", LoadOptions(order="BGR"))
    assert 26 == len(graph.convs)
    for filters, conv in zip(EXPECTED, graph.convs, strict=True):
        assert np.array_equal(filters.weights, conv.weights), conv.name
        assert np.array_equal(filters.bias, conv.bias), conv.name


def test_it_is_v1_0_as_published(tmp_path):
    """227 x 227, pools after conv1, fire4 and fire8, padding 1 at the head, Caffe's means."""
    (tmp_path / "file").write_bytes(FILE)
    graph = load_model(tmp_path / "file", LoadOptions())
    assert ("RGB", [227, 227, 3]) == (
        graph.order,
        [graph.image.height, graph.image.width, graph.image.channels],
    )
    assert ["pool1", "pool4", "pool8"] == [x.name for x in graph.layers if "pool" in x.name]
    assert 1 == graph.convs[-1].padding
    assert (15, 15, 1000) == (
        graph.tensor("conv10").height,
        graph.tensor("conv10").width,
        graph.classes,
    )
    assert (123.0, 117.0, 104.0) == graph.preprocessing.mean


def test_another_size_can_be_asked_for(tmp_path):
    """The input size and the head's padding are options."""
    (tmp_path / "file").write_bytes(FILE)
    options = LoadOptions(input_height=128, input_width=96, head_padding=0)
    graph = load_model(tmp_path / "file", options)
    assert (128, 96) == (graph.image.height, graph.image.width)
    assert 0 == graph.convs[-1].padding


@pytest.mark.parametrize("size", [104, 105, 2000, len(FILE) - 1, len(FILE) + 1])
def test_a_size_that_does_not_fit_is_refused(size, tmp_path):
    """The counts say how long the file is."""
    (tmp_path / "file").write_bytes((FILE + b"\0")[:size])
    with pytest.raises(
        LoadError, match=rf"has {size} bytes, but its counts ask for {len(FILE)}"
    ):
        load_model(tmp_path / "file", LoadOptions())


def test_gaps_that_lead_outside_are_refused():
    """A position beyond the last weight means damage."""
    count = int(np.frombuffer(FILE, "<u4", 26)[25])
    damaged = bytearray(FILE)
    gaps_at = len(FILE) - (count + 1) // 2
    damaged[gaps_at:] = b"\xff" * (len(FILE) - gaps_at)
    full = np.frombuffer(FILE, "<u4", 26).copy()
    full[25] = 512000
    longer = bytes(full.tobytes()) + bytes(damaged[104 : gaps_at - count])
    longer += bytes(512000) + b"\xff" * 256000
    with pytest.raises(LoadError, match=r"x.net is damaged between bytes \d+ and \d+"):
        deep_compression_network(longer, "x.net")


@pytest.mark.parametrize("at", [104, 104 + 1024], ids=["codebook", "bias"])
def test_numbers_that_are_none_are_refused(at):
    """NaN in a codebook or a bias means damage."""
    damaged = bytearray(FILE)
    damaged[at : at + 4] = np.float32("nan").tobytes()
    with pytest.raises(LoadError, match=r"x.net is damaged between bytes 104 and"):
        deep_compression_network(bytes(damaged), "x.net")


@pytest.mark.parametrize(
    "data", [b"", b"abc", bytes(200), b"Hello, world. " * 20, b"\xff" * 300]
)
def test_other_files_do_not_look_like_it(data):
    """Text, zeros and noise have counts that fit no convolution."""
    assert not looks_like(data)
