"""
The generated C on this machine, called through cffi.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cffi import FFI

from sqz2c.errors import VerifyError
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Conv, GlobalAverage
from sqz2c.verify.build import build_shared

OK = 0


@dataclass(frozen=True, eq=False)
class Run:
    """
    One inference: its status, int32 logits [classes], and (traced builds) each layer's output,
    uint8 [height, width, channels], with the rows that were computed.
    """

    status: int
    logits: np.ndarray
    layers: dict[str, np.ndarray]
    rows: dict[str, int]


class HostLibrary:
    """
    The C sources in FOLDER as a shared library; or LIBRARY, made of them before. Use as a context
    manager; it owns a temporary folder and nothing else.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        graph: Graph,
        *,
        traced: bool = True,
        compiler: str | None = None,
        flags: tuple[str, ...] = ("-O2",),
        library: Path | None = None,
    ) -> None:
        self.graph = graph
        self.name = name
        self.traced = traced
        self._ffi = FFI()
        self._temporary = tempfile.TemporaryDirectory(prefix="sqz2c-")
        path = library or Path(self._temporary.name) / f"{name}.so"
        if library is None:
            build_shared(folder, path, traced=traced, compiler=compiler, flags=flags)
        header = (folder / f"{name}.h").read_text()
        self.is_fed = f"{name}_push_rows(" in header
        self._declare()
        try:
            self._library = self._ffi.dlopen(str(path))
        except OSError as error:
            raise VerifyError(
                f"{folder}: its C does not make a library for this machine ({error})."
            ) from error
        self._header = header
        self._net = self._ffi.new("uint64_t[]", -(-self._ram_bytes(header) // 8))

    def __enter__(self) -> "HostLibrary":
        return self

    def __exit__(self, *_: object) -> None:
        self._ffi.dlclose(self._library)
        self._temporary.cleanup()

    def _declare(self) -> None:
        self._ffi.cdef(
            f"int32_t {self.name}_run(void *net, const uint8_t *image, int32_t *logits);"
            f"int32_t {self.name}_check_weights(void);"
            f"void {self.name}_top(const int32_t *logits, int32_t *classes, int32_t count);"
        )
        if self.is_fed:
            self._ffi.cdef(
                f"void {self.name}_begin(void *net);"
                f"int32_t {self.name}_push_rows(void *net, const uint8_t *rows, int32_t count);"
                f"int32_t {self.name}_finish(void *net, int32_t *logits);"
            )
        if self.traced:
            self._ffi.cdef(
                "void host_watch(int32_t layer, uint8_t *map, int32_t *bytes_seen, "
                "int32_t height, int32_t width, int32_t channels);"
                "int32_t host_strays(void);"
                "int32_t host_changes(void);"
                "void host_on_turn(void (*listener)(uint8_t *arena));"
            )

    def _ram_bytes(self, header: str) -> int:
        return int(header.split(f"#define {self.name.upper()}_RAM_BYTES ")[1].split()[0])

    def check_weights(self) -> int:
        """
        What <name>_check_weights() returns.
        """
        return int(getattr(self._library, f"{self.name}_check_weights")())

    def top(self, logits: np.ndarray, count: int) -> list[int]:
        """
        What <name>_top() makes of LOGITS.
        """
        best = self._ffi.new("int32_t[]", count)
        values = np.ascontiguousarray(logits, dtype=np.int32)
        call = getattr(self._library, f"{self.name}_top")
        call(self._ffi.from_buffer("int32_t[]", values), best, count)

        return list(best)

    def run(self, image: np.ndarray) -> Run:
        """
        Classify IMAGE, uint8 [height, width, channels]. RAM holds garbage before each run.
        """
        expected = self.graph.image
        shape = (expected.height, expected.width, expected.channels)
        if image.shape != shape or image.dtype != np.uint8:
            raise VerifyError(f"the network takes uint8 {shape}, the image is {image.shape}.")
        maps, seen = self._watch() if self.traced else ({}, {})
        logits = np.full(self.graph.classes, -1, np.int32)
        self._ffi.memmove(self._net, b"\xa5" * self._ffi.sizeof(self._net),
                          self._ffi.sizeof(self._net))
        pixels = np.ascontiguousarray(image)
        status = self._feed(pixels, logits) if self.is_fed else self._run(pixels, logits)
        if self.traced and self._library.host_strays():
            raise VerifyError("the trace hook was called about rows that do not exist.")
        if self.traced and self._library.host_changes():
            raise VerifyError("the trace hook handed out a row twice, and differently.")
        rows = {name: self._rows_seen(name, maps[name], seen[name]) for name in maps}

        return Run(int(status), logits, maps, rows)

    def _run(self, pixels: np.ndarray, logits: np.ndarray) -> int:
        return self.call(
            "run",
            self._net,
            self._ffi.from_buffer("uint8_t[]", pixels),
            self._ffi.from_buffer("int32_t[]", logits),
        )

    def _feed(self, pixels: np.ndarray, logits: np.ndarray) -> int:
        """Rows in uneven portions, each from a buffer that is overwritten afterwards."""
        self.call("begin", self._net)
        row, portion = 0, 1
        while row < len(pixels):
            rows = np.ascontiguousarray(pixels[row : row + portion]).copy()
            self.call("push_rows", self._net, self._ffi.from_buffer("uint8_t[]", rows), len(rows))
            rows[:] = 0xA5
            row, portion = row + len(rows), portion % 5 + 1

        return self.call("finish", self._net, self._ffi.from_buffer("int32_t[]", logits))

    def call(self, function: str, *arguments: object) -> int:
        """
        Call <name>_FUNCTION and give its status.
        """
        result = getattr(self._library, f"{self.name}_{function}")(*arguments)

        return OK if result is None else int(result)

    def on_turn(self, listener: Callable[[np.ndarray], None]) -> None:
        """
        Call LISTENER after each turn of a traced build with the arena, uint8 [bytes]; what it
        writes there stays.
        """
        header = self._header
        size = int(header.split(f"#define {self.name.upper()}_ARENA_BYTES ")[1].split()[0])

        def tell(arena: object) -> None:
            listener(np.frombuffer(self._ffi.buffer(arena, size), np.uint8))

        self._listener = self._ffi.callback("void(uint8_t *)", tell)
        self._library.host_on_turn(self._listener)

    def _watch(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        maps, seen = {}, {}
        for index, layer in enumerate(self.graph.layers):
            if isinstance(layer, GlobalAverage):
                continue
            tensor = self.graph.tensor(layer.output)
            channels = layer.out_channels if isinstance(layer, Conv) else tensor.channels
            shape = (tensor.height, tensor.width, channels)
            maps[layer.name] = np.zeros(shape, np.uint8)
            seen[layer.name] = np.zeros(tensor.height, np.int32)
            self._library.host_watch(
                index,
                self._ffi.from_buffer("uint8_t[]", maps[layer.name]),
                self._ffi.from_buffer("int32_t[]", seen[layer.name]),
                *shape,
            )

        return maps, seen

    def _rows_seen(self, name: str, map_: np.ndarray, seen: np.ndarray) -> int:
        """
        Rows handed out, whole, from the first on without a gap. A row may come twice: where a
        pool lies between expand and squeeze, two turns compute it.
        """
        whole = map_.shape[1] * map_.shape[2]
        count = int(np.count_nonzero(seen))
        if np.any(seen[:count] == 0) or np.any(seen % whole):
            raise VerifyError(f"{name}: its rows were not each computed as a whole.")

        return count
