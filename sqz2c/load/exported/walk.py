"""
Through an exported program from the image to its result: every operation in turn.
"""

from collections.abc import Iterator

from sqz2c.errors import LoadError
from sqz2c.load.exported.archive import DAMAGES
from sqz2c.load.exported.call import Call
from sqz2c.load.exported.layers import refuse_training
from sqz2c.load.exported.operations import (
    NORMS_AND_DROPOUTS,
    SHARING,
    SILENT,
    base_name,
    compute,
    is_in_place,
)
from sqz2c.load.exported.program import Name, Node, Program
from sqz2c.load.exported.values import Block, Value


def result_of(program: Program) -> Value:
    """
    Give what PROGRAM returns. Raise LoadError by the name of what is not a SqueezeNet's.
    """
    for node in program.nodes:
        if base_name(node) in NORMS_AND_DROPOUTS:
            refuse_training(Call(program, node, {}))
    walk = _Walk(program)
    for node in program.nodes:
        if base_name(node) not in SILENT:
            walk.run(node)

    return walk.result()


class _Walk:
    """
    Results by name. MEMORY says which names share bytes, so that what an operation in place
    overwrites is not read again as it was.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        image = _image(program)
        self._values: dict[str, object] = {program.image: Value(image, image.shape)}
        self._memory: dict[str, str] = {}
        self._overwritten: dict[str, str] = {}

    def run(self, node: Node) -> None:
        """
        Compute NODE.
        """
        call = Call(self._program, node, self._values)
        try:
            self._run(call, node)
        except DAMAGES as error:
            raise call.error("cannot be read: export the model again") from error

    def _run(self, call: Call, node: Node) -> None:
        names = list(_read(node))
        for name in names:
            if name in self._overwritten:
                raise call.error(
                    f"reads {name}, which {self._overwritten[name]} changed in place: write the "
                    "model without that and export it again"
                )
        result = compute(self._program, node, self._values)
        output = node.outputs[0]
        self._values[output] = result
        if isinstance(result, Value) and not result.padding and result.shape != call.shape():
            raise call.error(
                f"gives {list(result.shape)} here, but {list(call.shape())} by the file: export "
                "the model again"
            )
        shares = is_in_place(node) or base_name(node) in SHARING
        self._memory[output] = self._memory.get(names[0], names[0]) if shares else output
        if is_in_place(node):
            for name in {*self._values, *self._program.constants} - {output}:
                if self._memory.get(name, name) == self._memory[output]:
                    self._overwritten.setdefault(name, node.name)

    def result(self) -> Value:
        """
        Give what the program returns.
        """
        name = self._program.output
        value = self._values.get(name)
        if not isinstance(value, Value) or name in self._overwritten:
            raise LoadError(
                f"{self._program.path} returns {name}, which is not computed from the image: "
                "export a model that returns its logits."
            )

        return value


def _read(node: Node) -> Iterator[str]:
    for value in node.arguments.values():
        items = value if isinstance(value, list) else [value]
        yield from (item.text for item in items if isinstance(item, Name))


def _image(program: Program) -> Block:
    shape = program.shapes[program.image]
    if len(shape) != 4:
        raise LoadError(
            f"{program.path} takes an input of {len(shape)} dimensions, expected a batch of "
            "images [n, channels, height, width]."
        )
    _, channels, height, width = shape
    if channels is None or height is None or width is None:
        raise LoadError(
            f"{program.path} takes images of any size: export it with a fixed height and width, "
            "only the batch may be dynamic."
        )
    if channels not in (1, 3):
        raise LoadError(
            f"{program.path} takes {channels} channels, but images have 1 (GRAY) or 3."
        )

    return Block(None, (), channels, (height, width))
