"""
The two judges agree at every layer: plain integer tensors and PyTorch's qnnpack operators.
"""

import numpy as np
import pytest

from sqz2c.verify import Reference, noise_images
from tests.exact.qnnpack import Qnnpack
from tests.networks import Member, build, exists

LETTERED = {
    "plain": Member(),
    "per filter": Member(per_filter=True),
    "zero points": Member(zero_points=True),
    "zero points, per filter": Member(zero_points=True, per_filter=True, values=256),
    "differing scales": Member(differing_scales=True),
    "differing scales and zero points": Member(differing_scales=True, zero_points=True),
    "pixel table, padded stem": Member(pixel_table=True, stem=(8, 3, 2, 1)),
    "wide stem": Member(height=40, width=33, stem=(6, 7, 2, 3)),
    "quantized average": Member(quantized_average=True, classes=9),
    "quantized average with a zero point": Member(quantized_average=True, zero_points=True),
    "padded head": Member(head_padding=1, zero_points=True),
    "gray": Member(channels=1, height=28, width=28),
    "narrow": Member(fires=((1, 1, 1), (1, 2, 1)), classes=1, stem=(1, 1, 1, 0)),
    "dense": Member(density=1.0, values=256),
    "all weights zero": Member(density=0.0),
    "vanishing scales, saturated biases": Member(vanishing=True, per_filter=True, density=0.3),
    "vanishing layers": Member(vanishing=True, density=0.0),
    "simple bypass": Member(fires=((4, 8, 8), (4, 8, 8)), pool_after=(0, 2), bypass="simple"),
    "complex bypass": Member(fires=((4, 8, 8), (3, 4, 9)), bypass="complex", per_filter=True),
    "bypass, ReLU, zero points": Member(
        fires=((4, 8, 8), (4, 8, 8)), bypass="complex", bypass_relu=True, zero_points=True
    ),
    "not square": Member(height=19, width=46, pool_after=(0, 1, 2)),
}


def random_member(seed: int) -> Member:
    """
    Any member of the family; it may have no pixel left somewhere.
    """
    rng = np.random.default_rng(seed)

    def yes() -> bool:
        return bool(rng.integers(2))

    fires = int(rng.integers(1, 4))
    return Member(
        height=int(rng.integers(17, 48)),
        width=int(rng.integers(17, 48)),
        channels=int(rng.choice([1, 3])),
        stem=(
            int(rng.integers(1, 12)),
            int(rng.integers(1, 8)),
            int(rng.integers(1, 4)),
            int(rng.integers(0, 4)),
        ),
        fires=tuple(tuple(int(v) for v in rng.integers(1, 20, 3)) for _ in range(fires)),
        pool_after=tuple(at for at in range(fires + 1) if rng.random() < 0.4),
        classes=int(rng.integers(1, 21)),
        head_padding=int(rng.integers(0, 2)),
        density=float(rng.random()),
        values=int(rng.choice([1, 2, 16, 256])),
        per_filter=yes(),
        zero_points=yes(),
        differing_scales=yes(),
        pixel_table=yes(),
        quantized_average=yes(),
        vanishing=yes(),
        bypass=str(rng.choice(["none", "simple", "complex"])),
        bypass_relu=yes(),
        seed=seed,
    )


def first_disagreement(member: Member) -> tuple[str, str, bool] | None:
    """
    (image, layer, fused ReLU) where the judges differ first; None where they agree throughout.
    """
    graph = build(member)
    reference = Reference(graph)
    for fused in (True, False):
        qnnpack = Qnnpack(graph, fused)
        for name, image in noise_images(graph, member.seed):
            expected, actual = reference(image), qnnpack(image)
            assert list(expected) == [layer.name for layer in graph.layers] == list(actual)
            for layer in expected:
                if not np.array_equal(expected[layer], actual[layer]):
                    return name, layer, fused

    return None


@pytest.mark.parametrize("member", LETTERED.values(), ids=LETTERED)
def test_judges_agree_on_each_feature(member: Member) -> None:
    """Each feature of the family, alone: all layers equal, ReLU fused or not."""
    assert None is first_disagreement(member)


def test_judges_agree_on_random_networks() -> None:
    """Features together, at random: all layers equal."""
    members = [member for member in map(random_member, range(20)) if exists(member)]

    assert 15 < len(members)
    assert {} == {m: d for m in members if (d := first_disagreement(m)) is not None}


@pytest.mark.slow
def test_judges_agree_on_many_random_networks() -> None:
    """The same for four hundred networks."""
    members = [member for member in map(random_member, range(1000, 1400)) if exists(member)]

    assert {} == {m: d for m in members if (d := first_disagreement(m)) is not None}


def test_networks_of_these_tests_use_their_range() -> None:
    """Random networks are worth comparing: most maps hold many values, -128 is a weight."""
    graph = build(Member(values=256, density=1.0))
    seen = Reference(graph)(noise_images(graph)[2][1])

    assert -128 == min(conv.weights.min() for conv in graph.convs)
    assert 20 < np.median([len(np.unique(map_)) for map_ in seen.values()])
