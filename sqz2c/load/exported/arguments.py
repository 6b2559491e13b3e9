"""
The graph inside of an exported program's JSON: nodes and their arguments, shapes.
"""

from typing import Any

from sqz2c.load.exported.program import Name, Node, Shape, Symbol

PLAIN = ("as_int", "as_ints", "as_float", "as_floats", "as_bool", "as_string", "as_scalar_type")
NAMESPACE = "torch.ops."


def argument(plain: dict[str, Any]) -> object:
    """
    Turn one argument into Name, Symbol, number, flag, text, a list of these, or None.
    """
    ((kind, value),) = plain.items()
    if kind in PLAIN:
        return value
    if kind in ("as_tensor", "as_optional_tensor"):
        return argument(value) if "name" not in value else Name(value["name"])
    if kind == "as_tensors":
        return [Name(item["name"]) for item in value]
    if kind == "as_sym_int":
        return _size(value)
    if kind == "as_sym_ints":
        return [_size(item) for item in value]

    return None if kind == "as_none" else Symbol(kind)


def _size(plain: dict[str, Any]) -> int | Symbol:
    return plain["as_int"] if "as_int" in plain else Symbol("size")


def nodes_of(graph: dict[str, Any]) -> tuple[Node, ...]:
    """
    Give the operations of GRAPH in the order they run.
    """
    return tuple(_node(plain) for plain in graph["nodes"])


def _node(plain: dict[str, Any]) -> Node:
    outputs = [argument(output) for output in plain["outputs"]]
    names = tuple(output.text for output in outputs if isinstance(output, Name))
    operation = str(plain["target"]).removeprefix(NAMESPACE)
    if operation.count(".") > 1:
        operation = operation.rpartition(".")[0]

    return Node(
        operation=operation,
        name=str(plain.get("name") or (names[0] if names else operation)),
        module=_module(plain["metadata"].get("nn_module_stack", "")),
        arguments={entry["name"]: argument(entry["arg"]) for entry in plain["inputs"]},
        outputs=names,
    )


def _module(stack: str) -> str:
    """The innermost submodule of "key,path,class;key,path,class"."""
    fields = stack.rpartition(";")[2].split(",")

    return fields[1] if len(fields) > 2 else ""


def shapes_of(graph: dict[str, Any]) -> dict[str, Shape]:
    """
    Give the shape that the program notes for each tensor.
    """
    return {
        name: tuple(side.get("as_int") for side in meta["sizes"])
        for name, meta in graph["tensor_values"].items()
    }
