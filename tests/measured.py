"""
A network as firmware in QEMU: what it takes on which board.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sqz2c.firmware import Board, Firmware, build_firmware, run_firmware
from sqz2c.ir.core import CoreClass
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program
from sqz2c.verify import Reference
from tests.chain import compiled, emitted, written
from tests.elf import library_text_bytes

SECONDS = 3600.0  # of a run in QEMU, at most


@dataclass(frozen=True)
class Taken:
    """
    INSTRUCTIONS of one inference; STACK_BYTES of the whole firmware; of the library TEXT_BYTES of
    code and RAM_BYTES, all its static RAM.
    """

    instructions: int
    stack_bytes: int
    text_bytes: int
    ram_bytes: int


class Subject:
    """
    PROGRAM, generated into FOLDER, with one picture of noise and its logits.
    """

    def __init__(self, program: Program, folder: Path) -> None:
        self.program = program
        self.folder = written(folder, emitted(program))
        image = program.graph.image
        shape = (image.height, image.width, image.channels)
        self.picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        self.logits = Reference(program.graph)(self.picture)[program.graph.head.name]

    def firmware(self, board: Board) -> Firmware:
        return build_firmware(self.folder, board, [self.picture], [self.logits])

    def run(self, board: Board) -> Taken:
        """
        Run it once on BOARD; its logits must be PyTorch's.
        """
        firmware = self.firmware(board)
        result = run_firmware(firmware, board, SECONDS)
        assert "pass" == result.verdict, result.console
        assert result.instructions is not None

        return Taken(
            instructions=result.instructions,
            stack_bytes=result.stack_bytes,
            text_bytes=library_text_bytes(firmware.elf),
            ram_bytes=self.program.ram_bytes,
        )


@contextmanager
def subject(
    graph: Graph, mode: InputMode, ram: int | None, core: CoreClass = "dsp"
) -> Iterator[Subject]:
    """
    GRAPH, quantized, planned for MODE within RAM bytes on CORE, in a temporary folder.
    """
    program = compiled(graph, mode, ram, core)
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as folder:
        yield Subject(program, Path(folder))
