"""
The space: what may be explored, and how a candidate becomes an architecture.
"""

import pytest

from sqz2c.errors import ExploreError
from sqz2c.explore import Candidate, Range, Space
from sqz2c.train import Architecture


def test_a_candidate_changes_the_widths_alone() -> None:
    """The paper's metaparameters come from the candidate, stem and pools from what is common."""
    common = Architecture(stem_filters=7, fires=3, pools=(0, 2), classes=5)
    made = Candidate(12, 4, 0.25, 0.5, 6, 0.3).architecture(common)
    assert (7, 3, (0, 2), 5) == (made.stem_filters, made.fires, made.pools, made.classes)
    assert (12, 4, 0.25, 0.5) == (made.base_e, made.incr_e, made.pct_3x3, made.squeeze_ratio)
    assert [12, 12, 16] == [widths.out_channels for widths in made.fire_widths()]


def test_each_parameter_is_asked_for_in_its_range() -> None:
    """Filters come in eights where the range allows it; a held parameter has one value."""
    asked: dict[str, tuple[float, ...]] = {}

    def whole(name: str, low: int, high: int, step: int) -> int:
        asked[name] = (low, high, step)
        return high

    def real(name: str, low: float, high: float) -> float:
        asked[name] = (low, high)
        return low

    space = Space(base_e=Range(16, 48), incr_e=Range(3, 3), bits=Range(4, 7))
    found = space.candidate(whole, real)

    assert Candidate(48, 3, 0.01, 0.125, 7, 0.1) == found
    assert ((16, 48, 8), (3, 3, 1), (4, 7, 1)) == (
        asked["base_e"], asked["incr_e"], asked["bits"])  # fmt: skip
    assert (0.125, 1.0) == asked["squeeze_ratio"]


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"density": Range(0.5, 0.2)}, "density must ascend within 0.01 and 1"),
        ({"bits": Range(1, 8)}, "bits must ascend within 2 and 8"),
        ({"base_e": Range(8.5, 16)}, "base-e is of whole numbers"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(wrong: dict[str, Range], part: str) -> None:
    """By the parameter's name, in one sentence."""
    with pytest.raises(ExploreError, match=part):
        Space(**wrong)
