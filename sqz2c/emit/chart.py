"""
The arena over time, drawn in plain characters.
"""

from sqz2c.ir.program import Program

WIDTH = 64  # columns for the whole arena


def arena_chart(program: Program) -> list[str]:
    """
    One line a segment, one bar a buffer; columns are arena bytes, `[=====]` is a buffer.
    """
    size = program.arena.size
    lines = []
    for number, segment in enumerate(program.segments):
        row = [" "] * (WIDTH + 1)
        alive = [b for b in program.arena.buffers if b.born <= number < b.dead]
        for buffer in sorted(alive, key=lambda b: (-b.size, b.offset)):
            first = buffer.offset * WIDTH // size
            last = max(first + 1, buffer.end * WIDTH // size - 1)
            row[first : last + 1] = ["[", *"=" * (last - first - 1), "]"]
        lines.append(f"{number:3d} |{''.join(row[:WIDTH])}| {segment.name}")

    return lines
