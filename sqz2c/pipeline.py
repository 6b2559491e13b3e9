"""
The compiler, one line per stage. Each stage takes and returns frozen values.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from sqz2c.emit import check_model_name, emit
from sqz2c.encode import encode
from sqz2c.errors import FirmwareError, QuantizeError
from sqz2c.firmware import (
    Board,
    Firmware,
    RunResult,
    build_firmware,
    check_library_fits,
    count_phases,
    feed_firmware,
    library_ram_budget,
    load_firmware,
    run_firmware,
)
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.core import CoreClass, core_class
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program
from sqz2c.ir.text import to_text
from sqz2c.ladder import Ladder, ladder_of
from sqz2c.load import LoadOptions, load_model, read_images
from sqz2c.output import Output, picture_files, read_output, sha256, write_output
from sqz2c.plan import curve, plan
from sqz2c.plan_report import Planned
from sqz2c.profile import Profile, profile_of
from sqz2c.quantize import quantize, with_final_layers
from sqz2c.verify import Proof, Reference, noise_images, verify
from sqz2c.version import VERSION

STORED_PICTURES = 5
Progress = Callable[[str], None]
Steps = Callable[[int, int], None]
NamedImage = tuple[str, np.ndarray]


@dataclass(frozen=True)
class Options:
    """
    What compile_model may be told.

    CALIBRATE is a folder of pictures; a float network needs it. PICTURES is a folder whose first
    five are kept for verify and firmware (default: those of CALIBRATE). BOARD is one that the
    result must fit. LOAD says what the file does not. INPUT_MODE: the image is the caller's own
    buffer ("image"), lies in the arena ("arena"), or comes row by row ("rows"). RAM_BYTES bounds
    all static RAM.
    """

    name: str = "squeezenet"
    calibrate: Path | None = None
    pictures: Path | None = None
    board: Board | None = None
    load: LoadOptions = field(default_factory=LoadOptions)
    input_mode: InputMode = "image"
    ram_bytes: int | None = None

    @property
    def core(self) -> CoreClass:
        """What is planned for: the board's class of cores, without a board a Cortex-M4's."""
        return core_class(self.board.core if self.board else None)

    def ram_budget(self, graph: Graph) -> int | None:
        """RAM_BYTES, and what the board leaves beside stack and firmware; None: no bound."""
        bounds = [] if self.ram_bytes is None else [self.ram_bytes]
        if self.board is not None:
            row_bytes = self.firmware_row_bytes(graph)
            bounds.append(library_ram_budget(self.board, graph.classes, row_bytes))
        return min(bounds, default=None)

    def firmware_row_bytes(self, graph: Graph) -> int | None:
        """What firmware keeps of an image that comes row by row."""
        return graph.image.width * graph.image.channels if self.input_mode == "rows" else None


@dataclass(frozen=True, eq=False)
class CompiledModel:
    """
    A network as C: PROGRAM is what was emitted, FILES {path: bytes} the whole output folder.
    """

    name: str
    program: Program
    files: dict[str, bytes]

    @property
    def graph(self) -> Graph:
        return self.program.graph

    def write(self, folder: Path | str) -> None:
        """
        Write the output folder; see write_output.
        """
        write_output(Path(folder), self.files)


def compile_model(
    checkpoint: Path | str,
    options: Options | None = None,
    progress: Progress | None = None,
) -> CompiledModel:
    """
    Turn a trained network into C sources. PROGRESS is told the name of each stage as it begins.

    Raises Sqz2cError in one sentence where the file, the images or the board do not fit.
    """
    options = options or Options()
    tell = progress or (lambda _: None)

    tell("load")
    check_model_name(options.name)
    graph = load_model(Path(checkpoint), options.load)
    tell("quantize")
    graph = quantize(graph, _calibration_images(graph, options))
    tell("plan")
    program = plan(graph, options.input_mode, options.ram_budget(graph), options.core)
    tell("encode")
    program = encode(program)
    tell("emit")
    reference = to_bytes(graph)
    files = emit(program, options.name, sha256(reference), VERSION)

    files["reference.pt"] = reference
    files |= _stored_pictures(graph, options)
    model = CompiledModel(options.name, program, files)
    if options.board is not None:
        check_fits_board(model, options.board, options.firmware_row_bytes(graph))

    return model


def plan_model(checkpoint: Path | str, options: Options | None = None) -> Planned:
    """
    The plan that compile_model would take, and the curve it is on. A float network needs no
    pictures: plans depend on shapes and int8 weights.
    """
    options = options or Options()
    graph = with_final_layers(load_model(Path(checkpoint), options.load))
    budget = options.ram_budget(graph)
    program = plan(graph, options.input_mode, budget, options.core)

    return Planned(program, curve(graph, options.input_mode, options.core), budget)


def size_ladder(checkpoint: Path | str, options: Options | None = None) -> Ladder:
    """
    What a network takes in each form, and flashed, where it is quantized or can be: with pictures.
    """
    options = options or Options()
    graph = load_model(Path(checkpoint), options.load)
    if not graph.is_quantized and options.calibrate is None:
        return ladder_of(graph)
    compiled = compile_model(checkpoint, options)
    figures = json.loads(compiled.files["manifest.json"])

    return ladder_of(compiled.graph, compiled.program.filters, figures["flash"]["total_bytes"])


def describe(checkpoint: Path, load: LoadOptions | None = None) -> str:
    """
    What is in a file, layer by layer, as text.
    """
    return to_text(load_model(checkpoint, load or LoadOptions()))


def verify_compiled(model: CompiledModel, count: int) -> Proof:
    """
    Compare MODEL with PyTorch on COUNT pictures: the stored ones, then noise.
    """
    with TemporaryDirectory(prefix="sqz2c-") as folder:
        model.write(Path(folder) / "out")
        output = read_output(Path(folder) / "out")
        return verify_output(output, itertools.islice(pictures_of(output, None, count), count))


def check_fits_board(model: CompiledModel, board: Board, row_bytes: int | None = None) -> None:
    """
    Raise FirmwareError, with the bytes, where MODEL cannot fit BOARD. ROW_BYTES is what firmware
    keeps of an image that comes row by row.
    """
    figures = json.loads(model.files["manifest.json"])
    check_library_fits(
        board,
        figures["flash"]["total_bytes"],
        figures["ram"]["total_bytes"],
        figures["classes"],
        row_bytes,
    )


def _calibration_images(graph: Graph, options: Options) -> Sequence[np.ndarray]:
    if graph.is_quantized:
        return ()
    if options.calibrate is None:
        raise QuantizeError(
            "the network is float: give --calibrate a folder of sample pictures, so that the "
            "ranges of its activations can be measured."
        )
    return _read(graph, options.calibrate)


def _read(graph: Graph, folder: Path, count: int | None = None) -> Sequence[np.ndarray]:
    return read_images(folder, graph.image.height, graph.image.width, graph.order, count)


def _stored_pictures(graph: Graph, options: Options) -> dict[str, bytes]:
    folder = options.pictures or options.calibrate
    if folder is None:
        return {}
    images = read_images(
        folder, graph.image.height, graph.image.width, graph.order, STORED_PICTURES
    )

    return picture_files([path.stem for path in images.paths], list(images), graph.order)


def pictures_of(output: Output, folder: Path | None, count: int | None) -> Iterator[NamedImage]:
    """
    The pictures in FOLDER, or those stored in OUTPUT with noise, all 0 and all 255 after them.
    """
    graph = output.graph
    chosen = folder or output.pictures
    if chosen is not None:
        size = (graph.image.height, graph.image.width, graph.order)
        images = read_images(chosen, *size, count)
        yield from zip((path.name for path in images.paths), images, strict=True)
    if folder is None:
        yield from noise_images(graph)


def verify_output(
    output: Output,
    images: Iterator[NamedImage],
    progress: Progress | None = None,
) -> Proof:
    """
    Compare the C in OUTPUT's folder with the network in its reference.pt.
    """
    return verify(output.folder, output.name, output.graph, images, progress=progress)


def build_output(output: Output, board: Board, embed: int | None = None) -> Firmware:
    """
    Firmware for BOARD with EMBED pictures and the logits that PyTorch gives for them.

    None: as many of five as fit, or none where rows come over the serial line. Stored pictures
    come first, then noise.
    """
    wanted = (0 if _takes_rows(output) else STORED_PICTURES) if embed is None else embed
    pictures = [image for _, image in pictures_of(output, None, wanted)][: max(wanted, 0)]
    if len(pictures) < (embed or 0):
        raise FirmwareError(
            f"--embed {embed}: {output.folder} has {len(pictures)} pictures with its noise; "
            "generate it with --images, which keeps up to five."
        )
    reference = Reference(output.graph)
    head = output.graph.head.name
    expected = [reference(image)[head] for image in pictures]

    return build_firmware(
        output.folder, board, pictures, expected, as_many_as_fit=embed is None
    )


@dataclass(frozen=True)
class Feed:
    """
    Pictures that go to firmware row by row: COUNT of those in the folder IMAGES, all by default;
    without a folder COUNT, or five, of the stored ones and noise. PORT leads to a real board,
    otherwise QEMU stands in for it.
    """

    images: Path | None = None
    count: int | None = None
    port: str | None = None

    @property
    def is_asked_for(self) -> bool:
        return self != Feed()


def run_output(
    output: Output, board: Board, feed: Feed | None = None, progress: Steps | None = None
) -> tuple[Firmware, RunResult]:
    """
    Run OUTPUT's firmware on BOARD; build it first where it is missing or stale.

    It runs the pictures inside, unless it takes rows: then FEED says what it gets, and PROGRESS is
    told (rows done, all rows). A FEED to firmware with pictures inside replaces it.
    """
    feed = feed or Feed()
    if feed.is_asked_for and not _takes_rows(output):
        raise FirmwareError(
            f"{output.folder} runs the pictures inside of its firmware: to feed it others, run "
            "sqz2c generate with --input rows"
        )
    firmware = load_firmware(output.folder, board)
    if firmware is None or (feed.is_asked_for and not firmware.takes_rows):
        firmware = build_output(output, board)
    if firmware.takes_rows:
        return firmware, _feed(output, firmware, board, feed, progress or (lambda *_: None))

    return firmware, run_firmware(firmware, board)


def profile_output(output: Output, board: Board) -> Profile:
    """
    Count the instructions of OUTPUT's layers on BOARD in QEMU, with its first stored picture or
    noise.
    """
    picture = next(image for _, image in pictures_of(output, None, 1))
    expected = Reference(output.graph)(picture)[output.graph.head.name]
    counts = count_phases(output.folder, board, picture, expected)
    entries = output.manifest["layers"]

    return profile_of(
        output.name, (board.name, board.core), entries, counts.layers, counts.equal
    )


def _feed(
    output: Output, firmware: Firmware, board: Board, feed: Feed, progress: Steps
) -> RunResult:
    count = STORED_PICTURES if feed.images is None and feed.count is None else feed.count
    pictures = [x for _, x in itertools.islice(pictures_of(output, feed.images, count), count)]
    reference, head = Reference(output.graph), output.graph.head.name
    cases = ((picture, reference(picture)[head]) for picture in pictures)
    rows, done = len(pictures) * output.graph.image.height, itertools.count(1)

    return feed_firmware(
        firmware, board, cases, port=feed.port, tell=lambda: progress(next(done), rows)
    )


def _takes_rows(output: Output) -> bool:
    return output.manifest.get("input_mode") == "rows"
