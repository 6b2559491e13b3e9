"""
The shipped example: what its documents promise, measured on the C that is generated from it.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from sqz2c.pipeline import Options, compile_model
from sqz2c.verify import OK, HostLibrary

EXAMPLE = Path(__file__).parents[2] / "examples" / "fashion_mnist"
DATA = Path("/usr/share/datasets/fashion-mnist")
LEAST_RIGHT = 9_300  # of 10,000
MOST_FLASH = 48 * 1024
MOST_RAM = {"image": 32 * 1024, "arena": 18 * 1024, "rows": 16 * 1024}


def read_idx(name: str, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress((DATA / name).read_bytes()), np.uint8)[header:]


@pytest.mark.parametrize("mode", sorted(MOST_RAM))
def test_the_example_is_as_small_as_promised(mode: str) -> None:
    """All read-only data and static RAM stay within what it stands for, in every input mode."""
    options = Options(name="fashion", input_mode=mode, ram_bytes=MOST_RAM[mode])  # type: ignore[arg-type]
    model = compile_model(EXAMPLE / "model.pt", options)
    manifest = json.loads(model.files["manifest.json"])

    assert manifest["flash"]["total_bytes"] <= MOST_FLASH
    assert manifest["ram"]["total_bytes"] <= MOST_RAM[mode]


@pytest.mark.slow
def test_the_generated_c_is_right_often_enough(tmp_path: Path) -> None:
    """The C itself, on the host, over all 10,000 test images: at least 93 % top-1."""
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is absent: apt-get install dataset-fashion-mnist")
    images = read_idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
    labels = read_idx("t10k-labels-idx1-ubyte.gz", 8)
    model = compile_model(EXAMPLE / "model.pt", Options(name="fashion"))
    model.write(tmp_path / "out")
    with HostLibrary(
        tmp_path / "out", "fashion", model.graph, traced=False, flags=("-O3",)
    ) as library:
        runs = [library.run(image) for image in images]

    assert {OK} == {run.status for run in runs}
    right = sum(int(run.logits.argmax()) == label for run, label in zip(runs, labels, strict=True))
    print(f"{right} of {len(labels)} right")
    assert right >= LEAST_RIGHT
