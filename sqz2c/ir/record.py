"""
A dictionary out of a file that nobody vouches for: every field is asked for by name and type.
"""

from typing import Any

import numpy as np
import torch

from sqz2c.errors import LoadError


class Record:
    """
    One dictionary of a checkpoint; WHERE names it in messages.

    Each getter marks its field as known; done() refuses the fields that nobody asked for.
    """

    def __init__(self, plain: object, path: str, where: str) -> None:
        self.path = path
        self.where = where
        if not isinstance(plain, dict) or not all(type(key) is str for key in plain):
            raise self.error("it is not a dictionary with text keys")
        self._plain: dict[str, Any] = plain
        self._known: set[str] = set()
        name = plain.get("name")
        if type(name) is str:
            self.where = f"{where} {name[:100]}"

    def error(self, problem: str) -> LoadError:
        """
        Make the exception for PROBLEM.
        """
        return LoadError(f"{self.path}: {self.where}: {problem}.")

    def done(self) -> None:
        """
        Refuse fields that are not part of the format.
        """
        unknown = sorted(set(self._plain) - self._known)
        if unknown:
            raise self.error(f"the field {unknown[0]!r} is not known")

    def is_none(self, field: str) -> bool:
        """
        Tell whether FIELD is there and None.
        """
        return self._get(field) is None

    def text(self, field: str) -> str:
        """Text."""
        return self._typed(field, str)

    def integer(self, field: str) -> int:
        """A whole number; True and False are none."""
        return self._typed(field, int)

    def number(self, field: str) -> float:
        """A float."""
        return self._typed(field, float)

    def boolean(self, field: str) -> bool:
        """True or False."""
        return self._typed(field, bool)

    def numbers(self, field: str) -> tuple[float, ...]:
        """A list of floats."""
        return self._list(field, float)

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts."""
        return self._list(field, str)

    def record(self, field: str) -> "Record":
        """A dictionary inside."""
        return Record(self._get(field), self.path, f"{self.where}, {field}")

    def records(self, field: str) -> tuple["Record", ...]:
        """A list of dictionaries."""
        kind = field.removesuffix("s")

        return tuple(
            Record(item, self.path, f"{kind} {index}" if not _named(item) else kind)
            for index, item in enumerate(self._typed(field, list))
        )

    def array(self, field: str, dtype: type) -> np.ndarray:
        """
        A dense tensor of DTYPE as a numpy array of its own.
        """
        value = self._typed(field, torch.Tensor)
        wanted = torch.from_numpy(np.empty(0, dtype)).dtype
        if value.layout != torch.strided or value.is_quantized or value.dtype != wanted:
            raise self.error(f"{field} is not a dense tensor of {np.dtype(dtype)}")
        if value.numel() * value.element_size() > value.untyped_storage().nbytes():
            raise self.error(f"{field} is larger than what the file holds for it")

        return np.array(value.detach().numpy(), order="C", copy=True)

    def _get(self, field: str) -> Any:
        if field not in self._plain:
            raise self.error(f"the field {field!r} is missing")
        self._known.add(field)

        return self._plain[field]

    def _typed(self, field: str, wanted: type) -> Any:
        value = self._get(field)
        if type(value) is not wanted:
            raise self.error(
                f"{field} is of type {type(value).__name__}, expected {wanted.__name__}"
            )

        return value

    def _list(self, field: str, wanted: type) -> Any:
        values = self._typed(field, list)
        if not all(type(value) is wanted for value in values):
            raise self.error(f"{field} is not a list of {wanted.__name__}")

        return tuple(values)


def _named(item: object) -> bool:
    return isinstance(item, dict) and type(item.get("name")) is str
