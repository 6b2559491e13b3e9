"""
An exported program: ATen operations in the order they run, arguments by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

Shape = tuple[int | None, ...]  # None: any size


@dataclass(frozen=True)
class Name:
    """What stands for another node's result, for a weight or for the image."""

    text: str


@dataclass(frozen=True)
class Symbol:
    """A size that the program leaves open."""

    text: str


@dataclass(frozen=True, eq=False)
class Node:
    """
    One operation: OPERATION without its overload ("aten.conv2d"), NAME as the program prints it,
    MODULE the path of the submodule it is in (or ""). OUTPUTS names tensors only.
    """

    operation: str
    name: str
    module: str
    arguments: dict[str, object]
    outputs: tuple[str, ...]

    @property
    def place(self) -> str:
        """Which operation, for messages."""
        inside = f" in {self.module}" if self.module else ""

        return f"{self.operation} ({self.name}{inside})"


@dataclass(frozen=True, eq=False)
class Program:
    """
    IMAGE, OUTPUT and the keys of SHAPES are names in the graph. CONSTANT gives a weight or buffer
    by its name as float64, or raises LoadError; CONSTANTS says which there are.
    """

    path: str
    nodes: tuple[Node, ...]
    image: str
    output: str
    shapes: dict[str, Shape]
    constants: frozenset[str]
    constant: Callable[[str], torch.Tensor]
