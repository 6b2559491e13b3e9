"""
The family's module: published members by name, shape and count; eager quantization.
"""

import warnings
from math import prod

import pytest
import torch
from torch import nn

from sqz2c.train.squeezenet import (
    Architecture,
    Fire,
    FireWidths,
    SqueezeNet,
    convs,
    fusion_groups,
    squeezenet1_0,
    squeezenet1_1,
)

# (position in features, in, squeeze, each expand), as published.
V1_0_FIRES = [
    (3, 96, 16, 64),
    (4, 128, 16, 64),
    (5, 128, 32, 128),
    (7, 256, 32, 128),
    (8, 256, 48, 192),
    (9, 384, 48, 192),
    (10, 384, 64, 256),
    (12, 512, 64, 256),
]
V1_1_FIRES = [
    (3, 64, 16, 64),
    (4, 128, 16, 64),
    (6, 128, 32, 128),
    (7, 256, 32, 128),
    (9, 256, 48, 192),
    (10, 384, 48, 192),
    (11, 384, 64, 256),
    (12, 512, 64, 256),
]
TINY = Architecture(
    classes=3,
    in_channels=1,
    stem_filters=4,
    stem_kernel=3,
    pools=(0, 1),
    widths=(FireWidths(2, 3, 5), FireWidths(3, 4, 4)),
)


@pytest.mark.parametrize("member", [Architecture(), TINY, Architecture(classes=10, fires=3)])
def test_parameters_are_counted_beforehand(member: Architecture) -> None:
    """As PyTorch counts them when they are there."""
    assert sum(p.numel() for p in SqueezeNet(member).parameters()) == member.parameters


def published(
    stem: tuple[int, ...], fires: list[tuple[int, int, int, int]]
) -> dict[str, tuple[int, ...]]:
    shapes = {"features.0.weight": stem, "features.0.bias": stem[:1]}
    for at, inputs, squeeze, expand in fires:
        for name, shape in (
            ("squeeze", (squeeze, inputs, 1, 1)),
            ("expand1x1", (expand, squeeze, 1, 1)),
            ("expand3x3", (expand, squeeze, 3, 3)),
        ):
            shapes[f"features.{at}.{name}.weight"] = shape
            shapes[f"features.{at}.{name}.bias"] = shape[:1]
    shapes["classifier.1.weight"] = (1000, 512, 1, 1)
    shapes["classifier.1.bias"] = (1000,)

    return shapes


@pytest.mark.parametrize(
    ("network", "stem", "fires", "count"),
    [
        (squeezenet1_0, (96, 3, 7, 7), V1_0_FIRES, 1_248_424),
        (squeezenet1_1, (64, 3, 3, 3), V1_1_FIRES, 1_235_496),
    ],
)
def test_published_members_have_published_names_shapes_and_counts(network, stem, fires, count):
    """
    v1.0 and v1.1 have exactly torchvision's state_dict: names, order, shapes, parameter count.
    """
    expected = published(stem, fires)

    state = network().state_dict()

    assert list(expected.items()) == [(n, tuple(t.shape)) for n, t in state.items()]
    assert count == sum(prod(t.shape) for t in state.values())


def test_float_state_dict_loads_strictly():
    """A state_dict with torchvision's names and nothing else loads without a missing key."""
    shapes = published((64, 3, 3, 3), V1_1_FIRES)
    state = {name: torch.ones(shape) for name, shape in shapes.items()}

    result = squeezenet1_1().load_state_dict(state, strict=True)

    assert ([], []) == (result.missing_keys, result.unexpected_keys)


def test_pools_leave_gaps_in_the_numbers():
    """Pools count as members of features, in v1.0 at 2, 6 and 11."""
    features = squeezenet1_0().features

    assert [2, 6, 11] == [i for i, m in enumerate(features) if isinstance(m, nn.MaxPool2d)]


def test_metaparameters_follow_the_paper():
    """e = base_e + incr_e * (i // freq), split by pct_3x3; squeeze is squeeze_ratio * e."""
    architecture = Architecture(
        fires=4, base_e=32, incr_e=16, freq=3, pct_3x3=0.25, squeeze_ratio=0.5
    )

    expected = (FireWidths(16, 24, 8),) * 3 + (FireWidths(24, 36, 12),)
    assert expected == architecture.fire_widths()


def test_explicit_widths_win():
    """Given widths replace the formulas, and expands are concatenated in their order."""
    network = SqueezeNet(TINY)

    x = torch.randn(2, 4, 6, 6)
    fire = network.features[3]
    squeezed = torch.relu(fire.squeeze(x))
    expected = torch.cat(
        [torch.relu(fire.expand1x1(squeezed)), torch.relu(fire.expand3x3(squeezed))], 1
    )
    assert torch.equal(expected, fire(x))
    assert (2, 8, 6, 6) == tuple(expected.shape)


@pytest.mark.parametrize(
    ("architecture", "side", "expected"),
    [
        (Architecture(), 227, (111, 55, 27, 13)),
        (Architecture(stem_kernel=3), 227, (113, 56, 28, 14)),
        (Architecture(stem_kernel=3, stem_stride=1, pools=(0, 3)), 28, (26, 13, 6)),
    ],
)
def test_map_sides_round_pools_up(architecture, side, expected):
    """Pools use ceil mode: 28 from 56, not 27."""
    assert expected == architecture.map_sides(side)


@pytest.mark.parametrize("bypass", ["none", "simple", "complex"])
def test_bypasses_are_those_of_the_paper(bypass):
    """v1.0 adds around fire modules 3, 5, 7 and 9; complex bypass also around the others."""
    network = SqueezeNet(Architecture(bypass=bypass))
    fires = [module for module in network.features if isinstance(module, Fire)]
    simple = [number for number, fire in enumerate(fires, 2) if fire.is_bypassed]
    convolved = [number for number, fire in enumerate(fires, 2) if fire.has_bypass_conv]
    kinds = {"none": ([], []), "simple": ([3, 5, 7, 9], []),
             "complex": ([*range(2, 10)], [2, 4, 6, 8])}  # fmt: skip

    assert kinds[bypass] == (simple, convolved)
    keys = set(network.state_dict()) - set(SqueezeNet(Architecture()).state_dict())
    wanted = {f"features.{n}.bypass.{p}" for n in (3, 5, 8, 10) for p in ("weight", "bias")}
    assert (wanted if convolved else set()) == keys
    assert not any(
        name.endswith("bypass") for group in fusion_groups(network) for name in group
    )


def test_a_bypass_adds_what_goes_around():
    """fire(x) + x, or fire(x) + conv(x), without a ReLU behind it."""
    torch.manual_seed(2)
    x = torch.randn(1, 8, 5, 5)
    for bypass, out in (("simple", 8), ("complex", 10)):
        fire = Fire(8, FireWidths(3, 4, out - 4), bypass).eval()
        plain = Fire(8, FireWidths(3, 4, out - 4))
        plain.load_state_dict({k: v for k, v in fire.state_dict().items() if "bypass" not in k})
        around = fire.bypass(x) if fire.has_bypass_conv else x
        assert torch.equal(plain(x) + around, fire(x))
        assert fire(x).min() < 0


@pytest.mark.parametrize("is_fused", [False, True])
def test_eager_quantization_saves_every_scale(is_fused):
    """Eager quantization leaves each scale in the state_dict by its module's name."""
    network = SqueezeNet(TINY).eval()
    image = torch.randn(4, 1, 20, 20)

    state = eager_quantized(network, image, is_fused)

    names = ["features.0"]
    for fire in ("features.3", "features.5"):
        names += [f"{fire}.{part}" for part in ("squeeze", "expand1x1", "expand3x3")]
    expected: set[str] = set()
    for name in ("quant", "features.3.cat", "features.5.cat"):
        expected |= {f"{name}.scale", f"{name}.zero_point"}
    for name in (*names, "classifier.1"):
        expected |= {f"{name}.{p}" for p in ("weight", "bias", "scale", "zero_point")}
    assert expected == set(state)
    assert torch.qint8 == state["features.3.squeeze.weight"].dtype
    zero_points = {int(state[f"{name}.zero_point"]) for name in names}
    assert is_fused == (zero_points == {0})


def eager_quantized(
    network: SqueezeNet, image: torch.Tensor, is_fused: bool
) -> dict[str, torch.Tensor]:
    engine = torch.backends.quantized.engine
    torch.backends.quantized.engine = "qnnpack"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if is_fused:
                groups = fusion_groups(network)
                torch.ao.quantization.fuse_modules(network, groups, inplace=True)
            network.qconfig = torch.ao.quantization.get_default_qconfig("qnnpack")
            torch.ao.quantization.prepare(network, inplace=True)
            network(image)
            torch.ao.quantization.convert(network, inplace=True)
            assert (4, 3) == tuple(network(image).shape)
    finally:
        torch.backends.quantized.engine = engine

    return network.state_dict()


def test_convolutions_are_listed_in_running_order():
    """convs() names the convolutions as the state_dict does, in the order they run."""
    names = [n.removesuffix(".weight") for n in SqueezeNet(TINY).state_dict() if "weight" in n]

    assert names == list(convs(SqueezeNet(TINY)))
