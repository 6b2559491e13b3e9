"""
The stage itself: every convolution of a program gets its compressed filters, judged at once.
"""

from dataclasses import replace

from sqz2c.encode.codings import ORDER_OHWI, ORDER_RUNS, encode_filters
from sqz2c.encode.decode import check_filters
from sqz2c.ir.program import Program, Step


def encode(program: Program) -> Program:
    """
    PROGRAM with the filters of each convolution; the plain decoder has read each of them back.
    """
    runs = {step.squeeze.name: runs_of(step) for step in program.steps if step.squeeze}
    filters = {}
    for conv in program.graph.convs:
        order = ORDER_RUNS if conv.name in runs else ORDER_OHWI
        packed = encode_filters(conv.weights, order, runs.get(conv.name, ()))
        check_filters(conv.weights, packed)
        filters[conv.name] = packed

    return replace(program, filters=filters)


def runs_of(step: Step) -> tuple[int, ...]:
    """
    Input channels of the squeeze in the runs in which the step's tiles make them: a tile ends
    where its convolution ends.
    """
    return tuple(
        min(step.tile_channels, conv.out_channels - first)
        for conv in step.convs
        for first in range(0, conv.out_channels, step.tile_channels)
    )
