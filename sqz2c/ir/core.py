"""
Cores by what decides how fast the kernels are on them.
"""

from typing import Literal

# dsp: pairs of int16 are multiplied; mve: vectors; plain: neither; small: nor a long product.
CoreClass = Literal["dsp", "mve", "plain", "small"]
CORE_CLASSES: tuple[CoreClass, ...] = ("dsp", "mve", "plain", "small")
_CLASSES: dict[str, CoreClass] = {
    "cortex-m0": "small",
    "cortex-m3": "plain",
    "cortex-m4": "dsp",
    "cortex-m7": "dsp",
    "cortex-m33": "dsp",
    "cortex-m55": "mve",
}


CORES = tuple(_CLASSES)  # as boards name them


def core_class(core: str | None) -> CoreClass:
    """
    The class of CORE, one of CORES; without one a Cortex-M4's, which plans for no board are for.
    """
    return "dsp" if core is None else _CLASSES[core]
