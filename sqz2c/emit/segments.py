"""
Segments -> the C functions that run them: a turn a step, and the loop that lets them take turns.
"""

from dataclasses import dataclass

from sqz2c.emit.c_names import Names
from sqz2c.ir.graph import PIXELS
from sqz2c.ir.layer import MaxPool, PixelTable
from sqz2c.ir.program import Program, Segment, Step


@dataclass(frozen=True)
class Function:
    """A static C function: COMMENT, RESULT type, NAME, PARAMETERS, BODY lines."""

    comment: str
    result: str
    name: str
    parameters: str
    body: tuple[str, ...]


@dataclass(frozen=True)
class SegmentView:
    """FUNCTIONS of one segment; CALL runs it. IS_FED: rows come from outside."""

    functions: tuple[Function, ...]
    call: str
    is_fed: bool


def segment_views(program: Program, names: Names) -> tuple[SegmentView, ...]:
    """
    One view a segment, in order.
    """
    return tuple(
        _flowing(program, names, segment, number)
        if program.takes_turns(number)
        else _whole(names, segment, number)
        for number, segment in enumerate(program.segments)
    )


def counted_steps(program: Program, names: Names) -> tuple[str, ...]:
    """
    C names of the steps that count their rows, network order; "image" first where rows are fed.
    """
    image = ["image"] if program.input_mode == "rows" else []

    return (*image, *(_counter(names, step) for step in program.counting_steps))


def _counter(names: Names, step: Step) -> str:
    last = step.layers[-2] if step.is_head else step.layers[-1]
    return names.layer[last.name]


def _whole(names: Names, segment: Segment, number: int) -> SegmentView:
    """Every step runs once, over all rows."""
    (step,) = segment.steps
    body = (
        *_move(names, segment, number),
        *_calls(names, segment, number, step, "0", str(step.limit)),
        "sqz_trace_turn(at);",
    )
    used = _parameters(body, net=False)
    name = f"segment{number}_{_counter(names, step)}"
    comment = f"Segment {number}. {step.name}."
    function = Function(comment, "void", name, ", ".join(used), body)

    return SegmentView((function,), f"{name}({_arguments(used)});", is_fed=False)


def _flowing(program: Program, names: Names, segment: Segment, number: int) -> SegmentView:
    """Steps take turns: the last one that has its rows goes."""
    fed = number == 0 and program.input_mode == "rows"
    functions = [
        _turn(program, names, segment, number, index, fed)
        for index in range(len(segment.steps))
    ]
    calls = [f"{f.name}({_call_arguments(f)})" for f in reversed(functions)]
    first, last = segment.steps[0], segment.steps[-1]
    loop = [f"while ({calls[0]}"] + [f"       || {call}" for call in calls[1:]]
    loop[-1] += ") {"
    body = (*_move(names, segment, number), *loop, "}")
    name = f"segment{number}_{_counter(names, last)}"
    used = [p for p in (NET, IMAGE, LOGITS, WORK) if any(p in f.parameters for f in functions)]
    if any("at +" in line for line in body):
        body = ("uint8_t *const at = (uint8_t *)net->arena;", "", *body)
    comment = (
        f"Segment {number}. Rows flow from {first.input} to {_counter(names, last)}: the last "
        "step that can go, goes."
    )
    whole = Function(comment, "void", name, ", ".join(used), body)

    return SegmentView((*functions, whole), f"{name}({_arguments(used)});", is_fed=fed)


def _turn(
    program: Program, names: Names, segment: Segment, number: int, index: int, fed: bool
) -> Function:
    step = segment.steps[index]
    counter = _counter(names, step)
    body = [
        f"const int32_t first = net->rows.{counter};",
        f"const int32_t end = sqz_turn_end(first, {step.rows}, {step.limit});",
    ]
    first, end = "first", "end"
    under = end
    ready = "image" if fed and index == 0 else None
    if index:
        ready = _counter(names, segment.steps[index - 1])
    if step.squeeze is not None and step.pool is not None and ready is not None:
        under = "below"
        body.append(
            f"const int32_t below = sqz_rows_under(&{names.layer[step.pool.name]}, end);"
        )
    elif step.squeeze is None and step.pool is not None:
        pool = names.layer[step.pool.name]
        body += [
            f"const int32_t above = sqz_rows_under(&{pool}, first);",
            f"const int32_t below = sqz_rows_under(&{pool}, end);",
        ]
        first, end, under = "above", "below", "below"
    conditions = ["end == first"]
    if ready is not None:
        conditions.append(f"net->rows.{ready} < {_needed(program, names, step, under)}")
    body += ["", f"if ({' || '.join(conditions)}) {{", "    return 0;", "}"]
    body += _calls(names, segment, number, step, first, f"{end} - {first}")
    body += [f"net->rows.{counter} = end;", "sqz_trace_turn((uint8_t *)net->arena);", "return 1;"]
    used = [NET, *(p for p in _parameters(body, net=True) if p != AT)]
    if any("at +" in line for line in body):
        body = ["uint8_t *const at = (uint8_t *)net->arena;", *body]
    comment = f"{step.name}: {step.rows} of {step.limit} rows a turn."

    return Function(comment, "int", f"turn_{counter}", ", ".join(used), tuple(body))


def _needed(program: Program, names: Names, step: Step, end: str) -> str:
    """Input rows that must be there before STEP can compute rows up to END."""
    first = step.layers[0]
    height = program.graph.tensor(step.input).height
    if isinstance(first, PixelTable):
        return end
    if isinstance(first, MaxPool):
        return f"sqz_rows_end(&{names.layer[first.name]}.window, {height}, {end} - 1)"
    farthest = max(step.convs, key=lambda conv: conv.kernel_height - conv.padding)
    member = ".conv.window" if step.is_head else ".window"

    return f"sqz_rows_end(&{names.layer[farthest.name]}{member}, {height}, {end} - 1)"


def _calls(
    names: Names, segment: Segment, number: int, step: Step, first: str, rows: str
) -> list[str]:
    if step.scratch is None:
        return _kernels(names, segment, number, step, first, rows)
    place, layout = names.place(number, step.scratch), names.layer[step.scratch]
    added = []
    if step.add is not None:
        source = _address(names, segment, number, step.add.other)
        added = [f"sqz_add(work, &{names.layer[step.add.name]}, {source});"]

    return [
        f"sqz_scratch(work, at + {place}, &{layout});",
        *added,
        *_kernels(names, segment, number, step, first, rows),
    ]


def _kernels(
    names: Names, segment: Segment, number: int, step: Step, first: str, rows: str
) -> list[str]:
    source = _address(names, segment, number, step.input)
    if step.is_head:
        head = names.layer[step.layers[0].name]
        return [f"sqz_conv_average(&{head}, {source}, logits, {first}, {rows}, work);"]
    target = _address(names, segment, number, str(step.output))
    layer = step.layers[0]
    if isinstance(layer, PixelTable | MaxPool):
        kernel = "sqz_lookup" if isinstance(layer, PixelTable) else "sqz_maxpool"
        return [f"{kernel}(&{names.layer[layer.name]}, {source}, {target}, {first}, {rows});"]
    if step.squeeze is not None:
        sums = f"(int32_t *)(void *)(at + {names.place(number, str(step.sums))})"
        fire = f"&{names.layer[step.squeeze.name]}_fire"
        return [f"sqz_fire({fire}, {source}, {sums}, {target}, {first}, {rows}, work);"]
    if step.pool is not None:
        pool = names.layer[step.pool.name]
        first_row, count = (first, rows) if first != "0" else (
            "0", f"sqz_rows_under(&{pool}, {rows})")
        return [
            f"sqz_conv_maxpool(&{names.layer[conv.name]}, &{pool}, {source}, {target}, "
            f"{first_row}, {count}, work);"
            for conv in step.convs
        ]

    return [
        f"sqz_conv(&{names.layer[conv.name]}, {source}, {target}, {first}, {rows}, work);"
        for conv in step.convs
    ]


def _address(names: Names, segment: Segment, number: int, tensor: str) -> str:
    if segment.buffer(tensor) is None:
        assert tensor == PIXELS
        return "image"
    return f"at + {names.place(number, tensor)}"


def _move(names: Names, segment: Segment, number: int) -> list[str]:
    if segment.moved_from is None:
        return []
    tensor = segment.steps[0].input
    buffer = segment.buffer(tensor)
    assert buffer is not None

    return [
        f"sqz_move(at + {names.place(number, tensor)}, "
        f"at + {names.place(number - 1, tensor)}, {buffer.size});"
    ]


NET, IMAGE, AT = "net_t *net", "const uint8_t *image", "uint8_t *at"
LOGITS, WORK = "int32_t *logits", "sqz_work_t *work"
_BY_NAME = {NET: "net", IMAGE: "image", AT: "at", LOGITS: "logits", WORK: "&work"}


def _parameters(body: tuple[str, ...] | list[str], *, net: bool) -> list[str]:
    text = "\n".join(body)
    uses = {
        NET: net and "net->" in text,
        IMAGE: "image," in text,
        AT: "at +" in text or "turn(at)" in text,
        LOGITS: "logits" in text,
        WORK: "work)" in text,
    }
    return [parameter for parameter, is_used in uses.items() if is_used and parameter != NET]


def _arguments(parameters: list[str]) -> str:
    return ", ".join(_BY_NAME[parameter] for parameter in parameters)


def _call_arguments(function: Function) -> str:
    names = [p for p in (NET, IMAGE, LOGITS, WORK) if p in function.parameters]
    return ", ".join(_BY_NAME[p].lstrip("&") for p in names)
