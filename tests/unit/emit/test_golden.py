"""
The generated text of one small network, byte by byte; the same text is compiled and run.
"""

from collections.abc import Callable

import pytest

from sqz2c.verify import Reference, noise_images
from tests.chain import NAME, compiled, differences, emitted, host_library
from tests.networks import Member, build

MEMBERS = {
    "flowing": Member(height=18, width=17, stem=(4, 3, 2, 0), fires=((2, 4, 4),), classes=3),
    "fed": Member(
        height=17,
        width=19,
        stem=(3, 3, 1, 1),
        fires=((2, 3, 4),),
        pool_after=(1,),
        classes=2,
        pixel_table=True,
        per_filter=True,
        zero_points=True,
        differing_scales=True,
        quantized_average=True,
    ),
}
MODES = {"flowing": "image", "fed": "rows"}
FILES = (f"{NAME}.h", f"{NAME}.c", f"{NAME}_weights.h", f"{NAME}_weights.c", "manifest.json")


@pytest.mark.parametrize("case", MEMBERS)
def test_generated_text_is_as_reviewed(case: str, golden: Callable[[str, str], None]) -> None:
    """A change of the compiler that changes its output shows as a diff of these files."""
    program = compiled(build(MEMBERS[case]), MODES[case])
    files = emitted(program)

    with host_library(program) as library:
        images = noise_images(program.graph)
        assert [] == differences(program.graph, library, Reference(program.graph), images)
    for name in FILES:
        golden(f"emit/{case}/{name}", files[name].decode())
