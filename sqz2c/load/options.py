"""
What a file of weights does not say about its network.
"""

from dataclasses import dataclass, fields
from math import isfinite
from typing import Literal

from sqz2c.errors import LoadError
from sqz2c.ir.graph import Order, Preprocessing

TrainedOrder = Literal["RGB", "BGR"]
Bypass = Literal["simple", "complex"]

ORDERS = ("RGB", "BGR", "GRAY")


@dataclass(frozen=True)
class Preset:
    """
    A well known preprocessing; MEAN and STD are in ORDER, as the network was trained.
    """

    order: TrainedOrder
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


PRESETS = {
    "caffe": Preset("BGR", (104.0, 117.0, 123.0), (1.0, 1.0, 1.0)),
    "torchvision": Preset(
        "RGB",
        (255 * 0.485, 255 * 0.456, 255 * 0.406),
        (255 * 0.229, 255 * 0.224, 255 * 0.225),
    ),
    "unit": Preset("RGB", (0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
}


@dataclass(frozen=True)
class LoadOptions:
    """
    None means: as the kind of file has it (see load_model).

    INPUT_HEIGHT and INPUT_WIDTH are the image's. ORDER is how the caller's camera delivers
    pixels, TRAINED_ORDER how the network was trained. A pixel 0..255 becomes
    (pixel - mean) / std, MEAN and STD one value a channel in TRAINED_ORDER (or one for all);
    PRESET names a common choice of trained order, mean and std, each of which can still be
    given. STEM_... and HEAD_... are the geometry of the first and the last convolution, BYPASS says
    what fire modules add to their outputs: "simple", their inputs where channels agree; "complex",
    elsewhere what the 1x1 convolution features.N.bypass makes of them. LABELS are the names of the
    classes.
    """

    input_height: int | None = None
    input_width: int | None = None
    order: Order | None = None
    trained_order: TrainedOrder | None = None
    preset: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    stem_stride: int | None = None
    stem_padding: int | None = None
    head_padding: int | None = None
    head_relu: bool | None = None
    bypass: Bypass | None = None
    labels: tuple[str, ...] = ()

    def given(self) -> tuple[str, ...]:
        """
        Name the options that were given.
        """
        return tuple(f.name for f in fields(self) if getattr(self, f.name) not in (None, ()))


def preprocessing_of(
    options: LoadOptions, channels: int, default_preset: str
) -> tuple[Preprocessing, Order]:
    """
    Give mean and std in trained order, and the trained order ("GRAY" for one channel).
    """
    preset = _preset(options, channels, default_preset)
    order: Order = "GRAY" if channels == 1 else options.trained_order or preset.order
    step = (
        1 if order in (preset.order, "GRAY") else -1
    )  # a preset's values follow its own order
    mean = _per_channel(
        "mean", options.mean if options.mean is not None else preset.mean[::step], channels
    )
    std = _per_channel(
        "std", options.std if options.std is not None else preset.std[::step], channels
    )
    if not (all(map(isfinite, mean)) and all(isfinite(s) and s > 0 for s in std)):
        raise LoadError("Mean and std must be finite, and std above 0.")

    return Preprocessing(mean, std), order


def _preset(options: LoadOptions, channels: int, default: str) -> Preset:
    name = options.preset or ("unit" if channels == 1 else default)
    if name not in PRESETS:
        raise LoadError(
            f"There is no preprocessing named {name!r}: choose {', '.join(sorted(PRESETS))}, "
            "or give mean and std."
        )

    return PRESETS[name]


def _per_channel(what: str, values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    if len(set(values)) == 1:
        return (float(values[0]),) * channels
    if len(values) != channels:
        raise LoadError(
            f"The {what} has {len(values)} values, but the network takes images of {channels} "
            "channels: give one value, or one a channel."
        )

    return tuple(float(value) for value in values)
