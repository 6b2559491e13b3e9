"""
Whatever compiles the generated C, and however it optimizes: the same bits, and not one warning.
"""

from pathlib import Path

import pytest

from sqz2c.firmware import build_firmware, load_board, run_firmware
from sqz2c.verify import HostLibrary
from sqz2c.verify.proof import compare_image
from tests.exact.generated import LEVELS, MEMBERS, WARNINGS, Generated, main_program, slow_but
from tests.tools import call, need

COMPILERS = ("gcc", "clang")
# -Ofast links code that turns denormals off in the process that loads the library: this one.
STAY_OUT = ("-nostartfiles",)
SANITIZE = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FAST = {("full", "gcc", "-Os")}
PORTABLE = "-DSQZ_PORTABLE"
KERNELS = ("-USQZ_PORTABLE", PORTABLE)


def test_networks_cover_what_there_is(networks: dict[str, Generated]) -> None:
    """The networks below have every coding and every form of requantization among them."""
    layers = [layer for network in networks.values() for layer in network.manifest["layers"]]
    assert {"dense", "block", "raw"} == {layer["coding"] for layer in layers} - {None}
    forms = {layer["requantizer"] for layer in layers if "requantizer" in layer}
    assert {"fixed", "checked", "exact"} == forms


@pytest.mark.parametrize(
    ("member", "compiler", "level"), slow_but(FAST, tuple(MEMBERS), COMPILERS, LEVELS)
)
def test_host_gives_the_same_bits(
    networks: dict[str, Generated], member: str, compiler: str, level: str
) -> None:
    """Every layer equals PyTorch's, at every level of optimization, with no warning."""
    need(compiler)
    network = networks[member]
    with HostLibrary(
        network.folder, network.name, network.graph, compiler=compiler, flags=(level, *STAY_OUT)
    ) as library:
        found = [
            compare_image(network.graph, name, library.run(image), expected)
            for name, image, expected in network.judged
        ]
    assert [None] * len(network.judged) == found


@pytest.mark.parametrize(
    ("member", "compiler"), slow_but({("full", "gcc")}, tuple(MEMBERS), COMPILERS)
)
def test_portable_kernels_give_the_same_bits(
    networks: dict[str, Generated], member: str, compiler: str
) -> None:
    """Every layer equals PyTorch's without the instructions that only some processors have."""
    need(compiler)
    network = networks[member]
    with HostLibrary(
        network.folder, network.name, network.graph, compiler=compiler, flags=("-O1", PORTABLE)
    ) as library:
        found = [
            compare_image(network.graph, name, library.run(image), expected)
            for name, image, expected in network.judged
        ]
    assert [None] * len(network.judged) == found


@pytest.mark.parametrize(("member",), slow_but(set(), MEMBERS))
def test_tracing_changes_nothing(networks: dict[str, Generated], member: str) -> None:
    """Without the hook the logits are those with it."""
    network = networks[member]
    with HostLibrary(network.folder, network.name, network.graph, traced=False) as library:
        assert network.logits() == library.run(network.judged[-1][1]).logits.tolist()


@pytest.mark.parametrize(
    ("member", "compiler", "kernels"), slow_but(set(), tuple(MEMBERS), COMPILERS, KERNELS)
)
def test_sanitizers_find_nothing(
    networks: dict[str, Generated], member: str, compiler: str, kernels: str, tmp_path: Path
) -> None:
    """An inference and the CRC of all weights, with every access and every overflow watched."""
    network = networks[member]
    main = tmp_path / "main.c"
    main.write_text(main_program(network, network.judged[-1][1]))
    flags = ("-std=c99", *WARNINGS, *SANITIZE, kernels)
    objects = network.objects(tmp_path / "objects", compiler, *flags)
    call(compiler, *flags, *network.includes, main, *objects, "-o", tmp_path / "main")
    assert network.logits() == [int(line) for line in call(tmp_path / "main").split()]


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("board", ["microbit", "mps2_an386"])
def test_a_core_gives_the_same_bits(
    networks: dict[str, Generated], board: str, level: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Firmware in QEMU gives PyTorch's logits at every level of optimization."""
    need("arm-none-eabi-gcc", "qemu-system-arm")
    network = networks["plain"]
    out = tmp_path / "out"
    out.symlink_to(network.folder)
    monkeypatch.setattr("sqz2c.firmware.compile.OPTIMIZE", (level,))
    target = load_board(board)
    images = [image for _, image, _ in network.judged]
    expected = [values[network.graph.head.name] for _, _, values in network.judged]
    firmware = build_firmware(out, target, images, expected)
    result = run_firmware(firmware, target)
    assert ("pass", len(images), True) == (result.verdict, result.images, result.equal)
