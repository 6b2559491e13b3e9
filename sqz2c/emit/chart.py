"""
The arena over time, drawn in plain characters.
"""

from sqz2c.ir.program import Program

WIDTH = 64  # columns for the whole arena


def arena_chart(program: Program) -> list[str]:
    """
    A block a segment, a bar a tensor; columns are arena bytes. `#` is a map, `=` a ring.
    """
    size = program.arena_bytes
    lines = []
    for number, segment in enumerate(program.segments):
        lines.append(f"segment {number}: {segment.arena_bytes:,} B, {segment.name}")
        for buffer in sorted(segment.buffers, key=lambda b: (b.offset, b.tensor)):
            is_map = buffer.held == program.graph.tensor(buffer.tensor).height
            first = buffer.offset * WIDTH // size
            last = max(first + 1, -(-buffer.end * WIDTH // size))
            bar = (" " * first + ("#" if is_map else "=") * (last - first)).ljust(WIDTH)
            lines.append(f"  |{bar}| {buffer.tensor} {buffer.size:,} B")

    return lines
