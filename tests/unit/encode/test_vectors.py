"""
Tests of tests/vectors/huffman.json and of the example in SPEC.md section 3.5.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sqz2c.encode.codings import pack_block, pack_dense, pack_raw
from sqz2c.encode.decode import decode_prefix
from sqz2c.encode.huffman import code_words
from sqz2c.ir.filters import HuffmanCode, PackedFilters
from tests.c_decoder import CDecoder
from tests.vectors import make_huffman

SPEC = Path(__file__).parents[3] / "SPEC.md"
CASES = json.loads(make_huffman.JSON_FILE.read_text())["cases"]


def to_code(record: dict) -> HuffmanCode:
    return HuffmanCode(tuple(record["counts"]), bytes.fromhex(record["symbols"]))


def to_packed(record: dict) -> PackedFilters:
    return PackedFilters(
        coding=record["coding"],
        order=1,
        weight_count=len(record["weights"]),
        nonzero_count=np.count_nonzero(record["weights"]),
        bit_count=record["bit_count"],
        bits=bytes.fromhex(record["bits"]),
        values=to_code(record["values"]),
        flags=to_code(record["flags"]),
    )


@pytest.fixture(scope="module")
def decoder(tmp_path_factory) -> CDecoder:
    return CDecoder(tmp_path_factory.mktemp("decoder"))


def test_vectors_are_what_the_script_makes():
    """The checked-in files are the script's output, byte for byte."""
    records = make_huffman.make_records()
    assert make_huffman.to_json(records) == make_huffman.JSON_FILE.read_text()
    assert make_huffman.to_c(records) == make_huffman.C_FILE.read_text()


@pytest.mark.parametrize("record", CASES, ids=lambda record: record["name"])
def test_both_decoders_give_the_weights(record, decoder):
    """Python and C read each vector alike, errors included."""
    packed = to_packed(record)
    prefix, is_whole = decode_prefix(packed)
    weights, statuses = decoder.decode(packed, [packed.weight_count])

    assert record["error"] != is_whole
    assert record["weights"] == prefix + [0] * (packed.weight_count - len(prefix))
    assert record["weights"] == weights.tolist()
    assert record["error"] == (statuses[-1] != 0)


@pytest.mark.parametrize(
    "record", [c for c in CASES if "long" in c["name"]], ids=lambda c: c["name"]
)
def test_both_decoders_end_at_the_same_weight(record, decoder):
    """Cut anywhere, a stream with long code words gives the same weights in Python and C."""
    packed = to_packed(record)
    for bit_count in range(0, packed.bit_count, 7):
        bits = packed.bits[: (bit_count + 7) // 8]
        short = replace(packed, bit_count=bit_count, bits=bits)
        prefix, _ = decode_prefix(short)
        weights, statuses = decoder.decode(short, [packed.weight_count])

        assert prefix + [0] * (packed.weight_count - len(prefix)) == weights.tolist()
        assert -1 == statuses[-1]


def test_vectors_reach_every_length():
    """Some vector holds code words of each length from 1 to 15 bits."""
    counts = [to_packed(record).values.counts for record in CASES if not record["error"]]
    assert all(sum(column) > 0 for column in list(zip(*counts, strict=True))[1:])


def spec_example() -> dict[str, str]:
    section = SPEC.read_text(encoding="utf-8").split("### 3.5 Example")[1]
    lines = re.search(r"```\n(.*?)```", section, re.DOTALL).group(1).splitlines()
    return {line[:17].strip(): line[17:].strip() for line in lines}


def words_text(code: HuffmanCode, symbols: bytes) -> str:
    words, lengths = code_words(code)
    return " ".join(f"{symbol:02x}:{words[symbol]:0{lengths[symbol]}b}" for symbol in symbols)


def bits_text(packed: PackedFilters) -> str:
    return f"{packed.bit_count} in {packed.bits.hex(' ')}"


def test_example_of_the_spec_is_true():
    """Each line of SPEC.md's worked example is what the encoder does."""
    example = spec_example()
    stream = np.frombuffer(bytes.fromhex(example["weights"]), np.int8)
    dense, block = pack_dense(stream), pack_block(stream)

    assert example["dense values"] == words_text(dense.values, dense.values.symbols)
    assert example["block values"] == words_text(block.values, block.values.symbols)
    assert example["block flags"] == words_text(block.flags, block.flags.symbols)
    assert example["dense bits"] == bits_text(dense)
    assert example["block bits"] == bits_text(block)
    assert example["raw bits"] == bits_text(pack_raw(stream))
    for packed in (dense, block):
        bits = example[f"{packed.coding} stream"].replace(" ", "")
        assert int(bits[::-1], 2).to_bytes(len(packed.bits), "little") == packed.bits
