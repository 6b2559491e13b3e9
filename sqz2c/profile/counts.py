"""
A profile: what each layer of one inference took, beside what the cost model expected.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from sqz2c.errors import EmitError
from sqz2c.ir.core import CoreClass, core_class


class Counted(Protocol):
    """Instructions of one layer by phase; AN_OUTPUT of rescaling are inside of CONVOLVE."""

    @property
    def decode(self) -> int: ...
    @property
    def convolve(self) -> int: ...
    @property
    def pool(self) -> int: ...
    @property
    def other(self) -> int: ...
    @property
    def an_output(self) -> float | None: ...


@dataclass(frozen=True)
class LayerProfile:
    """
    Instructions of the layer NAME in one inference, by phase; ESTIMATE by the cost model of the
    counted core (0: it knows nothing of this layer). MACS are multiply-accumulates.
    """

    name: str
    macs: int
    decode: int
    convolve: int
    requantize: int
    pool: int
    other: int
    estimate: int

    @property
    def total(self) -> int:
        return self.decode + self.convolve + self.requantize + self.pool + self.other

    @property
    def per_mac(self) -> float | None:
        return self.total / self.macs if self.macs else None

    @property
    def error_percent(self) -> float | None:
        """By how much the estimate is above (+) or below (-) what was counted."""
        return 100 * (self.estimate / self.total - 1) if self.estimate and self.total else None


@dataclass(frozen=True)
class Profile:
    """
    LAYERS in network order, as counted on BOARD; EQUAL: the logits were PyTorch's.
    """

    network: str
    board: str
    core: str
    layers: tuple[LayerProfile, ...]
    equal: bool

    @property
    def whole(self) -> LayerProfile:
        """All layers added up."""
        columns = ("macs", "decode", "convolve", "requantize", "pool", "other", "estimate")
        sums = {name: sum(getattr(layer, name) for layer in self.layers) for name in columns}
        return LayerProfile("whole network", **sums)


def profile_of(
    network: str,
    board: tuple[str, str],
    entries: Sequence[Mapping[str, Any]],
    counted: Sequence[Counted],
    equal: bool,
) -> Profile:
    """
    COUNTED of each layer on BOARD (its name and core) joined with ENTRIES, the manifest's
    `layers`.
    """
    if len(entries) != len(counted) or any("estimates" not in entry for entry in entries):
        raise EmitError(
            f"manifest.json of {network}: has no estimates of its layers; run `sqz2c generate` "
            "again."
        )
    core = core_class(board[1])
    layers = tuple(_layer(core, *pair) for pair in zip(entries, counted, strict=True))

    return Profile(network, *board, layers, equal)


def _layer(core: CoreClass, entry: Mapping[str, Any], counted: Counted) -> LayerProfile:
    rescaled = 0
    if counted.an_output is not None:
        rescaled = min(counted.convolve, round(counted.an_output * math.prod(entry["shape"])))

    return LayerProfile(
        name=str(entry["name"]),
        macs=int(entry.get("macs", 0)),
        decode=counted.decode,
        convolve=counted.convolve - rescaled,
        requantize=rescaled,
        pool=counted.pool,
        other=counted.other,
        estimate=int(entry["estimates"][core]),
    )


def facts(profile: Profile) -> dict[str, Any]:
    """
    PROFILE for machines.
    """

    def row(layer: LayerProfile) -> dict[str, Any]:
        return {
            **asdict(layer),
            "total": layer.total,
            "per_mac": layer.per_mac,
            "error_percent": layer.error_percent,
        }

    return {
        "network": profile.network,
        "board": profile.board,
        "core": profile.core,
        "unit": "instructions",
        "equal": profile.equal,
        "whole": row(profile.whole),
        "layers": [row(layer) for layer in profile.layers],
    }
