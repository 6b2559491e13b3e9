"""
The files of a firmware that are generated: its main program, pictures and memory map.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sqz2c import assets
from sqz2c.errors import FirmwareError
from sqz2c.firmware.board import Board, Region
from sqz2c.firmware.library import Library

ROOMY_BYTES = 1 << 27  # any image links into this, so that its true size can be told


def common_sources(board: Board) -> tuple[Path, ...]:
    """
    The C files of boards/common that BOARD needs, in a fixed order.
    """
    common = assets.root() / "boards" / "common"
    drivers = (f"console_{board.console.name}", f"counter_{board.counter.name}")
    names = ("startup", "memory", "print", "frame", *drivers, f"exit_{board.exit}")

    return tuple(common / f"{name}.c" for name in names)


def write_sources(
    folder: Path, board: Board, library: Library, kind: Literal["main", "rows", "profile"] = "main"
) -> Path:
    """
    Write the main program and board_config.h into FOLDER; return the main program's path.

    KIND "main" runs pictures in flash, "rows" what comes over the serial line, "profile" one
    picture, phase by phase.
    """
    main = folder / f"firmware_{kind}.c"
    _write(
        main,
        f"{main.name}.j2",
        name=library.name,
        macro=library.macro,
        checkpoint=library.checkpoint,
    )
    _write(
        folder / "board_config.h",
        "firmware_board_config.h.j2",
        title=board.title,
        name=board.name,
        counter_unit=board.counter_unit,
        ends=int(board.exit == "semihosting"),
        macros=[
            {"name": f"{kind}_{key}".upper(), "value": f"{value:#x}u"}
            for kind, driver in (("console", board.console), ("counter", board.counter))
            for key, value in driver.settings
        ],
    )

    return main


def write_memory(path: Path, board: Board, *, roomy: bool = False) -> None:
    """
    Write the linker's memory map; a ROOMY one takes images that are too large for the board.
    """
    _write(
        path,
        "memory.ld.j2",
        title=board.title,
        regions=[_region_text(region, roomy) for region in board.regions],
        boots_from_flash=board.boots_from_flash,
        stack_bytes=board.stack_bytes,
    )


def write_pictures(
    folder: Path, pictures: Sequence[np.ndarray], expected: Sequence[np.ndarray]
) -> None:
    """
    Write firmware_pictures.S with PICTURES (uint8) and the EXPECTED logits (int32) of each.
    """
    _write(folder / "firmware_pictures.S", "firmware_pictures.S.j2", count=len(pictures))
    (folder / "pictures.bin").write_bytes(b"".join(p.tobytes() for p in pictures))
    (folder / "expected.bin").write_bytes(b"".join(e.astype("<i4").tobytes() for e in expected))


def check_pictures(
    library: Library, pictures: Sequence[np.ndarray], expected: Sequence[np.ndarray]
) -> None:
    """
    Raise FirmwareError unless each picture has the library's size and its logits.
    """
    if len(pictures) != len(expected):
        raise FirmwareError(f"{len(pictures)} pictures but {len(expected)} sets of logits")
    for index, (picture, logits) in enumerate(zip(pictures, expected, strict=True)):
        if picture.dtype != np.uint8 or picture.size != library.input_bytes:
            raise FirmwareError(
                f"picture {index} has {picture.size} values of {picture.dtype}, "
                f"but {library.name} takes {library.input_bytes} of uint8"
            )
        if logits.size != library.classes or logits.dtype.kind not in "iu":
            raise FirmwareError(
                f"picture {index} has {logits.size} logits of {logits.dtype}, "
                f"but {library.name} gives {library.classes} of int32"
            )


def _region_text(region: Region, roomy: bool) -> dict[str, str]:
    size = ROOMY_BYTES if roomy and region.name != "boot" else region.size_bytes

    return {"name": region.name, "origin": f"{region.origin:#010x}", "bytes": str(size)}


def _write(path: Path, template: str, **values: Any) -> None:
    path.write_text(assets.templates().get_template(template).render(values), "utf-8", newline="\n")
