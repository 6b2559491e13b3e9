"""
Which fire modules have a bypass (SqueezeNet, section 6), by their weights and what the user says.
"""

from dataclasses import replace

from sqz2c.load.options import Bypass
from sqz2c.load.squeezenet import Network
from sqz2c.load.state_dict import StateDict


def with_bypasses(
    state: StateDict, network: Network, numbers: tuple[int, ...], bypass: Bypass | None
) -> Network:
    """
    NETWORK with the additions that BYPASS asks for, or its convolutions around fire modules do.
    NUMBERS are those of the fire modules in `features`.

    Raise LoadError by the key of the module that does not fit.
    """
    found = _found(network)
    if found is not None and bypass not in (None, found):
        raise state.error(f"it has {found} bypass, not {bypass}: leave the option out")
    kind = found or bypass
    if kind is None:
        return network
    channels = network.stem.weights.shape[0]
    is_known = any(fire.is_bypassed for fire in network.fires)  # a quantized module says it
    fires = []
    for number, fire in zip(numbers, network.fires, strict=True):
        keeps, channels = channels == fire.out_channels, fire.out_channels
        wanted = fire.is_bypassed if is_known else keeps or kind == "complex"
        if wanted and not keeps and fire.bypass is None:
            raise state.error(
                f"features.{number}.bypass is missing: a 1x1 convolution must lead around a fire "
                "module that changes the number of channels and has a bypass"
            )
        fires.append(replace(fire, is_bypassed=wanted))
    if not any(fire.is_bypassed for fire in fires):
        raise state.error(
            f"features.{numbers[-1]} and all other fire modules change the number of channels, so "
            "there can be no simple bypass"
        )

    return replace(network, fires=tuple(fires))


def _found(network: Network) -> Bypass | None:
    """What the weights tell."""
    if any(fire.bypass is not None for fire in network.fires):
        return "complex"
    return "simple" if any(fire.is_bypassed for fire in network.fires) else None
