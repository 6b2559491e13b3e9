"""
How little RAM real networks need: each within its target, where every weight need not be decoded
more than five times an image on average, and still equal to PyTorch.
"""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from sqz2c.ir.program import Program
from sqz2c.load import LoadOptions
from sqz2c.output import read_output
from sqz2c.pipeline import CompiledModel, Options, compile_model, pictures_of, verify_output
from sqz2c.plan import cost, instructions, plan
from sqz2c.plan_report import Planned, words
from tests.exact.test_real_networks import Real, link_pictures, real, state_dict_file
from tests.tools import ROOT
from tests.unit.load.real_files import needs_data

__all__ = ["real"]  # a fixture

KIB = 1024
MOST_DECODES = 5
EXAMPLE = ROOT / "examples" / "fashion_mnist"
IMAGES = 2


@dataclass(frozen=True)
class Target:
    """At most RAM_BYTES of static RAM with the image in the arena, or fed in rows."""

    mode: str
    ram_bytes: int


V1_1_AT_224 = [Target("arena", 180 * KIB), Target("rows", 66 * KIB)]
V1_1_AT_128 = [Target("arena", 64 * KIB), Target("rows", 32 * KIB)]
V1_0_AT_227 = [Target("arena", 192 * KIB), Target("rows", 92 * KIB)]
FASHION = [Target("arena", 18 * KIB), Target("rows", 16 * KIB)]


def within(model: Path, target: Target, **options: object) -> CompiledModel:
    """
    MODEL, generated for TARGET as `--ram` does it.
    """
    return compile_model(
        model,
        Options(name="real", input_mode=target.mode, ram_bytes=target.ram_bytes, **options),  # type: ignore[arg-type]
    )


def thrifty(program: Program, target: Target) -> Program:
    """
    What would be planned if decoding were twice as dear as it is: more work, fewer decodes.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "DECODE", 2 * cost.DECODE)
        return plan(program.graph, target.mode, target.ram_bytes)  # type: ignore[arg-type]


def assert_meets(target: Target, compiled: CompiledModel, out: Path, pictures: Path | None) -> None:
    """
    COMPILED takes no more RAM than it may, and a plan of few decodes would be no less work; its C
    equals PyTorch.
    """
    program = compiled.program
    weights = sum(conv.weights.size for conv in program.graph.convs)
    print(words(Planned(program, (program,), target.ram_bytes)))
    assert program.ram_bytes <= target.ram_bytes
    few = thrifty(program, target)
    assert few.ram_bytes <= target.ram_bytes
    assert few.decoded_weights <= MOST_DECODES * weights
    assert instructions(program) <= instructions(few)
    compiled.write(out)
    output = read_output(out)
    assert program.ram_bytes == output.manifest["ram"]["total_bytes"]
    images = list(islice(pictures_of(output, pictures, IMAGES), IMAGES))
    proof = verify_output(output, iter(images))
    assert (None, IMAGES) == (proof.first_difference, proof.images)


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize(
    ("real", "target"),
    [("v1_1", target) for target in V1_1_AT_224] + [("v1_0", target) for target in V1_0_AT_227],
    indirect=["real"],
)
def test_imagenet_networks_meet_their_targets(real: Real, target: Target, tmp_path: Path) -> None:
    """v1.1 at 224 and the Deep Compression v1.0 at 227, with 1000 classes."""
    compiled = within(real.out / "reference.pt", target)
    assert_meets(target, compiled, tmp_path / "out", real.out / "pictures")


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("target", V1_1_AT_128)
def test_v1_1_at_128_meets_its_targets(target: Target, tmp_path: Path) -> None:
    """The size of image that vendors publish figures for."""
    link_pictures(tmp_path)
    few = tmp_path / "few"
    few.mkdir()
    for picture in sorted((tmp_path / "calibrate").iterdir())[:8]:
        (few / picture.name).symlink_to(picture.resolve())
    compiled = within(
        state_dict_file(tmp_path / "v1_1.pt"),
        target,
        calibrate=few,
        load=LoadOptions(input_height=128, input_width=128, preset="caffe"),
    )
    assert_meets(target, compiled, tmp_path / "out", None)


@pytest.mark.slow
@pytest.mark.parametrize("target", FASHION)
def test_the_example_meets_its_targets(target: Target, tmp_path: Path) -> None:
    """The network that ships with the project."""
    compiled = within(EXAMPLE / "model.pt", target)
    assert_meets(target, compiled, tmp_path / "out", EXAMPLE / "images")
