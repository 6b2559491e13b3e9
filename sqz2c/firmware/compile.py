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

# Where the compiler finds the generated library, and sqz2c's own sources.
LIBRARY = "library"
SQZ2C = "sqz2c"


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


def compile_all(
    sources: Sequence[Path],
    folder: Path,
    board: Board,
    library: Library,
    more_flags: Sequence[str] = (),
) -> list[Path]:
    """
    Compile SOURCES in FOLDER, which holds board_config.h, some at a time, and return their
    objects in the same order.

    The compiler sees all files below FOLDER, through links, and hears of no place outside: the
    same command, whatever lies where, gives the same bytes, and a compiler cache finds them.
    """
    places = {folder: ".", assets.root(): SQZ2C, library.folder.absolute(): LIBRARY}
    for place, name in places.items():
        if name != "." and not (folder / name).is_symlink():
            (folder / name).symlink_to(place, target_is_directory=True)
    flags = [*_flags(folder, board), *more_flags]
    objects = [folder / f"{index:02}_{path.stem}.o" for index, path in enumerate(sources)]

    def compile_one(source: Path, target: Path) -> None:
        seen = _seen_from(places, source)
        tools.call(tools.COMPILER, [*flags, "-c", seen, "-o", target.name], folder)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(compile_one, sources, objects))

    return objects


def _flags(folder: Path, board: Board) -> tuple[str, ...]:
    """
    Options for every C file.

    Freestanding, because no C library is linked; -fbuiltin all the same, so that a memcpy of
    four bytes stays one load.
    """
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
        f"-ffile-prefix-map={folder}=build",
        f"-ffile-prefix-map={LIBRARY}=.",
        "-I.",
        f"-I{LIBRARY}",
        f"-I{LIBRARY}/runtime",
        f"-I{SQZ2C}/boards/common",
        "-isystem",
        f"{SQZ2C}/boards/common/include",
    )


def _seen_from(places: dict[Path, str], source: Path) -> Path:
    """
    SOURCE under the name of the innermost of PLACES that it lies in.
    """
    around = [place for place in places if source.is_relative_to(place)]
    if not around:
        return source.absolute()
    innermost = max(around, key=lambda place: len(place.parts))

    return Path(places[innermost]) / source.relative_to(innermost)


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
