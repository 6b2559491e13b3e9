"""
From the frontier to one program: the plan that fits a budget, or the one an engineer would pick.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqz2c.errors import PlanError
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program, Segment
from sqz2c.plan.layout import aligned, lay_out
from sqz2c.plan.lifetimes import peak
from sqz2c.plan.search import Candidate, Cut
from sqz2c.plan.stages import Stage
from sqz2c.plan.steps import geometry

WORTH = 0.15  # of all instructions: what the default plan may spend to save RAM
SAME = 0.001  # of all instructions: less than the model can tell
MIN_ARENA_BYTES = 4


def realize(
    graph: Graph,
    stages: Sequence[Stage],
    mode: InputMode,
    candidate: Candidate,
    laid: dict[Cut, Segment] | None = None,
) -> Program:
    """
    CANDIDATE as a program with every buffer placed. Where rows overlap better than the model
    knows, it takes less than the model says. LAID remembers segments for other candidates.
    """
    laid = {} if laid is None else laid
    segments: list[Segment] = []
    place = None  # where the map between two segments was written
    for cut in candidate.cuts:
        if cut not in laid:
            laid[cut] = _segment(graph, stages, mode, cut)
        segment, steps = laid[cut], laid[cut].steps
        here = segment.buffer(steps[0].input)
        if place is not None and here is not None and here.offset != place:
            segment = replace(segment, moved_from=place)
        segments.append(segment)
        output = segment.buffer(steps[-1].output) if steps[-1].output else None
        place = output.offset if output else None
    size = max([MIN_ARENA_BYTES, *(segment.arena_bytes for segment in segments)])

    arena = aligned(size)
    steps = [step for segment in segments for step in segment.steps]
    image_rows = geometry(graph, steps[0]).rows_read(steps[0].limit)

    core = stages[0].costs.core

    return Program(graph, mode, tuple(segments), image_rows, arena, core=core)


def _segment(graph: Graph, stages: Sequence[Stage], mode: InputMode, cut: Cut) -> Segment:
    """CUT with its buffers placed."""
    parts = list(zip(stages[cut.first : cut.last + 1], cut.choices, strict=True))
    steps = tuple(step for stage, choice in parts for step in stage.steps_for(choice))
    passing = {
        tensor: place
        for stage, choice in parts
        for tensor, place in stage.passing(choice).items()
    }
    kind = "map" if cut.first else {"image": "outside", "arena": "map", "rows": "rows"}[mode]
    buffers, _ = lay_out(graph, steps, kind, passing)

    return Segment(steps, buffers)


def realize_all(
    graph: Graph, stages: Sequence[Stage], mode: InputMode, candidates: Sequence[Candidate]
) -> list[Program]:
    """
    Each of CANDIDATES as a program.
    """
    laid: dict[Cut, Segment] = {}

    return [realize(graph, stages, mode, candidate, laid) for candidate in candidates]


def choose(
    graph: Graph,
    stages: Sequence[Stage],
    mode: InputMode,
    candidates: Sequence[Candidate],
    ram_budget: int | None,
) -> Program:
    """
    Within RAM_BUDGET bytes, all static RAM, the cheapest, and of those that cost the SAME the one
    that decodes least, since counts know nothing of a flash's wait states; without one the smallest
    that costs at most WORTH more than the cheapest. Raises PlanError with the smallest RAM there
    is.
    """
    if not candidates:
        raise PlanError(
            "the network has too few layers to be fed row by row: the head must follow a squeeze; "
            "take --input image or --input arena."
        )
    if ram_budget is None:
        cheapest = min(c.cost for c in candidates)
        allowed = (1 + WORTH) * cheapest
        affordable = [c for c in candidates if c.cost <= allowed]
        return min(realize_all(graph, stages, mode, affordable), key=lambda p: p.ram_bytes)
    realized = realize_all(graph, stages, mode, candidates)
    pairs = zip(realized, candidates, strict=True)
    fitting = [(p, c) for p, c in pairs if p.ram_bytes <= ram_budget]
    if not fitting:
        least = min(realized, key=lambda p: p.ram_bytes)
        feed = "feed rows (--input rows), " if mode == "arena" else ""
        raise PlanError(
            f"{ram_budget:,} B of RAM are too few: the smallest plan takes {least.ram_bytes:,} B, "
            f"because of {peak(least).step}; give more RAM, {feed}or train a smaller network."
        )

    least = min(c.cost for _, c in fitting)
    alike = [pc for pc in fitting if pc[1].cost <= (1 + SAME) * least]

    return min(alike, key=lambda pc: (pc[0].decoded_weights, pc[1].cost, pc[0].ram_bytes))[0]
