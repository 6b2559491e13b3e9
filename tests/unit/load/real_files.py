"""
The two ImageNet networks of ../shared/data, which tests may use and the project must not hold.
"""

from pathlib import Path

import numpy as np
import pytest

from sqz2c.ir.graph import Graph
from sqz2c.load import LoadOptions, load_model

DATA = Path(__file__).parents[4] / "shared" / "data"
NET = DATA / "squeezenet_v1_0_deep_compression" / "compressed_SqueezeNet.net"
NPZ = DATA / "squeezenet_v1_1_imagenet" / "squeezenet_v1_1.npz"
PICTURES = DATA / "imagenet200"

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real networks: {DATA} is absent")

V1_1_FIRES = (3, 4, 6, 7, 9, 10, 11, 12)  # where torchvision's v1.1 has fire2 to fire9


def torchvision_names(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """
    Caffe's names (conv1, fire2.squeeze, conv10) as torchvision's of v1.1.
    """
    modules = {"conv1": "features.0", "conv10": "classifier.1"}
    modules |= {f"fire{n}": f"features.{at}" for n, at in enumerate(V1_1_FIRES, start=2)}
    renamed = {}
    for key, values in arrays.items():
        module, rest = key.split(".", 1)
        renamed[f"{modules[module]}.{rest}"] = values

    return renamed


def v1_0() -> Graph:
    """
    The Deep Compression network at 227.
    """
    return load_model(NET, LoadOptions())


def v1_1(folder: Path, side: int = 224) -> Graph:
    """
    The v1.1 network at SIDE, by way of an .npz with torchvision's names in FOLDER.
    """
    with np.load(NPZ) as arrays:
        np.savez(folder / "v1_1.npz", **torchvision_names(dict(arrays)))
    options = LoadOptions(input_height=side, input_width=side, preset="caffe")

    return load_model(folder / "v1_1.npz", options)
