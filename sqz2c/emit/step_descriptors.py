"""
Steps -> the constant structs that describe to the kernels what single layers do not say.
"""

from sqz2c.emit.c_names import Names
from sqz2c.emit.descriptors import LayerView
from sqz2c.ir.program import Program, open_rows_of
from sqz2c.ir.scratch import Scratch, scratch_of


def fire_views(program: Program, names: Names) -> tuple[LayerView, ...]:
    """
    The steps that sum into a squeeze: descriptors that point to those of their layers.
    """
    views = []
    for step in program.steps:
        if step.squeeze is None:
            continue
        convs = [f"&{names.layer[conv.name]}" for conv in step.convs]
        pool = step.pool
        views.append(
            LayerView(
                name=step.name,
                c_name=f"{names.layer[step.squeeze.name]}_fire",
                comment=f"{step.name}, in one sweep.",
                c_type="sqz_fire_t",
                fields=(
                    f".convs = {{{', '.join((*convs, 'NULL')[:2])}}},",
                    f".pool = {'&' + names.layer[pool.name] if pool else 'NULL'},",
                    f".open_rows = {open_rows_of(pool) if pool else 0},",
                    f".squeeze = &{names.layer[step.squeeze.name]},",
                ),
                arrays=(),
                crc_call=None,
            )
        )

    return tuple(views)


def scratch_views(program: Program, names: Names) -> tuple[LayerView, ...]:
    """
    How each step's scratch is laid out.
    """
    views = []
    for step in program.steps:
        scratch = scratch_of(program.graph, step)
        if scratch is None:
            continue
        places = {part.name: part.offset for part in scratch.parts if part.offset}
        views.append(
            LayerView(
                name=step.name,
                c_name=names.layer[str(step.scratch)],
                comment=f"{step.name}: {scratch.size:,} B beside its tensors.",
                c_type="sqz_scratch_t",
                fields=(
                    *(f".{name} = {offset}," for name, offset in places.items()),
                    *_list_fields(scratch),
                    f".tile_channels = {scratch.tile_channels},",
                ),
                arrays=(),
                crc_call=None,
            )
        )

    return tuple(views)


def _list_fields(scratch: Scratch) -> list[str]:
    """What holds lists of weights within their room."""
    fields = [f".tile_bytes = {scratch.tile},"] if scratch.is_listed else []

    return [*fields, f".most_runs = {scratch.most_runs},"] if scratch.runs else fields
