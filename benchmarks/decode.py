"""
What the decoder costs on each kind of core: instructions a weight, and to open a layer.

    python -m benchmarks.decode [--boards NAME ...] [--runtime FOLDER]

Layers of the Deep Compression SqueezeNet v1.0 (coding block), of the ImageNet v1.1 in int8 by its
largest weight (dense), both from ../shared/data, and of the example. Each is read four filters at
a time, to int8 and to int16, in firmware under QEMU; its weights are compared by their CRC.
RUNTIME: another version's runtime_c, to compare with.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sqz2c.encode.codings import encode_filters, in_order
from sqz2c.firmware import Board, load_board, sources
from sqz2c.firmware.build import Firmware
from sqz2c.firmware.compile import compile_all, link
from sqz2c.firmware.library import Library
from sqz2c.firmware.run import qemu_command
from sqz2c.ir.filters import HuffmanCode, PackedFilters
from sqz2c.load import LoadOptions, load_model
from sqz2c.load.deep_compression import deep_compression_network

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
V1_0 = DATA / "squeezenet_v1_0_deep_compression" / "compressed_SqueezeNet.net"
V1_1 = DATA / "squeezenet_v1_1_imagenet" / "squeezenet_v1_1.npz"
EXAMPLE = ROOT / "examples" / "fashion_mnist" / "model.pt"
BOARDS = {
    "mps2_an386": "M4",
    "mps2_an500": "M7",
    "mps2_an505": "M33",
    "mps2_an385": "M3",
    "mps3_an547": "M55",
    "microbit": "M0",
}
CODINGS = ("dense", "block", "raw")


@dataclass(frozen=True, eq=False)
class Layer:
    """STREAM is the weights in their order, TILE how many of them are read at once."""

    name: str
    stream: np.ndarray
    packed: PackedFilters
    tile: int


def to_int8(weights: np.ndarray) -> np.ndarray:
    return np.round(weights * (127 / np.abs(weights).max())).astype(np.int8)


def layer_of(name: str, weights: np.ndarray) -> Layer:
    """WEIGHTS int8 [out_channels, in_channels, kernel_height, kernel_width]."""
    packed = encode_filters(weights)

    return Layer(name, in_order(weights, packed.order), packed, 4 * weights[0].size)


def layers() -> Iterator[Layer]:
    """
    The layers to measure; those of networks that are not there are left out.
    """
    if V1_0.is_file():
        fires = deep_compression_network(V1_0.read_bytes(), str(V1_0)).fires
        yield layer_of("v1.0 fire3/squeeze", to_int8(fires[1].squeeze.weights))
        yield layer_of("v1.0 fire5/expand1x1", to_int8(fires[3].expand1x1.weights))
        yield layer_of("v1.0 fire5/expand3x3", to_int8(fires[3].expand3x3.weights))
    if V1_1.is_file():
        arrays = np.load(V1_1)
        yield layer_of("v1.1 fire5/squeeze", to_int8(arrays["fire5.squeeze.weight"]))
        yield layer_of("v1.1 fire5/expand1x1", to_int8(arrays["fire5.expand1x1.weight"]))
        yield layer_of("v1.1 fire4/expand3x3", to_int8(arrays["fire4.expand3x3.weight"]))
    graph = load_model(EXAMPLE, LoadOptions())
    largest = max(graph.convs, key=lambda conv: conv.weights.size)
    yield layer_of(f"example {largest.name}", largest.weights)


def c_array(kind: str, name: str, values: bytes | tuple[int, ...]) -> str:
    numbers = [str(value) for value in values] or ["0"]
    rows = [", ".join(numbers[k : k + 24]) for k in range(0, len(numbers), 24)]
    body = ",\n    ".join(rows)

    return f"static const {kind} {name}[] = {{\n    {body},\n}};\n"


def c_code(name: str, code: HuffmanCode) -> tuple[str, str]:
    """Arrays of CODE and its initializer."""
    if not code.symbols:
        return "", "{0, 0, 0}"
    arrays = c_array("uint16_t", f"{name}_counts", code.counts)
    arrays += c_array("uint8_t", f"{name}_symbols", code.symbols)

    return arrays, f"{{{name}_counts, {name}_symbols, {len(code.symbols)}}}"


def header(chosen: list[Layer], reads: int) -> str:
    """
    decode_layers.h with CHOSEN layers, each stream at another alignment; READS is 1 if the runtime
    gives int8 alone.
    """
    arrays, rows = "", ""
    for k, layer in enumerate(chosen):
        packed = layer.packed
        values_arrays, values = c_code(f"values_{k}", packed.values)
        flags_arrays, flags = c_code(f"flags_{k}", packed.flags)
        arrays += (
            values_arrays
            + flags_arrays
            + c_array("uint8_t", f"bits_{k}", bytes(k % 4) + packed.bits)
        )
        filters = f"bits_{k} + {k % 4}, {packed.bit_count}, {CODINGS.index(packed.coding)}"
        sizes = f"{layer.stream.size}, {layer.tile}"
        rows += f"    {{{{{filters}, {values}, {flags}}}, {sizes}}},\n"

    return (
        '#include "sqz_huffman.h"\n\n'
        f"#define LAYERS {len(chosen)}u\n#define READS {reads}u\n"
        f"#define MAX_TILE {max(layer.tile for layer in chosen)}\n\n{arrays}\n"
        "typedef struct {\n    sqz_filters_t filters;\n    uint32_t weights;\n"
        "    uint32_t tile;\n} layer_t;\n\n"
        f"static const layer_t layers[LAYERS] = {{\n{rows}}};\n"
    )


def build(stage: Path, board: Board, runtime: Path, chosen: list[Layer]) -> Path:
    """Link the program for BOARD in the folder STAGE; returns the .elf."""
    has_wide = "sqz_decoder_read16" in (runtime / "sqz_huffman.h").read_text("utf-8")
    library = Library(stage, "decode", (1, 1, 1), 1, "", False, ())
    shutil.copytree(runtime, stage / "runtime")
    sources.write_sources(stage, board, library)
    sources.write_memory(stage / "memory.ld", board)
    (stage / "decode_layers.h").write_text(header(chosen, 2 if has_wide else 1), "utf-8")

    own = [Path(__file__).with_name("decode_main.c")]
    own += [stage / "runtime" / f"sqz_{name}.c" for name in ("huffman", "crc32")]
    define = ("-DHAS_READ16",) if has_wide else ()
    files = [*own, *sources.common_sources(board)]
    objects = compile_all(files, stage, board, library, define)
    link(objects, stage / "decode.elf", board, stage)

    return stage / "decode.elf"


def run(elf: Path, board: Board) -> list[dict[str, int]]:
    """What the program says of each layer and read."""
    firmware = Firmware(board.name, "decode", elf, elf, elf, 0, 0, 0, 0, 1, False)
    done = subprocess.run(
        qemu_command(firmware, board), capture_output=True, text=True, check=False, timeout=300
    )
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("layer")]
    if done.returncode != 0:
        sys.exit(f"on {board.name}: {done.stdout}{done.stderr}")

    return [dict(zip(words[1::2], map(int, words[2::2]), strict=True)) for words in lines]


def expected_crc(layer: Layer, is_wide: int) -> int:
    return zlib.crc32(layer.stream.astype("<i2" if is_wide else "i1").tobytes())


def measure(board: Board, runtime: Path, chosen: list[Layer]) -> Iterator[str]:
    """The lines of one board."""
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as name:
        stage = Path(name).resolve()
        records = run(build(stage, board, runtime, chosen), board)
    for k, layer in enumerate(chosen):
        own = [record for record in records if record["number"] == k]
        for record in own:
            if record["crc"] != expected_crc(layer, record["wide"]):
                sys.exit(f"{layer.name} has other weights on {board.name}")
        reads = "".join(f"{record['read'] / layer.stream.size:8.2f}" for record in own)
        yield (
            f"{BOARDS.get(board.name, board.name):5}{layer.name:24}{layer.packed.coding:6}"
            f"{layer.stream.size:8}{layer.packed.bit_count / layer.stream.size:6.2f}"
            f"{own[0]['open']:7}{reads}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--boards", nargs="+", default=list(BOARDS), metavar="NAME")
    parser.add_argument("--runtime", type=Path, default=ROOT / "runtime_c", metavar="FOLDER")
    given = parser.parse_args()
    chosen = list(layers())
    print(f"{'core':5}{'layer':24}{'coding':6}{'weights':>8}{'bits':>6}{'open':>7}"
          f"{'int8':>8}{'int16':>8}")  # fmt: skip
    for name in given.boards:
        for line in measure(load_board(name), given.runtime, chosen):
            print(line, flush=True)


if __name__ == "__main__":
    main()
