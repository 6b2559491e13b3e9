"""
Metaparameters of the paper on the command line.
"""

import pytest

from sqz2c.cli_train import as_architecture
from sqz2c.errors import TrainError
from sqz2c.train.squeezenet import Architecture, SqueezeNet
from tests.command import call

NOTHING = dict.fromkeys(
    (
        "fires",
        "base_e",
        "incr_e",
        "freq",
        "pct_3x3",
        "squeeze_ratio",
        "pools",
        "dropout",
        "stem",
    )
)


def architecture(arch: str = "v1.1", **given: object) -> Architecture:
    return as_architecture(NOTHING | {"arch": arch} | given, None, None, None)


@pytest.mark.parametrize(("arch", "parameters"), [("v1.0", 1_248_424), ("v1.1", 1_235_496)])
def test_named_points_have_the_published_parameters(arch: str, parameters: int) -> None:
    """As many as torchvision's, for 1000 classes."""
    network = SqueezeNet(architecture(arch))

    assert parameters == sum(p.numel() for p in network.parameters())


def test_metaparameters_change_the_named_point() -> None:
    """What is not given stays; pools behind the last module go."""
    changed = architecture(fires=3, base_e=64, stem=(5, 32), squeeze_ratio=0.5)

    assert Architecture(
        fires=3, base_e=64, stem_kernel=5, stem_filters=32, squeeze_ratio=0.5, pools=(0, 2)
    ) == (changed)


def test_a_pool_needs_a_module_before_it() -> None:
    """A pool after the fourth of three modules is refused."""
    with pytest.raises(TrainError, match="--pools 4 comes after the last of 3 fires"):
        architecture(fires=3, pools=(0, 4))


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--stem", "3x5/64", "is not KERNELxKERNEL/FILTERS"),
        ("--stem", "3x3", "is not KERNELxKERNEL/FILTERS"),
        ("--pools", "0,x", "is not a list of numbers such as 0,2,4"),
    ],
)
def test_words_that_are_no_metaparameters_are_refused(option, value, message) -> None:
    """By click, with an example."""
    result = call("train", "--data", "d", "-o", "o", option, value)

    assert 2 == result.exit_code and message in result.stderr
