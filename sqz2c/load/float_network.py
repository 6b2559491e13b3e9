"""
A float state_dict as a network: shapes checked by key, masks multiplied out.
"""

import numpy as np

from sqz2c.load.bypass import with_bypasses
from sqz2c.load.options import Bypass
from sqz2c.load.squeezenet import Filters, Fire, Network
from sqz2c.load.state_dict import BYPASS, FIRE_PARTS, HEAD, STEM, StateDict, skeleton


def float_network(state: StateDict, bypass: Bypass | None = None) -> Network:
    """
    Take every convolution out of STATE and refuse what is left. BYPASS is what the user says.
    """
    found = skeleton(state)
    stem = _filters(state, STEM)
    fires = tuple(_fire(state, f"features.{number}") for number in found.fires)
    network = Network(stem, fires, _filters(state, HEAD), found.pools)
    state.done()
    check_shapes(state, network, found.fires)

    return with_bypasses(state, network, found.fires, bypass)


def _fire(state: StateDict, key: str) -> Fire:
    squeeze, left, right = (_filters(state, f"{key}.{part}") for part in FIRE_PARTS)
    has_bypass = any(state.has(f"{key}.{BYPASS}.weight{suffix}") for suffix in ("", "_orig"))
    bypass = _filters(state, f"{key}.{BYPASS}") if has_bypass else None

    return Fire(squeeze, left, right, bypass=bypass)


def _filters(state: StateDict, key: str) -> Filters:
    return Filters(state.floats(f"{key}.weight"), state.floats(f"{key}.bias"))


def check_shapes(state: StateDict, network: Network, numbers: tuple[int, ...]) -> None:
    """
    Refuse by key what does not fit its neighbours; NUMBERS are the fire modules' in `features`.
    """
    stem = network.stem
    _check_filters(state, STEM, stem, None, None)
    if stem.weights.shape[1] not in (1, 3):
        raise state.error(
            f"{STEM} takes {stem.weights.shape[1]} channels, but images have 1 (GRAY) or 3"
        )
    channels = stem.weights.shape[0]
    for number, fire in zip(numbers, network.fires, strict=True):
        key = f"features.{number}"
        _check_filters(state, f"{key}.squeeze", fire.squeeze, channels, 1)
        squeezed = fire.squeeze.weights.shape[0]
        _check_filters(state, f"{key}.expand1x1", fire.expand1x1, squeezed, 1)
        _check_filters(state, f"{key}.expand3x3", fire.expand3x3, squeezed, 3)
        if fire.bypass is not None:
            _check_filters(state, f"{key}.{BYPASS}", fire.bypass, channels, 1)
            if fire.bypass.weights.shape[0] != fire.out_channels:
                raise state.error(
                    f"{key}.{BYPASS}.weight gives {fire.bypass.weights.shape[0]} channels, but the "
                    f"expands that it is added to give {fire.out_channels}"
                )
        channels = fire.out_channels
    _check_filters(state, HEAD, network.head, channels, 1)


def _check_filters(
    state: StateDict, key: str, filters: Filters, channels: int | None, kernel: int | None
) -> None:
    shape = filters.weights.shape
    if len(shape) != 4 or 0 in shape or shape[2] != shape[3]:
        raise state.error(f"{key}.weight has shape {list(shape)}, expected [out, in, k, k]")
    if kernel is not None and shape[2] != kernel:
        raise state.error(
            f"{key}.weight has {shape[2]}x{shape[3]} filters, expected {kernel}x{kernel}"
        )
    if channels is not None and shape[1] != channels:
        raise state.error(
            f"{key}.weight takes {shape[1]} channels, but the layers before give {channels}"
        )
    if filters.bias.shape != (shape[0],):
        raise state.error(
            f"{key}.bias has shape {list(np.shape(filters.bias))}, expected [{shape[0]}]"
        )
