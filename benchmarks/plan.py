"""
How long the planner takes, and how many plans it finds.

    python -m benchmarks.plan [--runs N] [--only NAME] [--exact]

SqueezeNet v1.0 at 227 and v1.1 at 224, which must take less than a second, and members of the
family with 20 Fire modules, less than ten. Times are of one core, the fastest of a few runs.
Long networks are not searched exactly; --exact searches them so, too (minutes), and prints how much
dearer the plans found are at each size, in percent.
"""

import argparse
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from statistics import mean

from sqz2c.ir.graph import Graph
from sqz2c.plan import curve, instructions, plan
from sqz2c.plan.search import frontier
from sqz2c.plan.stages import stages_of
from sqz2c.plan.steps import steps_of
from tests.networks import Member, build

MODES = ("image", "arena", "rows")
FIRES = tuple((16 * n, 64 * n, 64 * n) for n in (1, 1, 2, 2, 3, 3, 4, 4))
DEEP = tuple((8 + 4 * (n // 2), 32 + 16 * (n // 2), 32 + 16 * (n // 2)) for n in range(20))

NETWORKS = {
    "v1.0 at 227": (
        1.0,
        Member(
            height=227, width=227, stem=(96, 7, 2, 0), fires=FIRES, pool_after=(0, 3, 7),
            classes=1000, head_padding=1,
        ),
    ),
    "v1.1 at 224": (
        1.0,
        Member(
            height=224, width=224, stem=(64, 3, 2, 0), fires=FIRES, pool_after=(0, 2, 4),
            classes=1000,
        ),
    ),
    "20 fires at 224": (
        10.0,
        Member(
            height=224, width=224, stem=(64, 3, 2, 0), fires=DEEP, pool_after=(0, 4, 10),
            classes=1000,
        ),
    ),
    "20 fires at 224, few pools": (
        10.0,
        Member(
            height=224, width=224, stem=(32, 3, 2, 0), fires=DEEP, pool_after=(0,), classes=1000
        ),
    ),
}  # fmt: skip


def fastest(work: Callable[[], object], runs: int) -> float:
    """
    Seconds of processor time that WORK takes at its best.
    """
    seconds = []
    for _ in range(runs):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)

    return min(seconds)


def measured(graph: Graph, mode: str, runs: int) -> dict[str, object]:
    """
    Times of the search and of a whole plan, and what was found.
    """

    def search() -> object:
        return frontier(stages_of(graph, steps_of(graph)), mode)  # type: ignore[arg-type]

    points = curve(graph, mode)  # type: ignore[arg-type]
    return {
        "search": fastest(search, runs),
        "plan": fastest(lambda: plan(graph, mode), runs),  # type: ignore[arg-type]
        "candidates": len(search()),  # type: ignore[arg-type]
        "curve": len(points),
        "smallest": points[0].ram_bytes,
        "cheapest": points[-1].ram_bytes,
        "instructions": f"{instructions(points[0]) / instructions(points[-1]):.2f}",
    }


def excess(graph: Graph, mode: str) -> tuple[float, float]:
    """
    By how many percent the plans found are dearer than the exact ones of each size: on average, and
    at most.
    """
    stages = stages_of(graph, steps_of(graph))
    found = frontier(stages, mode)  # type: ignore[arg-type]
    exact = frontier(stages, mode, len(stages))  # type: ignore[arg-type]
    sizes = [candidate.bytes for candidate in found]
    places = [(bisect_right(sizes, best.bytes), best) for best in exact]
    dearer = [100 * (found[at - 1].cost / best.cost - 1) for at, best in places if at]

    return mean(dearer), max(dearer)


def lines(runs: int, chosen: str, exact: bool) -> Iterator[str]:
    """
    The table, a line a network and input.
    """
    yield (
        f"{'network':28}{'input':7}{'search s':>9}{'plan s':>8}{'limit':>7}{'found':>7}"
        f"{'curve':>7}{'smallest B':>12}{'cheapest B':>12}{'work':>6}"
    )
    for name, (limit, member) in NETWORKS.items():
        if chosen not in name:
            continue
        graph = build(member)
        for mode in MODES:
            row = measured(graph, mode, runs)
            yield (
                f"{name:28}{mode:7}{row['search']:9.2f}{row['plan']:8.2f}{limit:7.0f}"
                f"{row['candidates']:7}{row['curve']:7}{row['smallest']:12,}"
                f"{row['cheapest']:12,}{row['instructions']:>6}"
            )
            if exact:
                usual, most = excess(graph, mode)
                yield f"{'':28}dearer than exact: {usual:.2f} % on average, {most:.2f} % at most"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs to take the fastest of")
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--exact", action="store_true", help="compare with an exact search")
    given = parser.parse_args()
    for line in lines(given.runs, given.only, given.exact):
        print(line, flush=True)


if __name__ == "__main__":
    main()
