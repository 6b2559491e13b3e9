"""
Laws of the weight codings, over distributions that layers have and that they never have.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqz2c.encode import check_filters, encode_filters
from sqz2c.encode.codings import pack_block, pack_dense, pack_raw
from sqz2c.encode.decode import decode_prefix
from sqz2c.encode.huffman import make_code
from sqz2c.ir.filters import HuffmanCode, PackedFilters
from tests.c_decoder import CDecoder

PACKERS = (pack_raw, pack_dense, pack_block)
LAW = settings(deadline=None, derandomize=True)
EVERY = np.arange(-128, 128)

DRAWS = {
    "uniform": lambda random, n: random.integers(-128, 128, n),
    "peaked": lambda random, n: np.clip(random.normal(0, 4, n).round(), -128, 127),
    "pruned": lambda random, n: random.integers(-20, 21, n) * (random.random(n) < 0.2),
    "one_value": lambda random, n: np.full(n, random.integers(-128, 128)),
    "two_values": lambda random, n: random.choice(random.integers(-128, 128, 2), n),
    "zeros": lambda _, n: np.zeros(n),
    "all_values": lambda random, n: np.resize(random.permutation(EVERY), n),
    "geometric": lambda random, n: np.minimum(random.geometric(0.5, n) - 1, 127),
}


@pytest.fixture(scope="module")
def decoder(tmp_path_factory) -> CDecoder:
    return CDecoder(tmp_path_factory.mktemp("decoder"))


@st.composite
def streams(draw, max_size: int = 600) -> np.ndarray:
    """
    Weights in their order, int8 [0..max_size].
    """
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(sorted(DRAWS)))
    return DRAWS[kind](random, draw(st.integers(0, max_size))).astype(np.int8)


@st.composite
def deep_codes(draw) -> HuffmanCode:
    """
    A code for all bytes whose lengths have nothing to do with the weights: words up to 15 bits.
    """
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    base = draw(st.floats(1.0, 2.0))
    frequencies = random.permutation((base ** np.minimum(np.arange(256), 60)).astype(np.int64))
    return make_code([int(f) for f in frequencies])


def chunks(count: int, seed: int) -> list[int]:
    """
    COUNT cut into random reads, some of them of no weights.
    """
    random = np.random.default_rng(seed)
    cuts = np.sort(random.integers(0, count + 1, int(random.integers(0, 12))))
    return np.diff([0, *cuts, count]).tolist()


@LAW
@given(streams())
def test_decoding_gives_what_was_encoded(stream):
    """decode(encode(x)) == x."""
    weights = stream.reshape(-1, 1, 1, 1)
    check_filters(weights, encode_filters(weights))


@LAW
@given(streams(120), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_any_shape_goes_round(stream, channels, height, width):
    """The order of weights is undone for every filter shape."""
    count = stream.size // (channels * height * width)
    weights = stream[: count * channels * height * width].reshape(-1, channels, height, width)
    check_filters(weights, encode_filters(weights))


@LAW
@given(streams())
def test_chosen_coding_is_the_smallest(stream):
    """No coding would take less flash than the chosen one."""
    chosen = encode_filters(stream.reshape(-1, 1, 1, 1))
    assert min(pack(stream).flash_bytes for pack in PACKERS) == chosen.flash_bytes


@LAW
@given(streams(), st.integers(0, 2**32 - 1))
def test_c_decoder_equals_the_judge(decoder, stream, seed):
    """C gives the same weights in every coding, however they are read."""
    for pack in PACKERS:
        weights, statuses = decoder.decode(pack(stream), chunks(stream.size, seed))
        assert stream.tolist() == weights.tolist()
        assert {0} == set(statuses)


@LAW
@given(streams(), deep_codes(), deep_codes(), st.integers(0, 2**32 - 1))
def test_c_decoder_walks_long_codes(decoder, stream, values, flags, seed):
    """Code words of 9 to 15 bits are as right as short ones."""
    for packed in (pack_dense(stream, 1, values), pack_block(stream, 1, values, flags)):
        weights, statuses = decoder.decode(packed, chunks(stream.size, seed))
        assert stream.tolist() == weights.tolist()
        assert {0} == set(statuses)


@LAW
@given(streams(), deep_codes(), st.data())
def test_c_decoder_stops_where_the_judge_stops(decoder, stream, code, data):
    """A damaged stream gives the same weights up to the same error, then zeros."""
    pack = data.draw(st.sampled_from([*PACKERS, lambda s: pack_dense(s, 1, code)]))
    packed = damaged(pack(stream), data)
    prefix, is_whole = decode_prefix(packed)
    weights, statuses = decoder.decode(packed, chunks(stream.size, 0))

    assert prefix + [0] * (stream.size - len(prefix)) == weights.tolist()
    if stream.size:
        assert (0 if is_whole else -1) == statuses[-1]


def damaged(packed: PackedFilters, data: st.DataObject) -> PackedFilters:
    bit_count = data.draw(st.integers(0, packed.bit_count))
    bits = bytearray(packed.bits[: (bit_count + 7) // 8])
    for _ in range(data.draw(st.integers(0, 3))):
        if bits:
            bits[data.draw(st.integers(0, len(bits) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    values = packed.values
    if values.symbols and data.draw(st.booleans()):
        counts = list(values.counts)
        counts[data.draw(st.integers(1, 15))] += data.draw(st.integers(0, 2))
        counts[data.draw(st.integers(1, 15))] -= data.draw(st.integers(0, 1))
        values = HuffmanCode(tuple(max(0, count) for count in counts), values.symbols)
    return replace(packed, bits=bytes(bits), bit_count=bit_count, values=values)


@LAW
@given(st.permutations(range(18)))
def test_limit_of_15_bits_is_reached_by_real_weights(decoder, ranks):
    """Weights of 18 Fibonacci frequencies want 17 bits; with 15 they still decode."""
    frequencies = [1, 1]
    while len(frequencies) < len(ranks):
        frequencies.append(frequencies[-1] + frequencies[-2])
    stream = np.repeat(np.array(ranks, np.int8) - 9, frequencies)
    stream = stream[np.arange(stream.size) * 7 % stream.size]

    packed = pack_dense(stream)
    weights, statuses = decoder.decode(packed, chunks(stream.size, 0))
    assert 15 == max(n for n, count in enumerate(packed.values.counts) if count)
    assert np.array_equal(stream, weights)
    assert {0} == set(statuses)
