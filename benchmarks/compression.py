"""
Size against agreement, without training: the Deep Compression SqueezeNet v1.0 on ImageNet, or the
unpruned v1.1.

    python -m benchmarks.compression [--network v1.1] [--kib 400 360 320 300] [--keep FOLDER]
                                     [--tune EPOCHS]

Calibrated on the even lines of imagenet200's labels.csv, scored on the odd ones, in the deployed
integer arithmetic. Needs ../shared/data; takes a few minutes of one core for each size. With
--tune, the values and biases of each are then trained on with the deployed arithmetic, by the float
network's answers to the same hundred pictures and their mirror images: a minute or two an epoch.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from sqz2c.compress import without_deviation
from sqz2c.compression import Compression, flash_bytes_of
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.load.images import read_image
from sqz2c.quantize import attach_requantizers
from sqz2c.quantize.calibrate import run_float
from sqz2c.train.data import Dataset
from sqz2c.train.deployed import deployed_network, integers_of, optimizer_of
from sqz2c.train.fit import Schedule, Trainer
from sqz2c.train.from_graph import network_of, pixels_of
from sqz2c.verify import Reference
from tests.exact.test_real_networks import labelled
from tests.unit.load.real_files import PICTURES, v1_0, v1_1

SIZES = {"v1.0": (400, 380, 360, 340, 320, 300), "v1.1": (800, 700, 600, 500)}
HEADER = ("budget, KiB", "flash, B", "KiB", "weights kept", "loss", "right", "as float")
TUNED_HEADER = ("tuned: flash, B", "right", "as float")
BATCH = 10  # pictures a step of tuning
RATE = 2e-4  # of a codebook's values: a tenth of what thousands of pictures allow


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


def tuned(graph: Graph, grid: Graph, coded: Graph, images: list[np.ndarray], epochs: int) -> Graph:
    """CODED, whose float weights GRID has, after EPOCHS of learning from GRAPH's answers."""
    pictures = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    unlabelled = torch.zeros(len(images), dtype=torch.int64)
    schedule = Schedule(epochs, BATCH, label_smoothing=0.0, teacher_share=1.0, bfloat16=False)
    network = deployed_network(grid, coded)
    trainer = Trainer(Dataset(pictures, unlabelled), pixels_of(grid), schedule, _mirrored,
                      network_of(graph))  # fmt: skip
    trainer.fit(network, optimizer_of(network, RATE))

    return attach_requantizers(integers_of(network, grid))


def _mirrored(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Half of them."""
    chosen = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5

    return torch.where(chosen, images.flip(3), images)


def agreeing(ours: list[int], theirs: list[int]) -> int:
    """How many of OURS equal THEIRS."""
    return sum(map(int.__eq__, ours, theirs))


def main() -> None:
    parser = argparse.ArgumentParser(description="Size against agreement, without training.")
    parser.add_argument("--network", choices=SIZES, default="v1.0")
    parser.add_argument("--kib", type=float, nargs="+")
    parser.add_argument("--keep", type=Path, help="Folder for the checkpoints.")
    parser.add_argument("--tune", type=int, metavar="EPOCHS")
    options = parser.parse_args()
    graph = network(options.network)
    side = graph.image.height
    images = [read_image(PICTURES / name, side, side, "RGB") for name, _ in labelled()]
    scored, labels = images[1::2], [label for _, label in labelled()][1::2]
    expected = float_answers(graph, scored)
    print(f"float: {agreeing(expected, labels)} of {len(labels)} right", flush=True)
    header = HEADER + (TUNED_HEADER if options.tune else ())
    print("| " + " | ".join(header) + " |\n" + "|---" * len(header) + "|", flush=True)
    work = Compression(graph, images[0::2])
    plain = without_deviation(graph)
    for kib in options.kib or (None, *SIZES[options.network]):
        result = work.result(None if kib is None else int(kib * 1024))
        quantized = work.integers(result)
        size = flash_bytes_of(quantized)
        kept = sum(int(np.count_nonzero(conv.weights)) for conv in quantized.convs)
        found = integer_answers(quantized, scored)
        budget = "none" if kib is None else f"{kib:g}"
        row = [budget, f"{size:,}", f"{size / 1024:.1f}", f"{kept:,}", f"{result.loss:.4f}",
               agreeing(found, labels), agreeing(found, expected)]  # fmt: skip
        if options.tune:
            better = tuned(plain, result.graph, quantized, images[0::2], options.tune)
            found = integer_answers(better, scored)
            row += [f"{flash_bytes_of(better):,}", agreeing(found, labels),
                    agreeing(found, expected)]  # fmt: skip
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
        if options.keep is not None:
            (options.keep / f"{budget}.pt").write_bytes(to_bytes(quantized))


if __name__ == "__main__":
    main()
