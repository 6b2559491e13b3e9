"""
Make huffman.json and tests/c/huffman_vectors.h: weight streams and what they decode to.

Run from the top of the checkout: python tests/vectors/make_huffman.py. A test compares bytes.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sqz2c.encode.codings import NO_CODE, pack_block, pack_dense, pack_raw
from sqz2c.encode.decode import decode_prefix
from sqz2c.encode.huffman import make_code
from sqz2c.ir.filters import HuffmanCode, PackedFilters

TESTS = Path(__file__).parent.parent
JSON_FILE = TESTS / "vectors" / "huffman.json"
C_FILE = TESTS / "c" / "huffman_vectors.h"

COMMENT = (
    "Weight streams of SPEC.md section 3. Lengths lie on the boundaries of a block of 8 "
    "weights. Weight k is pattern[k * 7 mod len(pattern)], so that two swapped weights show. "
    "bits, symbols: hexadecimal. error true: the status is SQZ_ERR_BITSTREAM, the weights from "
    "the first bad one on are 0. Damaged streams follow the sound ones."
)
LENGTHS = (0, 1, 7, 8, 9, 15, 16, 17)
PACKERS: dict[str, Callable[..., PackedFilters]] = {
    "dense": pack_dense,
    "block": pack_block,
    "raw": pack_raw,
}
# Half of the code words take one bit, a quarter two, and so on: words of all lengths to 15.
DEEP = [0] * 256
for _rank in range(16):
    DEEP[(_rank * 37 + 5) % 256] = 2 ** (15 - _rank)
DEEP_VALUES = [value for value in range(256) if DEEP[value]]

PATTERNS = {
    "sparse": [0, 0, 5, 0, 0, 0, -3, 0, 5, 0, 0],
    "zeros": [0],
    "one_value": [-128],
    "two_values": [127, -128, 127],
}


def weights_of(pattern: list[int], count: int) -> np.ndarray:
    return np.array([pattern[k * 7 % len(pattern)] for k in range(count)], np.int8)


def sound_cases() -> dict[str, PackedFilters]:
    """
    Streams as the encoder makes them, and two with codes deeper than so few weights would get.
    """
    cases = {}
    for name, pattern in PATTERNS.items():
        for count in LENGTHS if name == "sparse" else (9, 64):
            for coding, pack in PACKERS.items():
                cases[f"{name}_{count}_{coding}"] = pack(weights_of(pattern, count))

    every = weights_of(list(range(-128, 123)), 251)  # 251 is prime: no value comes twice
    for coding, pack in PACKERS.items():
        cases[f"all_{coding}"] = pack(np.append(every, np.arange(123, 128, dtype=np.int8)))

    code = make_code(DEEP)
    deep = weights_of([v - 256 if v >= 128 else v for v in DEEP_VALUES], 41)
    cases["deep_dense"] = pack_dense(deep, values=code)
    flags = np.array(DEEP_VALUES, np.uint8)
    blocks = np.unpackbits(flags, bitorder="little").astype(np.int8) * DEEP_VALUES[3]
    cases["deep_block"] = pack_block(blocks, values=code, flags=code)
    return cases | long_cases() | longest_cases()


def long_cases() -> dict[str, PackedFilters]:
    """
    Weights of which one in five has a long code word, so at each place that a decoder may have in
    a window; the other words are of 3 bits. And blocks with any number of such weights.
    """
    frequencies = [0] * 256
    for value in range(1, 8):
        frequencies[value] = 4096
    for rank in range(8):
        frequencies[129 + rank] = 2 ** (12 - rank) >> 1
    code = make_code(frequencies)
    mixed = np.array(
        [129 + k // 5 % 8 if k % 5 == 4 else 1 + k * 3 % 7 for k in range(170)], np.uint8
    )
    blocks = np.zeros((40, 8), np.uint8)
    for row, block in enumerate(blocks):
        places = [(row * 5 + k * 3) % 8 for k in range(row % 9)]
        block[places] = mixed[row * 4 : row * 4 + len(places)]

    flags = np.packbits(blocks != 0, axis=1, bitorder="little").ravel()
    flags_code = make_code(
        [2 ** (1 + k % 13) if k in set(flags.tolist()) else 0 for k in range(256)]
    )
    return {
        "long_dense": pack_dense(mixed.view(np.int8), values=code),
        "long_block": pack_block(blocks.ravel().view(np.int8), values=code, flags=flags_code),
    }


def longest_cases() -> dict[str, PackedFilters]:
    """
    Words of 15 bits alone, the most that a block can take; and words of 8 and 9 bits alone, of
    which three take 24 to 27.
    """
    last = DEEP_VALUES[int(np.argmin([DEEP[value] for value in DEEP_VALUES]))]
    code = make_code(DEEP)
    flags = HuffmanCode(code.counts, code.symbols[:-1] + b"\xff")
    longest = np.full(48, last, np.uint8).view(np.int8)

    nines = HuffmanCode((0, 0, 2, *[0] * 5, 2, 252, *[0] * 6), bytes(range(256)))
    every = weights_of([v - 256 if v >= 128 else v for v in range(2, 256)], 254)
    return {
        "longest_dense": pack_dense(longest, values=code),
        "longest_block": pack_block(longest, values=code, flags=flags),
        "nines_dense": pack_dense(every, values=nines),
        "nines_and_eights_dense": pack_dense(
            np.insert(every, slice(1, None, 2), 2), values=nines
        ),
    }


def damaged_cases(sound: dict[str, PackedFilters]) -> dict[str, PackedFilters]:
    """
    One case for each way in which a stream can be wrong.
    """
    dense, block, raw = (sound[f"sparse_17_{coding}"] for coding in PACKERS)
    one = sound["one_value_9_dense"]
    deep = sound["deep_dense"]
    counts = dense.values.counts
    over = (0, 2, 1, *[0] * 13)
    return {
        "cut_dense": cut(dense, dense.bit_count - 1),
        "cut_block": cut(block, block.bit_count - 1),
        "cut_block_in_flags": cut(block, 1),
        "cut_raw": cut(raw, raw.bit_count - 1),
        "cut_deep": cut(deep, deep.bit_count - 3),
        "nothing_left_dense": cut(dense, 0),
        "nothing_left_raw": cut(raw, 0),
        "invalid_word_of_one_symbol": damage(one, bits=b"\x20\x00"),
        "invalid_word_after_8_bits": damage(
            dense,
            values=HuffmanCode((0, 1, *[0] * 13, 1), b"\x07\x09"),
            bits=b"\xfe\xff\xff\xff",
            bit_count=32,
        ),
        "counts_over_symbols": damage(dense, values=HuffmanCode((0, 1, 1, *[0] * 13), b"\x00")),
        "symbols_over_counts": damage(
            dense, values=HuffmanCode(counts, dense.values.symbols + b"\x01")
        ),
        "over_subscribed": damage(dense, values=HuffmanCode(over, b"\x00\x05\xfd")),
        "word_of_no_bits": damage(dense, values=HuffmanCode((1, 1, *[0] * 14), b"\x00\x05")),
        "word_of_no_bits_uncounted": damage(
            dense, values=HuffmanCode((1, 1, *[0] * 14), b"\x07"), bits=bytes(len(dense.bits))
        ),
        "more_than_256_symbols": damage(
            dense, values=HuffmanCode((*[0] * 9, 257, *[0] * 6), bytes([5] * 257))
        ),
        "over_subscribed_flags": damage(block, flags=HuffmanCode(over, b"\x00\x05\xfd")),
        "values_missing": damage(block, values=NO_CODE),
        "flags_missing": damage(block, flags=NO_CODE),
    }


def damage(packed: PackedFilters, **changes: object) -> PackedFilters:
    return PackedFilters(**(vars(packed) | changes))


def cut(packed: PackedFilters, bit_count: int) -> PackedFilters:
    return damage(packed, bit_count=bit_count, bits=packed.bits[: (bit_count + 7) // 8])


def to_record(name: str, packed: PackedFilters) -> dict[str, object]:
    prefix, is_whole = decode_prefix(packed)
    return {
        "name": name,
        "coding": packed.coding,
        "values": {
            "counts": list(packed.values.counts),
            "symbols": packed.values.symbols.hex(),
        },
        "flags": {"counts": list(packed.flags.counts), "symbols": packed.flags.symbols.hex()},
        "bit_count": packed.bit_count,
        "bits": packed.bits.hex(),
        "error": not is_whole,
        "weights": prefix + [0] * (packed.weight_count - len(prefix)),
    }


def make_records() -> list[dict[str, object]]:
    sound = sound_cases()
    return [to_record(n, p) for n, p in (sound | damaged_cases(sound)).items()]


def to_json(records: list[dict[str, object]]) -> str:
    lines = ",\n".join(f"    {json.dumps(record)}" for record in records)
    return f'{{\n  "_comment": {json.dumps(COMMENT)},\n  "cases": [\n{lines}\n  ]\n}}\n'


def c_array(name: str, kind: str, values: list[int]) -> str:
    """
    A C array of at least one element: C knows no empty ones.
    """
    texts = [str(v) for v in values] or ["0"]
    rows = [", ".join(texts[i : i + 16]) for i in range(0, len(texts), 16)]
    return f"static const {kind} {name}[] = {{\n    " + ",\n    ".join(rows) + ",\n};\n"


def c_code(name: str, code: dict) -> tuple[str, str]:
    """
    Arrays of a code, and its initializer; an empty code has no arrays.
    """
    symbols = list(bytes.fromhex(code["symbols"]))
    if not symbols:
        return "", "{0, 0, 0}"
    arrays = c_array(f"{name}_counts", "uint16_t", code["counts"])
    arrays += c_array(f"{name}_symbols", "uint8_t", symbols)
    return arrays, f"{{{name}_counts, {name}_symbols, {len(symbols)}}}"


def to_c(records: list[dict]) -> str:
    arrays, rows = [], []
    for record in records:
        name = record["name"]
        values_arrays, values = c_code(f"{name}_values", record["values"])
        flags_arrays, flags = c_code(f"{name}_flags", record["flags"])
        bits = c_array(f"{name}_bits", "uint8_t", list(bytes.fromhex(record["bits"])))
        weights = c_array(f"{name}_weights", "int8_t", record["weights"])
        arrays.append(values_arrays + flags_arrays + bits + weights)
        status = "SQZ_ERR_BITSTREAM" if record["error"] else "SQZ_OK"
        coding = f"SQZ_CODING_{record['coding'].upper()}"
        rows.append(
            f'    {{"{name}",\n     {{{name}_bits, {record["bit_count"]}, {coding},\n'
            f"      {values},\n      {flags}}},\n"
            f"     {name}_weights, {len(record['weights'])}, {status}}},\n"
        )
    return (
        "/* huffman_vectors.h - huffman.json as C. Made by tests/vectors/make_huffman.py. */\n"
        '#include "sqz_huffman.h"\n\n'
        + "\n".join(arrays)
        + "\ntypedef struct {\n    const char *name;\n    sqz_filters_t filters;\n"
        "    const int8_t *weights;\n    uint32_t count;\n    sqz_status_t status;\n"
        "} huffman_case_t;\n\nstatic const huffman_case_t huffman_cases[] = {\n"
        + "".join(rows)
        + "};\n"
    )


def main() -> None:
    records = make_records()
    JSON_FILE.write_text(to_json(records), encoding="utf-8", newline="\n")
    C_FILE.write_text(to_c(records), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
