"""
One operation with its arguments' values: asked for by name, and refused where one stays unasked.
"""

from collections.abc import Mapping

import numpy as np
import torch

from sqz2c.errors import LoadError
from sqz2c.load.exported.program import Name, Node, Program
from sqz2c.load.exported.values import Value

REQUIRED = object()
RETRAIN = "replace it and train again"


class Call:
    """
    NODE of PROGRAM; VALUES holds the results so far.
    """

    def __init__(self, program: Program, node: Node, values: Mapping[str, object]) -> None:
        self.node = node
        self._program = program
        self._values = values
        self._asked: set[str] = set()

    def error(self, problem: str) -> LoadError:
        """
        Make the exception for PROBLEM, which goes on after the operation's name.
        """
        return LoadError(f"{self._program.path}: {self.node.place} {problem}.")

    def unsupported(self, problem: str) -> LoadError:
        """
        The same, for a layer that the author has to replace.
        """
        return self.error(f"{problem}: {RETRAIN}")

    def get(self, name: str, default: object = REQUIRED) -> object:
        """
        Give an argument as it is; names stand for what they name.
        """
        self._asked.add(name)
        value = self.node.arguments.get(name, default)
        if value is REQUIRED:
            raise self.error(f"has no argument {name}: export the model again")
        if isinstance(value, list):
            return [self._resolved(item) for item in value]

        return self._resolved(value)

    def _resolved(self, value: object) -> object:
        if not isinstance(value, Name):
            return value
        if value.text in self._values:
            return self._values[value.text]
        if value.text in self._program.constants:
            return self._program.constant(value.text)
        raise self.error(f"reads {value.text}, which nothing computes: export the model again")

    def skip(self, *names: str) -> None:
        """
        Mark arguments as known that change nothing.
        """
        self._asked.update(names)

    def done(self) -> None:
        """
        Refuse arguments that nobody asked for.
        """
        for name, value in self.node.arguments.items():
            if name not in self._asked and value is not None:
                raise self.error(
                    f"has the argument {name}, which is not supported: write the model without it"
                )

    def value(self, name: str) -> Value:
        """
        Give an argument that follows from the image.
        """
        value = self.get(name)
        if not isinstance(value, Value):
            raise self.error(
                f"does not read the image's activations as {name}: only chains of layers from "
                "the image to the logits are supported"
            )

        return value

    def map(self, name: str) -> Value:
        """
        Give an argument that is a map, not flattened, not averaged, without padding.
        """
        value = self.value(name)
        if not value.is_map or value.padding:
            what = "a padded" if value.padding else "an averaged"
            if not (value.padding or value.averaged):
                what = "a flattened"
            raise self.unsupported(f"reads {what} map, which is not supported")

        return value

    def constant(self, name: str, default: object = REQUIRED) -> np.ndarray | None:
        """
        Give a weight or a buffer, float64.
        """
        value = self.get(name, default)
        if value is None:
            return None
        if not isinstance(value, torch.Tensor):
            raise self.unsupported(f"computes its {name}, but only fixed weights are supported")

        return value.numpy()

    def flag(self, name: str, default: bool = False) -> bool:
        """
        Give True or False.
        """
        value = self.get(name, default)
        if not isinstance(value, bool):
            raise self.unsupported(f"has no fixed {name}")

        return value

    def number(self, name: str, default: float) -> float:
        """
        Give a number.
        """
        value = self.get(name, default)
        if not isinstance(value, float | int):
            raise self.unsupported(f"has no fixed {name}")

        return float(value)

    def pair(self, name: str, default: object = REQUIRED) -> tuple[int, int]:
        """
        Give a height and a width from one number or two.
        """
        value = self.get(name, default)
        values = value if isinstance(value, list) else [value]
        numbers = [item for item in values if type(item) is int]
        if len(numbers) not in (1, 2) or len(numbers) < len(values):
            raise self.unsupported(f"has {name} {value}, expected one or two fixed numbers")

        return numbers[0], numbers[-1]

    def side(self, name: str, default: object = REQUIRED) -> int:
        """
        Give a number that must be the same for height and width.
        """
        height, width = self.pair(name, default)
        if height != width:
            raise self.unsupported(
                f"has {name} {height}x{width}, but only equal ones for height and width are "
                "supported"
            )

        return height

    def expect(self, name: str, wanted: int) -> None:
        """
        Refuse another number than WANTED, which is the default.
        """
        value = self.get(name, wanted)
        values = value if isinstance(value, list) else [value]
        if any(item != wanted for item in values):
            raise self.unsupported(f"has {name} {value}, but only {wanted} is supported")

    def shape(self) -> tuple[int, ...]:
        """
        Give the result's shape as the program notes it, without the batch.
        """
        batch = self._program.shapes[self._program.image][0]
        shape = self._program.shapes[self.node.outputs[0]]
        if shape[:1] == (batch,):
            shape = shape[1:]
        elif batch != 1:
            raise self.unsupported("mixes the images of a batch, which is not supported")
        if None in shape:
            raise self.error("has a shape that is not fixed: export with a fixed image size")

        return tuple(side for side in shape if side is not None)

    def rank(self, name: str) -> int:
        """
        Count the dimensions of an argument, the batch included.
        """
        source = self.node.arguments[name]
        assert isinstance(source, Name)

        return len(self._program.shapes[source.text])

    def full_shape(self) -> list[int]:
        """
        Give the result's shape where it has no batch.
        """
        return [side or 0 for side in self._program.shapes[self.node.outputs[0]]]
