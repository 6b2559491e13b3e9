"""
Compile and link firmware with arm-none-eabi-gcc, the same bytes in any folder.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqz2c import assets
from sqz2c.firmware import tools
from sqz2c.firmware.board import Board
from sqz2c.firmware.library import Library

# gcc's own vectors make the portable kernels slower on a Cortex-M55: 3.90 instead of 2.70 G
# instructions for v1.0 at 227. No other core has vectors.
OPTIMIZE = ("-O2", "-fno-tree-vectorize")


@dataclass(frozen=True)
class Size:
    """
    What an image takes of its board. RAM counts the stack's reserve.
    """

    flash_bytes: int
    ram_bytes: int


def core_flags(board: Board) -> tuple[str, ...]:
    """
    The compiler's options for the board's core and FPU.
    """
    core = (f"-mcpu={board.core}", "-mthumb")
    if board.fpu is None:
        return (*core, "-mfloat-abi=soft")

    return (*core, "-mfloat-abi=hard", f"-mfpu={board.fpu}")


def compile_flags(folder: Path, board: Board, library: Library) -> tuple[str, ...]:
    """
    Options for every C file; FOLDER holds board_config.h.

    Freestanding, because no C library is linked; -fbuiltin all the same, so that a memcpy of
    four bytes stays one load.
    """
    root = assets.root()

    return (
        *core_flags(board),
        "-std=c99",
        *OPTIMIZE,
        "-g",
        "-ffreestanding",
        "-fbuiltin",
        "-ffunction-sections",
        "-fdata-sections",
        "-fno-common",
        *_map_paths({folder: "build", library.folder: ".", root: "sqz2c"}),
        f"-I{folder}",
        f"-I{library.folder}",
        f"-I{library.folder / 'runtime'}",
        f"-I{root / 'boards' / 'common'}",
        "-isystem",
        str(root / "boards" / "common" / "include"),
    )


def _map_paths(names: dict[Path, str]) -> list[str]:
    """
    Options that give folders the same NAMES in debug information wherever they are.

    The last match wins, so a folder inside of another comes after it.
    """
    outer_first = sorted(names, key=lambda path: len(str(path)))

    return [f"-ffile-prefix-map={path}={names[path]}" for path in outer_first]


def compile_all(sources: Sequence[Path], folder: Path, flags: Sequence[str]) -> list[Path]:
    """
    Compile SOURCES in FOLDER, some at a time, and return their objects in the same order.
    """
    objects = [folder / f"{index:02}_{path.stem}.o" for index, path in enumerate(sources)]

    def compile_one(source: Path, target: Path) -> None:
        tools.call(tools.COMPILER, [*flags, "-c", source, "-o", target], folder)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(compile_one, sources, objects))

    return objects


def link(objects: Sequence[Path], elf: Path, board: Board, memory: Path) -> Size:
    """
    Link OBJECTS into ELF by the memory map in the folder MEMORY, and measure it.
    """
    script = assets.root() / "boards" / "common" / "sections.ld"
    options = ["-nostdlib", "-Wl,--gc-sections", "-Wl,--fatal-warnings", "-Wl,-n"]
    options += [f"-L{memory}", "-T", str(script), "-o", str(elf)]
    tools.call(tools.COMPILER, [*core_flags(board), *options, *objects, "-lgcc"], elf.parent)

    return _measure(elf, board)


def convert(elf: Path, target: Path, kind: str) -> None:
    """
    Write ELF as a "binary" or "ihex" file.

    A binary begins where flash begins: a separate vector table (region boot) is left out.
    """
    options = ["--remove-section=.vectors"] if kind == "binary" and _boots_apart(elf) else []
    tools.call(tools.OBJCOPY, ["-O", kind, *options, elf, target], elf.parent)


def _symbols(elf: Path) -> dict[str, int]:
    lines = tools.call(tools.NM, ["--defined-only", elf], elf.parent).splitlines()
    words = [line.split() for line in lines]

    return {name: int(value, 16) for value, _, name in words}


def _boots_apart(elf: Path) -> bool:
    symbols = _symbols(elf)

    return symbols["boot_bytes"] > 0


def _measure(elf: Path, board: Board) -> Size:
    symbols = _symbols(elf)
    flash = symbols["flash_end"] - board.region("flash").origin + symbols["boot_bytes"]

    return Size(flash, symbols["ram_end"] - board.region("ram").origin)
