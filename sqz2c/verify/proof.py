"""
The stage itself: the generated C beside the integer PyTorch network, every layer, every byte.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sqz2c.errors import VerifyError
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import GlobalAverage
from sqz2c.verify.compare import Difference, first_difference, rows_needed
from sqz2c.verify.host import OK, HostLibrary, Run
from sqz2c.verify.reference import Reference

NamedImage = tuple[str, np.ndarray]


@dataclass(frozen=True)
class Proof:
    """
    IMAGES pictures through LAYERS layers; FIRST_DIFFERENCE is None exactly when all are equal.
    """

    images: int
    layers: int
    first_difference: Difference | None

    @property
    def equal(self) -> bool:
        return self.first_difference is None


def verify(
    folder: Path,
    name: str,
    graph: Graph,
    images: Iterable[NamedImage],
    *,
    compiler: str | None = None,
    flags: tuple[str, ...] = ("-O2",),
    progress: Callable[[str], None] | None = None,
) -> Proof:
    """
    Build the C in FOLDER and compare it with GRAPH on IMAGES; stop at the first difference.

    PROGRESS is told the name of each image that was compared. Raises VerifyError when the C
    cannot be built or run, or returns a status other than SQZ_OK.
    """
    reference = Reference(graph)
    count = 0
    with HostLibrary(folder, name, graph, compiler=compiler, flags=flags) as library:
        if library.check_weights() != OK:
            raise VerifyError(f"{name}_check_weights(): the weights' CRC is wrong.")
        for label, image in images:
            found = compare_image(graph, label, library.run(image), reference(image))
            count += 1
            if found is not None:
                return Proof(count, len(graph.layers), found)
            if progress is not None:
                progress(label)

    return Proof(count, len(graph.layers), None)


def compare_image(
    graph: Graph, label: str, run: Run, expected: dict[str, np.ndarray]
) -> Difference | None:
    """
    The first difference of one image, layers in order.
    """
    if run.status != OK:
        raise VerifyError(f"image {label}: the network returned status {run.status}.")
    for layer in graph.layers:
        if isinstance(layer, GlobalAverage):
            found = first_difference(label, layer.name, run.logits, expected[layer.name])
        else:
            rows = run.rows[layer.name]
            if rows < rows_needed(graph, layer):
                raise VerifyError(f"{layer.name}: only {rows} rows were computed.")
            found = first_difference(
                label, layer.name, run.layers[layer.name][:rows], expected[layer.name][:rows]
            )
        if found is not None:
            return found

    return None


def noise_images(graph: Graph, seed: int = 0) -> list[NamedImage]:
    """
    What any network must survive: all 0, all 255, and seeded noise.
    """
    image = graph.image
    shape = (image.height, image.width, image.channels)
    noise = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)

    return [
        ("all 0", np.zeros(shape, np.uint8)),
        ("all 255", np.full(shape, 255, np.uint8)),
        ("noise", noise),
    ]
