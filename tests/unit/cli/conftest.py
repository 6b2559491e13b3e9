"""
A checkpoint, a float state_dict, and what generate made of the checkpoint.
"""

from pathlib import Path

import pytest
import torch

from sqz2c.ir.checkpoint import to_bytes
from sqz2c.train.squeezenet import Architecture, FireWidths, SqueezeNet
from tests.command import call, save_pictures
from tests.networks import Member, build


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.pt"
    path.write_bytes(to_bytes(build(Member(height=24, width=20))))

    return path


@pytest.fixture(scope="session")
def float_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    architecture = Architecture(
        classes=4, stem_filters=6, stem_kernel=3, pools=(0,), widths=(FireWidths(3, 4, 4),)
    )

    return SqueezeNet(architecture).state_dict()


@pytest.fixture(scope="session")
def out(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    What `generate` made of MODEL, with two pictures; tests that change it take a copy.
    """
    folder = tmp_path_factory.mktemp("generated")
    pictures = save_pictures(folder / "images", 2)
    result = call("generate", model, "-o", folder / "out", "--name", "tiny", "--images", pictures)
    assert 0 == result.exit_code, result.output

    return folder / "out"
