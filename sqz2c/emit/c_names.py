"""
Layer names to C identifiers, checked at the border.
"""

import re
from collections.abc import Iterable

from sqz2c.errors import EmitError
from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import Layer

C_KEYWORDS = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if
    inline int long register restrict return short signed sizeof static struct switch typedef
    union unsigned void volatile while _Bool _Complex _Imaginary
    asm bool catch class delete false new operator private protected public template this throw
    true try typename virtual namespace using main
    image logits net work at crc row""".split()
)
# What the generated C calls things itself: types, functions, parameters and variables.
TAKEN = re.compile(
    r"sqz_.*|turn_.*|segment\d.*|.*_t|mem[a-z]+|work_in|first|end|above|below|held|count|classes"
    r"|rows|row_bytes|status|state"
)


# Headers and <name>_t types of the C library, and what firmware calls its own parts.
STANDARD = re.compile(
    r"sqz|u?int(8|16|32|64|max|ptr)|u?int_(fast|least)(8|16|32|64)|size|ssize|off|time|clock|l*div"
    r"|wchar|wint|ptrdiff|max_align|std(int|def|io|lib|bool|arg)|string|math|limits|assert|errno"
    r"|float|inttypes|signal|locale|setjmp|ctype|print|console|counter|frame|stack|startup|memory"
    r"|board.*|firmware.*|registers|interrupt|exit.*"
)


def check_model_name(name: str) -> str:
    """
    NAME, if it can prefix files, types and functions in C and C++.
    """
    is_fine = re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) and name not in C_KEYWORDS
    if not is_fine or name.startswith("sqz_") or STANDARD.fullmatch(name):
        raise EmitError(
            f"--name {name}: must be a C identifier in lower case, at most 40 characters, no "
            "keyword, no name of the C library, and may not begin with sqz_ (the runtime's)."
        )
    return name


def c_names(names: Iterable[str], model: str = "") -> dict[str, str]:
    """
    One distinct identifier for each of NAMES: `fire2/squeeze` becomes `fire2_squeeze`. What C or
    the generated code of MODEL has taken gets an underscore.
    """
    taken: set[str] = set()
    result: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^a-z0-9_]", "_", name.lower())
        if not plain or not plain[0].isalpha():
            plain = f"layer_{plain}"
        candidate = f"{plain}_" if _is_taken(plain, model) else plain
        number = 2
        while candidate in taken:
            candidate = f"{plain}_{number}"
            number += 1
        taken.add(candidate)
        result[name] = candidate

    return result


def _is_taken(name: str, model: str) -> bool:
    of_model = bool(model) and (name == model or name.startswith(f"{model}_"))
    return of_model or name in C_KEYWORDS or TAKEN.fullmatch(name) is not None


class Names:
    """
    The C names of a program: layers, what steps need beside their tensors, and arena offsets.
    """

    def __init__(self, graph: Graph, model: str) -> None:
        self.model = model
        own = [f"{conv.name} {what}" for conv in graph.convs for what in ("sums", "scratch")]
        self.layer = c_names([*(layer.name for layer in graph.layers), *own], model)
        self.tensor = c_names([*(tensor.name for tensor in graph.tensors), *own])
        self.index = {layer.name: i for i, layer in enumerate(graph.layers)}

    def prefix(self, layer: Layer) -> str:
        return f"{self.model}_{self.layer[layer.name]}"

    def place(self, segment: int, tensor: str) -> str:
        """The constant that says where TENSOR lies in the arena while SEGMENT runs."""
        return f"AT{segment}_{self.tensor[tensor].upper()}"
