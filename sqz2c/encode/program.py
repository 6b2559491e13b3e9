"""
The stage itself: every convolution of a program gets its compressed filters, judged at once.
"""

from dataclasses import replace

from sqz2c.encode.codings import encode_filters
from sqz2c.encode.decode import check_filters
from sqz2c.ir.program import Program


def encode(program: Program) -> Program:
    """
    PROGRAM with the filters of each convolution; the plain decoder has read each of them back.
    """
    filters = {}
    for conv in program.graph.convs:
        packed = encode_filters(conv.weights)
        check_filters(conv.weights, packed)
        filters[conv.name] = packed

    return replace(program, filters=filters)
