"""
Size against agreement, without training: the Deep Compression SqueezeNet v1.0 on ImageNet, or the
unpruned v1.1.

    python -m benchmarks.compression [--network v1.1] [--kib 400 360 320 300] [--keep FOLDER]

Calibrated on the even lines of imagenet200's labels.csv, scored on the odd ones, in the deployed
integer arithmetic. Needs ../shared/data; takes a few minutes of one core for each size.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from sqz2c.compression import Compression, flash_bytes_of
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.load.images import read_image
from sqz2c.quantize.calibrate import run_float
from sqz2c.verify import Reference
from tests.exact.test_real_networks import labelled
from tests.unit.load.real_files import PICTURES, v1_0, v1_1

SIZES = {"v1.0": (400, 380, 360, 340, 320, 300), "v1.1": (800, 700, 600, 500)}
HEADER = ("budget, KiB", "flash, B", "KiB", "weights kept", "loss", "right", "as float")


def network(name: str) -> Graph:
    """The float network."""
    with TemporaryDirectory() as folder:
        return v1_0() if name == "v1.0" else v1_1(Path(folder))


def float_answers(graph: Graph, images: list[np.ndarray]) -> list[int]:
    """The class with the largest logit, in float."""
    answers = []
    for image in images:
        *_, (_, logits) = run_float(graph, torch.from_numpy(image[np.newaxis]))
        answers.append(int(logits.argmax()))

    return answers


def integer_answers(graph: Graph, images: list[np.ndarray]) -> list[int]:
    """The same in the arithmetic that is deployed."""
    reference = Reference(graph)

    return [int(reference(image)[graph.head.name].argmax()) for image in images]


def agreeing(ours: list[int], theirs: list[int]) -> int:
    """How many of OURS equal THEIRS."""
    return sum(map(int.__eq__, ours, theirs))


def main() -> None:
    parser = argparse.ArgumentParser(description="Size against agreement, without training.")
    parser.add_argument("--network", choices=SIZES, default="v1.0")
    parser.add_argument("--kib", type=float, nargs="+")
    parser.add_argument("--keep", type=Path, help="Folder for the checkpoints.")
    options = parser.parse_args()
    graph = network(options.network)
    side = graph.image.height
    images = [read_image(PICTURES / name, side, side, "RGB") for name, _ in labelled()]
    scored, labels = images[1::2], [label for _, label in labelled()][1::2]
    expected = float_answers(graph, scored)
    print(f"float: {agreeing(expected, labels)} of {len(labels)} right", flush=True)
    print("| " + " | ".join(HEADER) + " |\n" + "|---" * len(HEADER) + "|", flush=True)
    work = Compression(graph, images[0::2])
    for kib in (None, *(options.kib or SIZES[options.network])):
        result = work.result(None if kib is None else int(kib * 1024))
        quantized = work.integers(result)
        size = flash_bytes_of(quantized)
        kept = sum(int(np.count_nonzero(conv.weights)) for conv in quantized.convs)
        found = integer_answers(quantized, scored)
        budget = "none" if kib is None else f"{kib:g}"
        print(f"| {budget} | {size:,} | {size / 1024:.1f} | {kept:,} | {result.loss:.4f} "
              f"| {agreeing(found, labels)} | {agreeing(found, expected)} |",
              flush=True)  # fmt: skip
        if options.keep is not None:
            (options.keep / f"{budget}.pt").write_bytes(to_bytes(quantized))


if __name__ == "__main__":
    main()
