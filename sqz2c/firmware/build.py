"""
Generated C and a board become firmware.elf, .bin and .hex, with what they take of the board.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sqz2c import assets
from sqz2c.errors import FirmwareError
from sqz2c.firmware import sources, tools
from sqz2c.firmware.board import Board
from sqz2c.firmware.compile import Size, compile_all, convert, core_flags, link
from sqz2c.firmware.fit import check_fits, how_many_fit
from sqz2c.firmware.library import Library, read_library

RECORD = "firmware.json"


@dataclass(frozen=True)
class Firmware:
    """
    A built image. FLASH_BYTES and RAM_BYTES are all that it takes of the board; RAM counts
    STACK_RESERVE_BYTES. IMAGES is how many pictures it holds; it TAKES_ROWS over the serial line
    instead when it holds none of a library that was generated for rows.
    """

    board: str
    network: str
    elf: Path
    bin: Path
    hex: Path
    flash_bytes: int
    ram_bytes: int
    stack_reserve_bytes: int
    images: int
    classes: int
    takes_rows: bool


def build_firmware(
    out: Path,
    board: Board,
    pictures: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    *,
    as_many_as_fit: bool = False,
) -> Firmware:
    """
    Build OUT's network for BOARD into OUT/build/<board>, with PICTURES in flash; without any, a
    library that takes rows gets them over the serial line.

    PICTURES are uint8 pixels in the library's order, EXPECTED their int32 logits [classes].
    AS_MANY_AS_FIT embeds only the first so many for which there is flash. If the image is too
    large, a tool is missing or C is broken, raises FirmwareError and leaves OUT as it was.
    """
    library = read_library(out.absolute())
    sources.check_pictures(library, pictures, expected)
    for name in (tools.COMPILER, tools.OBJCOPY, tools.NM):
        tools.require(name)

    takes_rows = library.takes_rows and not pictures

    with tempfile.TemporaryDirectory(prefix="sqz2c-") as name:
        stage = Path(name).resolve()
        objects = _compile(stage, board, library, takes_rows)
        if as_many_as_fit:
            count = _count_that_fits(stage, board, library, objects, len(pictures))
            pictures, expected = pictures[:count], expected[:count]
        size = link_image(stage, board, objects, pictures, expected)

        contents = {"images": len(pictures), "takes_rows": takes_rows}

        return _deliver(stage, board, library, {**asdict(size), **contents})


def load_firmware(out: Path, board: Board) -> Firmware | None:
    """
    What build_firmware left in OUT, or None if it is missing or was made from other sources.
    """
    library = read_library(out.absolute())
    folder = _folder(library, board)
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        if record.pop("made_from") != _made_from(library, board):
            return None
        firmware = _firmware(folder, board, library, **record)
    except (OSError, ValueError, KeyError, TypeError):
        return None

    return firmware if all(p.is_file() for p in _files(folder)) else None


def _compile(stage: Path, board: Board, library: Library, takes_rows: bool) -> list[Path]:
    main = sources.write_sources(stage, board, library, "rows" if takes_rows else "main")
    files = [main, *sources.common_sources(board), *library.sources]

    return compile_all(files, stage, board, library)


def _count_that_fits(
    stage: Path, board: Board, library: Library, objects: list[Path], wanted: int
) -> int:
    empty = _link_roomy(stage, board, objects, (), ())
    picture_bytes = library.input_bytes + 4 * library.classes

    return how_many_fit(board, empty.flash_bytes, picture_bytes, wanted)


def link_image(
    stage: Path,
    board: Board,
    objects: list[Path],
    pictures: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
) -> Size:
    """
    Link OBJECTS with PICTURES to firmware.elf, .bin and .hex in STAGE: once with room for
    anything, to tell by how much it is too large; then by the real map.
    """
    roomy = _link_roomy(stage, board, objects, pictures, expected)
    check_fits(board, roomy.flash_bytes, roomy.ram_bytes)

    sources.write_memory(stage / "memory.ld", board)
    elf = stage / "firmware.elf"
    size = link([*objects, stage / "pictures.o"], elf, board, stage)
    convert(elf, stage / "firmware.bin", "binary")
    convert(elf, stage / "firmware.hex", "ihex")

    return size


def _link_roomy(
    stage: Path,
    board: Board,
    objects: list[Path],
    pictures: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
) -> Size:
    sources.write_pictures(stage, pictures, expected)
    assemble = [*core_flags(board), "-c", "firmware_pictures.S", "-o", "pictures.o"]
    tools.call(tools.COMPILER, assemble, stage)

    roomy = stage / "roomy"
    roomy.mkdir(exist_ok=True)
    sources.write_memory(roomy / "memory.ld", board, roomy=True)

    return link([*objects, stage / "pictures.o"], stage / "roomy.elf", board, roomy)


def _deliver(stage: Path, board: Board, library: Library, record: dict[str, int]) -> Firmware:
    """
    Move the finished files to their place, one atomic step each, the record last.
    """
    folder = _folder(library, board)
    text = json.dumps({**record, "made_from": _made_from(library, board)}, indent=2)
    (stage / RECORD).write_text(text + "\n", "utf-8", newline="\n")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).unlink(missing_ok=True)
        for target in (*_files(folder), folder / RECORD):
            partial = target.with_name(f".{target.name}.partial")
            shutil.copyfile(stage / target.name, partial)
            partial.replace(target)
    except OSError as error:
        raise FirmwareError(f"{folder} cannot be written: {error}") from error

    return _firmware(folder, board, library, **record)


def _firmware(
    folder: Path,
    board: Board,
    library: Library,
    *,
    flash_bytes: int,
    ram_bytes: int,
    images: int,
    takes_rows: int,
) -> Firmware:
    elf, binary, hexadecimal = _files(folder)

    return Firmware(
        board=board.name,
        network=library.name,
        elf=elf,
        bin=binary,
        hex=hexadecimal,
        flash_bytes=flash_bytes,
        ram_bytes=ram_bytes,
        stack_reserve_bytes=board.stack_bytes,
        images=images,
        classes=library.classes,
        takes_rows=bool(takes_rows),
    )


def _folder(library: Library, board: Board) -> Path:
    return library.folder / "build" / board.name


def _files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "firmware.elf", folder / "firmware.bin", folder / "firmware.hex"


def _made_from(library: Library, board: Board) -> str:
    """
    A hash over everything that firmware is made from, pictures apart.
    """
    root = assets.root()
    common = (root / "boards" / "common").rglob("*.[chl]*")
    own = (root / "boards" / board.name / "board.toml",)
    templates = (root / "templates").glob("firmware_*.j2")
    files = [*library.sources, *library.headers]
    files += [*sorted(common), *own, *sorted(templates), root / "templates" / "memory.ld.j2"]

    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)

    return digest.hexdigest()
