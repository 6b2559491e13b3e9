"""
The arena over time, drawn in plain characters.
"""

from sqz2c.ir.program import Program

MARKS = {"map": "#", "ring": "=", "sums": "+", "scratch": "."}
WIDTH = 64  # columns for the whole arena


def arena_chart(program: Program) -> list[str]:
    """
    A block a segment, a bar a tensor; columns are arena bytes. `#` is a map, `=` a ring, `+`
    int32 sums, `.` what a step needs beside its tensors while it takes a turn.
    """
    size = program.arena_bytes
    lines = []
    for number, segment in enumerate(program.segments):
        lines.append(f"segment {number}: {segment.arena_bytes:,} B, {segment.name}")
        for buffer in sorted(segment.buffers, key=lambda b: (b.offset, b.tensor)):
            first = buffer.offset * WIDTH // size
            last = max(first + 1, buffer.end * WIDTH // size)
            bar = (" " * first + MARKS[buffer.kind] * (last - first)).ljust(WIDTH)
            lines.append(f"  |{bar}| {buffer.tensor} {buffer.size:,} B")

    return lines
