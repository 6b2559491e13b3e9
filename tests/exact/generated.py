"""
Three tiny networks as generated C: all that a loaded model may bring, the least, and one
pruned until its weights are block coded and some filters vanish.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sqz2c.emit import emit
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.verify import Reference, noise_images
from tests.chain import SHA256, VERSION, compiled, written
from tests.networks import Member, build
from tests.tools import compiled_apart

FULL = Member(
    pixel_table=True,
    stem=(6, 3, 2, 1),
    per_filter=True,
    zero_points=True,
    differing_scales=True,
    head_padding=1,
    quantized_average=True,
    bypass="complex",
    values=200,
    seed=7,
)
PLAIN = Member(channels=1, height=28, width=28, classes=7, seed=29)
PRUNED = Member(
    steep=True,
    height=20,
    width=24,
    fires=((8, 16, 16), (8, 16, 64)),
    density=0.15,
    per_filter=True,
    vanishing=True,
    seed=37,
)
MEMBERS = {"full": FULL, "plain": PLAIN, "pruned": PRUNED}
MODES: dict[str, InputMode] = {"full": "rows", "pruned": "arena"}  # others: the caller's image

WARNINGS = (
    "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wmissing-prototypes",
    "-Wstrict-prototypes", "-Werror",
)  # fmt: skip
LEVELS = ("-O0", "-O2", "-O3", "-Os", "-Ofast")  # -Ofast implies -ffast-math


def slow_but(fast: set[tuple[str, ...]], *choices: Iterable[str]) -> list[object]:
    """
    All combinations of CHOICES; those that are not in FAST are marked as slow.
    """
    return [
        pytest.param(*chosen, marks=() if chosen in fast else pytest.mark.slow)
        for chosen in product(*choices)
    ]


@dataclass(frozen=True)
class Generated:
    """
    Generated C in FOLDER, under NAME, of the quantized network GRAPH.
    """

    name: str
    folder: Path
    graph: Graph

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "manifest.json").read_text())

    @cached_property
    def judged(self) -> list[tuple[str, np.ndarray, dict[str, np.ndarray]]]:
        """(name, image, every layer's values as PyTorch gives them) of a few images."""
        reference = Reference(self.graph)
        return [(name, image, reference(image)) for name, image in noise_images(self.graph)]

    def logits(self, image: int = -1) -> list[int]:
        """What PyTorch gives for one of these images; the last is noise."""
        return [int(v) for v in self.judged[image][2][self.graph.head.name]]

    @property
    def own_sources(self) -> list[Path]:
        return [self.folder / f"{self.name}.c", self.folder / f"{self.name}_weights.c"]

    @property
    def runtime_sources(self) -> list[Path]:
        return sorted((self.folder / "runtime").glob("*.c"))

    @property
    def includes(self) -> list[str]:
        return [f"-I{self.folder}", f"-I{self.folder / 'runtime'}"]

    def objects(
        self,
        folder: Path,
        compiler: str | Sequence[str],
        *flags: str,
        sources: Iterable[Path] | None = None,
    ) -> list[Path]:
        """
        SOURCES, by default all, compiled with FLAGS into FOLDER; debug information names
        no place.
        """
        chosen = [*self.own_sources, *self.runtime_sources] if sources is None else sources
        flags = (f"-ffile-prefix-map={self.folder}=.", "-I.", "-Iruntime", *flags)

        return compiled_apart(compiler, flags, chosen, folder, seen_from=self.folder)


def generate(folder: Path, name: str, member: Member) -> Generated:
    """
    MEMBER as C in FOLDER.
    """
    program = compiled(build(member), MODES.get(name, "image"))
    written(folder, emit(program, name, SHA256, VERSION))

    return Generated(name, folder, program.graph)


def main_program(network: Generated, image: np.ndarray) -> str:
    """
    A C (and C++) program that checks the weights, classifies IMAGE and prints the logits.
    """
    name, macro = network.name, network.name.upper()
    pixels = ", ".join(map(str, image.ravel()))

    return (
        f'#include <stdio.h>\n#include "{name}.h"\n'
        f"static {name}_t net;\n"
        f"static int32_t logits[{macro}_CLASSES];\n"
        f"static const uint8_t image[{macro}_INPUT_BYTES] = {{{pixels}}};\n"
        "int main(void)\n{\n"
        f"    if ({name}_check_weights() != SQZ_OK\n"
        f"        || {name}_run(&net, image, logits) != SQZ_OK) {{\n"
        "        return 1;\n    }\n"
        f"    for (int i = 0; i < {macro}_CLASSES; i++) {{\n"
        '        printf("%ld\\n", (long)logits[i]);\n    }\n'
        "    return 0;\n}\n"
    )
