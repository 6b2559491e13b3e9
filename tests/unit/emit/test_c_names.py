"""
Layer names become C identifiers that nothing collides with.
"""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqz2c.emit import check_model_name
from sqz2c.emit.c_names import C_KEYWORDS, c_names
from sqz2c.errors import EmitError
from sqz2c.ir.graph import PIXELS, Graph
from sqz2c.ir.layer import Conv, MaxPool
from sqz2c.verify import Reference, noise_images
from tests.chain import compiled, differences, host_library
from tests.networks import Member, build

LAYER_NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,20}", fullmatch=True)


def test_slashes_and_dots_become_underscores() -> None:
    """The paper's names stay readable."""
    expected = {"fire2/squeeze": "fire2_squeeze", "features.0": "features_0", "conv1": "conv1"}

    assert expected == c_names(expected)


@given(st.lists(LAYER_NAMES | st.sampled_from(sorted(C_KEYWORDS)), unique=True))
def test_names_are_distinct_identifiers(names: list[str]) -> None:
    """No keyword, no prefix of the runtime, no two alike, even without regard to case."""
    made = c_names(names)

    assert names == list(made)
    assert len(names) == len({name.upper() for name in made.values()})
    for name in made.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert name not in C_KEYWORDS
        assert not name.startswith(("sqz_", "turn_"))


@pytest.mark.parametrize("name", ["squeezenet", "a", "net2", "a" * 40])
def test_model_names_that_c_can_have(name: str) -> None:
    """Lower case identifiers of up to 40 characters."""
    assert name == check_model_name(name)


@pytest.mark.parametrize(
    "name", ["", "2net", "Net", "a-b", "a b", "int", "class", "sqz_x", "a" * 41]
)
def test_other_model_names_are_refused(name: str) -> None:
    """With the option that has to be changed."""
    with pytest.raises(EmitError, match=r"^--name .*: must be a C identifier"):
        check_model_name(name)


def renamed(graph: Graph, names: dict[str, str]) -> Graph:
    """
    GRAPH with other names for some layers and the tensors that they write.
    """
    tensors = tuple(replace(t, name=names.get(t.name, t.name)) for t in graph.tensors)
    layers = []
    for layer in graph.layers:
        fields = ("name", "input", "output") if isinstance(layer, Conv | MaxPool) else (
            "name", "input")  # fmt: skip
        old = {field: getattr(layer, field) for field in fields}
        layers.append(replace(layer, **{k: names.get(v, v) for k, v in old.items()}))

    return replace(graph, tensors=tensors, layers=tuple(layers))


HOSTILE = (
    "net_t", "work_in", "memcpy", "memset", "uint8_t", "int32_t", "NULL", "sqz_conv", "tiny_run",
    "first", "end", "above", "below", "row", "at", "count", "image", "logits", "rows", "turn_conv1",
    "segment0_conv1", "tiny_t", "WEIGHTS_CRC", "ARENA_END", "work", "net", "crc", "classes",
    "state", "held", "status", "tiny", "main", "2", "if", "size_t", "tiny_conv1_bits", "FEEDING",
    "sums", "squeeze", "fire", "tables", "tile", "strip", "arena", "conv", "pool", "layer", "out",
    "in",
)  # fmt: skip
PARTS = ("conv1", "pool1", "fire2/squeeze", "fire2", "fire3/squeeze", "fire3", "conv4")


@pytest.mark.parametrize("start", range(0, len(HOSTILE), len(PARTS)))
@pytest.mark.parametrize("mode", ["image", "rows"])
def test_any_layer_name_compiles(start: int, mode: str) -> None:
    """Names that the generated C itself uses make no clash: it compiles without a warning."""
    names = dict(zip(PARTS, HOSTILE[start:], strict=False))
    graph = renamed(build(Member(height=18, width=18)), names)
    program = compiled(graph, mode)

    assert PIXELS == program.graph.image.name
    with host_library(program) as library:
        images = noise_images(graph)[2:]
        assert [] == differences(program.graph, library, Reference(graph), images)


NAMES_OF_C = ("sqz", "size", "int32", "uint8", "stdint", "string", "div", "print")


@pytest.mark.parametrize("name", NAMES_OF_C)
def test_names_of_the_c_library_are_refused(name: str) -> None:
    """<name>.h and <name>_t must not stand in the way of what C itself has."""
    with pytest.raises(EmitError, match="no name of the C library"):
        check_model_name(name)
