"""
A state_dict under torchvision's SqueezeNet names: its keys, sorted out and accounted for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from sqz2c.errors import LoadError

WRAPPERS = ("state_dict", "model_state_dict", "model")
FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
FIRE_KEY = re.compile(r"features\.(\d+)\.(?:squeeze|expand1x1|expand3x3)\.")
STEM, HEAD = "features.0", "classifier.1"
PAPER_KEY = re.compile(r"(?:conv|fire)(\d+)\.")
PUBLISHED_POOLS = {(7, 8): (0, 3, 7), (3, 8): (0, 2, 4)}  # by (stem's kernel, fire modules)
BYPASS, ADD = "bypass", "add"  # of a fire module: a convolution around it, what adds it
FIRE_PARTS = ("squeeze", "expand1x1", "expand3x3")


@dataclass(frozen=True)
class Skeleton:
    """
    Where fire modules lie: FIRES are their numbers in `features`, POOLS how many of them come
    before each pool.
    """

    fires: tuple[int, ...]
    pools: frozenset[int]


class StateDict:
    """
    Values by key. Each value is taken once; done() refuses what nobody took.
    """

    def __init__(self, values: Mapping[str, object], path: str) -> None:
        self.path = path
        self.values = dict(values)
        self._taken: set[str] = set()

    def error(self, problem: str) -> LoadError:
        """
        Make the exception for PROBLEM.
        """
        return LoadError(f"{self.path}: {problem}.")

    def has(self, key: str) -> bool:
        """
        Tell whether KEY is there.
        """
        return key in self.values

    def take(self, key: str) -> torch.Tensor:
        """
        Give the tensor under KEY and mark it as known.
        """
        if key not in self.values:
            raise self.error(f"the key {key} is missing")
        value = self.values[key]
        if not isinstance(value, torch.Tensor) or value.layout != torch.strided:
            raise self.error(f"{key} is not a dense tensor")
        if value.numel() * value.element_size() > value.untyped_storage().nbytes():
            raise self.error(f"{key} is larger than what the file holds for it")
        self._taken.add(key)

        return value.detach()

    def take_none(self, key: str) -> bool:
        """
        Take KEY if its value is None, as PyTorch saves an absent bias.
        """
        if key in self.values and self.values[key] is None:
            self._taken.add(key)
            return True

        return False

    def floats(self, key: str) -> np.ndarray:
        """
        Give a float tensor as float32; a pruned one (_orig and _mask) is multiplied out.
        """
        if self.has(f"{key}_orig") or self.has(f"{key}_mask"):
            if self.has(key):
                raise self.error(f"{key} is there twice, as itself and as {key}_orig")
            original, mask = self._floats(f"{key}_orig"), self._floats(f"{key}_mask")
            if original.shape != mask.shape:
                raise self.error(f"{key}_orig and {key}_mask differ in shape")
            return _finite(self, key, (original * mask).numpy())

        return _finite(self, key, self._floats(key).numpy())

    def done(self) -> None:
        """
        Refuse keys that a SqueezeNet does not have.
        """
        unknown = [key for key in self.values if key not in self._taken]
        if unknown:
            more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
            raise self.error(
                f"the key {unknown[0]}{more} belongs to a layer that is not supported: only "
                "convolutions named as in torchvision's SqueezeNet are"
            )

    def _floats(self, key: str) -> torch.Tensor:
        value = self.take(key)
        if value.dtype not in FLOATS:
            raise self.error(f"{key} is {value.dtype}, expected float32, 64, 16 or bfloat16")

        return value.to(torch.float32).contiguous()


def _finite(state: StateDict, key: str, values: np.ndarray) -> np.ndarray:
    if not np.isfinite(values).all():
        raise state.error(f"{key} holds infinite values or values that are not numbers")

    return np.array(values, dtype=np.float32, order="C", copy=True)


def unwrap(plain: object, path: str) -> StateDict:
    """
    Find the state_dict in what a file held: as it is or in a training checkpoint, "module."
    prefixes of data-parallel training removed.
    """
    if isinstance(plain, Mapping):
        for wrapper in WRAPPERS:
            inner = plain.get(wrapper)
            if isinstance(inner, Mapping):
                plain = inner
                break
    if not isinstance(plain, Mapping) or not plain or not all(type(k) is str for k in plain):
        raise LoadError(f"{path} holds no state_dict: save model.state_dict() with torch.save.")
    prefix = "module."
    if all(key.startswith(prefix) for key in plain):
        plain = {key.removeprefix(prefix): value for key, value in plain.items()}

    return StateDict(plain, path)


def has_paper_names(state: StateDict) -> bool:
    """Tell whether layers are called conv1, fire2.squeeze and so on, as in the Caffe files."""
    return "conv1.weight" in state.values and all(PAPER_KEY.match(key) for key in state.values)


def in_torchvision_names(state: StateDict) -> StateDict:
    """
    Rename conv1, fire2.squeeze, ..., conv10. Names do not say where pools are: only the published
    networks are known, v1.0 by its stem of 7x7 and v1.1 by 3x3.
    """
    numbers = sorted({int(key[4:].split(".")[0]) for key in state.values})
    fires, head = numbers[1:-1], numbers[-1]
    stem = state.values["conv1.weight"]
    kernel = stem.shape[-1] if isinstance(stem, torch.Tensor) and stem.ndim == 4 else 0
    pools = PUBLISHED_POOLS.get((kernel, len(fires)))
    if pools is None or numbers != list(range(1, len(numbers) + 1)):
        raise state.error(
            "layers named conv1, fire2 to fire9 and conv10 do not say where the pools are, and "
            "this is neither v1.0 nor v1.1: use torchvision's names"
        )
    names = {"conv1": STEM, f"conv{head}": HEAD}
    for count, fire in enumerate(fires):
        before = sum(pool <= count for pool in pools)
        names[f"fire{fire}"] = f"features.{2 + count + before}"
    renamed = {}
    for key, value in state.values.items():
        first, rest = key.split(".", 1)
        if first not in names:
            raise state.error(f"{key} is no layer of a SqueezeNet")
        renamed[f"{names[first]}.{rest}"] = value

    return StateDict(renamed, state.path)


def skeleton(state: StateDict) -> Skeleton:
    """
    Read the fire modules from the keys; a gap of one in their numbers is a pool.
    """
    if not any(key.startswith(f"{STEM}.") for key in state.values):
        raise state.error(
            f"there is no {STEM}.weight: only state_dicts with the names of torchvision's "
            "SqueezeNet are supported"
        )
    matches = (FIRE_KEY.match(key) for key in state.values)
    fires = sorted({int(match[1]) for match in matches if match})
    if not fires:
        raise state.error("there is no fire module (features.3.squeeze.weight and so on)")
    pools = set()
    before = 1  # features.0 is the stem, features.1 its ReLU
    for count, number in enumerate(fires):
        gap = number - before - 1
        if gap not in (0, 1):
            raise state.error(
                f"features.{before + 1} to features.{number - 1} have no weights: only one max "
                "pool can stand before a fire module"
                if gap > 0
                else f"features.{number} is where the stem should be"
            )
        if gap:
            pools.add(count)
        before = number

    return Skeleton(tuple(fires), frozenset(pools))
