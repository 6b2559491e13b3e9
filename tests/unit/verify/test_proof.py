"""
verify finds what is wrong with generated C: each fault is planted, then found.
"""

import re
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from sqz2c.errors import VerifyError
from sqz2c.ir.graph import Graph
from sqz2c.verify import HostLibrary, Proof, Reference, noise_images, verify
from sqz2c.verify.build import c_compiler
from tests.chain import NAME, compiled, emitted, written
from tests.networks import Member, build

MEMBER = Member(
    height=20,
    width=18,
    fires=((4, 8, 8), (8, 16, 16)),
    zero_points=True,
    per_filter=True,
    differing_scales=True,
)
FAST = ("-O0",)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return emitted(compiled(build(MEMBER)))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(MEMBER)


def check(folder: Path, files: dict[str, bytes], graph: Graph) -> Proof:
    return verify(written(folder, files), NAME, graph, noise_images(graph), flags=FAST)


def changed(
    files: dict[str, bytes], name: str, change: Callable[[str], str]
) -> dict[str, bytes]:
    """
    FILES with CHANGE in the one file that it fits among those named NAME (a pattern).
    """
    found = {
        path: new
        for path, data in files.items()
        if fnmatch(path, name) and (new := change(data.decode()).encode()) != data
    }
    assert 1 == len(found), (name, sorted(found))

    return files | found


def without_crc(files: dict[str, bytes]) -> dict[str, bytes]:
    """
    FILES whose check of the weights always agrees.
    """
    return changed(files, f"{NAME}.c", lambda t: t.replace("crc == WEIGHTS_CRC ?", "crc | 1 ?"))


def replace_once(old: str, new: str) -> Callable[[str], str]:
    """
    The one place in all files together where OLD stands.
    """

    def change(text: str) -> str:
        assert text.count(old) <= 1, old
        return text.replace(old, new)

    return change


def first_raised(array: str, by: int = 1) -> Callable[[str], str]:
    """
    The first entry of ARRAY, larger by BY.
    """

    def change(text: str) -> str:
        return re.sub(
            rf"({NAME}_{array}\[\w+\][^=]*= {{\s*)(0x[0-9a-f]+|-?\d+)",
            lambda m: f"{m[1]}{int(m[2], 0) + by}",
            text,
            count=1,
        )

    return change


def test_right_code_is_proved(tmp_path: Path, files: dict[str, bytes], graph: Graph) -> None:
    """Nothing to find: all layers of all images are equal, and progress names the images."""
    told: list[str] = []
    folder = written(tmp_path, files)
    proof = verify(folder, NAME, graph, noise_images(graph), flags=FAST, progress=told.append)

    assert Proof(3, len(graph.layers), None) == proof
    assert ["all 0", "all 255", "noise"] == told


# what is changed: (file, change, the layer where it shows)
FAULTS = {
    "bias": ("tiny_weights.c", first_raised("fire2_squeeze_bias", 9999 * 256), "fire2/squeeze"),
    "weight value": (
        "tiny_weights.c",
        first_raised("fire3_expand3x3_values_symbols"),
        "fire3/expand3x3",
    ),
    "remap table": (
        "tiny.c",
        replace_once(".remap = tiny_fire2_expand1x1_remap", ".remap = NULL"),
        "fire2/expand1x1",
    ),
    "zero point": (
        "runtime/*.c",
        replace_once("slot, at, view->layer->in_zero_point, count", "slot, at, 0, count"),
        "fire3/expand3x3",
    ),
    "padding": (
        "runtime/*.c",
        replace_once("at += begin * in->channels;", "at += (begin - 1) * in->channels;"),
        "fire2/expand3x3",
    ),
    "clamp": (
        "runtime/sqz_requantize.h",
        replace_once("positive > 255 ? 255 : positive", "positive > 99 ? 99 : positive"),
        "fire2/expand3x3",
    ),
    "head": (
        "runtime/*.c",
        replace_once("sums[c] += strip", "sums[c] += 1 + strip"),
        "average",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found_where_they_are(
    tmp_path: Path, files: dict[str, bytes], graph: Graph, fault: str
) -> None:
    """One changed constant of weights or kernels shows, and the layer is named."""
    name, change, layer = FAULTS[fault]
    proof = check(tmp_path, changed(without_crc(files), name, change), graph)

    assert not proof.equal
    assert layer == proof.first_difference.layer
    assert proof.first_difference.actual != proof.first_difference.expected


def test_changed_weights_are_found_by_their_crc(
    tmp_path: Path, files: dict[str, bytes], graph: Graph
) -> None:
    """The generated check runs first: a changed bit of the stream is not even decoded."""
    broken = changed(files, f"{NAME}_weights.c", first_raised("conv1_bits"))

    with pytest.raises(VerifyError, match=r"tiny_check_weights\(\): the weights' CRC is wrong"):
        check(tmp_path, broken, graph)


def test_a_status_is_no_result(tmp_path: Path, files: dict[str, bytes], graph: Graph) -> None:
    """A network that reports an error is not compared."""
    broken = changed(
        without_crc(files),
        f"{NAME}.c",
        lambda text: re.sub(r"\.bit_count = \d+", ".bit_count = 1", text, count=1),
    )

    with pytest.raises(VerifyError, match="image all 0: the network returned status -1"):
        check(tmp_path, broken, graph)


TRACE = "row, 1, tile->first, tile->channels, strip.stride, strip.at);"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (TRACE.replace("channels", "channels - 1"), "its rows were not each computed as a whole"),
        (TRACE.replace("row, 1", "row + 1, 1"), "rows that do not exist"),
        (TRACE + "\n    strip.at[0] ^= 1;\n    sqz_trace(layer->layer, " + TRACE, "differently"),
    ],
    ids=["incomplete rows", "rows outside", "rows that change"],
)
def test_a_wrong_trace_is_no_proof(
    tmp_path: Path, files: dict[str, bytes], graph: Graph, new: str, said: str
) -> None:
    """What the hook hands out must be whole rows of the map, the same each time."""
    with pytest.raises(VerifyError, match=said):
        check(tmp_path, changed(files, "runtime/*.c", replace_once(TRACE, new)), graph)


def test_code_that_does_not_compile_is_refused(
    tmp_path: Path, files: dict[str, bytes], graph: Graph
) -> None:
    """A warning is an error, and the compiler's words are passed on."""
    broken = changed(files, f"{NAME}.c", lambda text: text + "static int unused;\n")

    with pytest.raises(VerifyError, match=r"(?s)the C compiler refused .*unused"):
        check(tmp_path, broken, graph)
    with pytest.raises(VerifyError, match="holds no generated C; run `sqz2c generate` first"):
        verify(tmp_path / "empty", NAME, graph, [], flags=FAST)


def test_library_takes_its_own_images_only(
    tmp_path: Path, files: dict[str, bytes], graph: Graph
) -> None:
    """Another shape or type is refused before the C sees it."""
    with HostLibrary(written(tmp_path, files), NAME, graph, flags=FAST) as library:
        for image in (np.zeros((18, 20, 3), np.uint8), np.zeros((20, 18, 3), np.float32)):
            with pytest.raises(VerifyError, match=r"takes uint8 \(20, 18, 3\)"):
                library.run(image)


def test_library_without_a_trace_gives_the_same_logits(
    tmp_path: Path, files: dict[str, bytes], graph: Graph
) -> None:
    """The hook changes nothing; top() ranks logits, the lower class first on a tie."""
    folder = written(tmp_path, files)
    image = noise_images(graph)[2][1]
    with HostLibrary(folder, NAME, graph, traced=False, flags=("-O3",)) as library:
        run = library.run(image)
        best = library.top(run.logits, 3)

    assert ({}, {}) == (run.layers, run.rows)
    assert np.array_equal(Reference(graph)(image)["average"], run.logits)
    assert np.argsort(-run.logits, kind="stable")[:3].tolist() == best


def test_noise_is_seeded(graph: Graph) -> None:
    """The same pictures every time; another seed gives another noise."""
    first, again, other = noise_images(graph), noise_images(graph), noise_images(graph, seed=1)

    assert [name for name, _ in first] == ["all 0", "all 255", "noise"]
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(first, again, strict=True))
    assert not np.array_equal(first[2][1], other[2][1])


def test_compiler_is_the_users_or_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """$CC first, with its options; none at all is an error that says what to install."""
    monkeypatch.setenv("CC", "gcc -m64")
    assert "gcc -m64" == c_compiler()
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    with pytest.raises(VerifyError, match="CC=no-such-compiler -O2: there is no such compiler"):
        c_compiler()
    monkeypatch.delenv("CC")
    assert c_compiler() in ("cc", "gcc", "clang")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VerifyError, match="no C compiler found: install gcc"):
        c_compiler()
