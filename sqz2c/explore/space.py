"""
The networks that are tried: the paper's metaparameters, bits of a weight, and density.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqz2c.errors import ExploreError
from sqz2c.train import Architecture

WHOLE = ("base_e", "incr_e", "bits")  # parameters that are whole numbers
STEP = 8  # of filters, where the range has a multiple of it


@dataclass(frozen=True)
class Range:
    """LOW to HIGH, both included; equal where a parameter is held."""

    low: float
    high: float


@dataclass(frozen=True)
class Candidate:
    """
    One network: expand filters BASE_E and INCR_E, the shares PCT_3X3 and SQUEEZE_RATIO of them
    (SqueezeNet, section 5), weights of 2^BITS - 1 values a layer, the share DENSITY not 0.
    """

    base_e: int
    incr_e: int
    pct_3x3: float
    squeeze_ratio: float
    bits: int
    density: float

    def architecture(self, common: Architecture) -> Architecture:
        """COMMON with this candidate's widths."""
        return replace(
            common,
            base_e=self.base_e,
            incr_e=self.incr_e,
            pct_3x3=self.pct_3x3,
            squeeze_ratio=self.squeeze_ratio,
            widths=(),
        )


@dataclass(frozen=True)
class Space:
    """The range of each parameter of a Candidate."""

    base_e: Range = Range(16, 64)
    incr_e: Range = Range(0, 64)
    pct_3x3: Range = Range(0.01, 0.99)
    squeeze_ratio: Range = Range(0.125, 1.0)
    bits: Range = Range(3, 8)
    density: Range = Range(0.1, 1.0)

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            chosen: Range = getattr(self, name)
            if not least <= chosen.low <= chosen.high <= most:
                raise ExploreError(
                    f"The range {chosen.low:g}:{chosen.high:g} of {name.replace('_', '-')} must "
                    f"ascend within {least:g} and {most:g}."
                )
            if name in WHOLE and {chosen.low % 1, chosen.high % 1} != {0}:
                raise ExploreError(f"The range of {name.replace('_', '-')} is of whole numbers.")

    def candidate(
        self,
        whole: Callable[[str, int, int, int], int],
        real: Callable[[str, float, float], float],
    ) -> Candidate:
        """Choose by WHOLE (name, low, high, step) and REAL (name, low, high)."""
        chosen: dict[str, Any] = {}
        for field in fields(self):
            bounds: Range = getattr(self, field.name)
            if field.name in WHOLE:
                low, high = int(bounds.low), int(bounds.high)
                step = STEP if high > low and (high - low) % STEP == 0 else 1
                chosen[field.name] = whole(field.name, low, high, step)
            else:
                chosen[field.name] = real(field.name, bounds.low, bounds.high)

        return Candidate(**chosen)

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)


LIMITS = {
    "base_e": (2, 4096),
    "incr_e": (0, 4096),
    "pct_3x3": (0.0, 1.0),
    "squeeze_ratio": (0.01, 4.0),
    "bits": (2, 8),
    "density": (0.01, 1.0),
}
