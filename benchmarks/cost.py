"""
The cost model beside what is counted, and its figures fitted to the counts.

    python -m benchmarks.cost [--core NAME ...] [--only NETWORK] [--fit]

Networks of several kinds are planned for much and for little RAM, and so that each kernel is used
wherever it can be. Each plan is profiled in QEMU on a core of each class, layer by layer. Prints a
line a plan and core: counted and estimated instructions, and the error of the sum, of a layer at
the median and of the worst layer that takes a hundredth of it. --fit fits the terms of
plan/costs.py to all that was counted and prints them for plan/fitted.py, and the errors with
them. Published weights are used where ../shared/data has them.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.rows import CASES as PUBLISHED
from sqz2c.encode import encode
from sqz2c.firmware import Board, count_phases, load_board
from sqz2c.ir.core import CORE_CLASSES, CoreClass
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode, Program
from sqz2c.plan.check import check_plan
from sqz2c.plan.choose import choose
from sqz2c.plan.cost import LayerCost, layer_costs
from sqz2c.plan.costs import TERMS, Costs
from sqz2c.plan.fitted import DSP, costs_of
from sqz2c.plan.search import frontier
from sqz2c.plan.stages import stages_of
from sqz2c.plan.steps import steps_of
from sqz2c.quantize import attach_requantizers
from tests.measured import Subject
from tests.reference_networks import V1_1, pruned_of

# Kernels of a Cortex-M0 run on the M3's machine, which has the memory for them.
BOARDS: dict[CoreClass, tuple[str, str]] = {
    "dsp": ("mps2_an386", "cortex-m4"),
    "mve": ("mps3_an547", "cortex-m55"),
    "plain": ("mps2_an385", "cortex-m3"),
    "small": ("mps2_an385", "cortex-m0"),
}
KIB = 1024
FAVOUR = 0.1  # of what the terms of a kernel are, so that it is taken
TERMS_OF = {
    "winograd": TERMS[TERMS.index("transform") : TERMS.index("entries")],
    "nonzeros": TERMS[TERMS.index("entries") : TERMS.index("list")],
    "values": TERMS[TERMS.index("list") :],
}
FLOOR = 0.003  # of a plan's instructions: errors of less hardly count
RIDGE = 0.003  # by how much a term is drawn to what it was
MILLION = 1e6


@dataclass(frozen=True)
class Case:
    """
    A network, and the (mode, KiB of RAM) that it is planned for; KIB of RAM hold it with ease.
    """

    graph: Callable[[], Graph]
    plans: tuple[tuple[InputMode, int], ...]
    kib: int


CASES = {
    "Fashion-MNIST, 28": Case(
        PUBLISHED["Fashion-MNIST, 28"].graph, (("rows", 12), ("rows", 16), ("arena", 20)), 64
    ),
    "v1.1, 128": Case(PUBLISHED["v1.1, 128"].graph, (("rows", 24), ("rows", 32)), 160),
    "v1.1, 128, 16 values, 33 %": Case(
        lambda: pruned_of(replace(V1_1, height=128, width=128)), (("rows", 24), ("rows", 40)), 160
    ),
    "v1.0, 227, Deep Compression": Case(
        PUBLISHED["v1.0, 227, Deep Compression"].graph, (("rows", 92), ("arena", 208)), 320
    ),
}


@dataclass(frozen=True, eq=False)
class Counted:
    """PROGRAM on CORE: what each of its layers took, by phase."""

    name: str
    program: Program
    core: CoreClass
    layers: dict[str, LayerCost]

    @property
    def total(self) -> float:
        return sum(cost.decode + cost.convolve + cost.pool for cost in self.layers.values())


def planned(graph: Graph, mode: InputMode, kib: int, costs: Costs) -> Program:
    """The plan that is cheapest by COSTS."""
    quantized = attach_requantizers(graph)
    stages = stages_of(quantized, steps_of(quantized), costs)
    program = choose(quantized, stages, mode, frontier(stages, mode), kib * KIB)
    check_plan(program)

    return encode(program)


def favouring(kernel: str) -> Costs:
    """Costs by which KERNEL is taken wherever it can be."""
    changed = {
        term: getattr(DSP, term) * (FAVOUR if kernel == other else 1 / FAVOUR)
        for other, terms in TERMS_OF.items()
        for term in terms
    }

    return replace(DSP, **changed)


def programs(case: Case) -> Iterator[tuple[str, Program]]:
    """What CASE is measured by."""
    graph = case.graph()
    for mode, kib in case.plans:
        yield f"{mode}, {kib} KiB", planned(graph, mode, kib, DSP)
    for kernel in ("products", *TERMS_OF):
        yield f"by {kernel}", planned(graph, "arena", case.kib, favouring(kernel))


def board_of(core: CoreClass) -> Board:
    name, compiled_for = BOARDS[core]

    return replace(load_board(name), core=compiled_for)


def counted(name: str, program: Program, cores: Sequence[CoreClass]) -> Iterator[Counted]:
    """PROGRAM, profiled on a core of each class; its logits must be PyTorch's."""
    with tempfile.TemporaryDirectory(prefix="sqz2c-") as folder:
        subject = Subject(program, Path(folder))
        for core in cores:
            counts = count_phases(
                subject.folder, board_of(core), subject.picture, subject.logits
            )
            assert counts.equal
            pairs = zip(program.graph.layers, counts.layers, strict=True)
            layers = {
                layer.name: LayerCost(found.decode, found.convolve, found.pool)
                for layer, found in pairs
            }
            yield Counted(name, program, core, layers)


def errors(found: Counted, costs: Costs) -> tuple[float, float, float]:
    """(of the sum, of a layer at the median, of the worst layer that matters)."""
    guessed = layer_costs(found.program, costs)
    whole = sum(cost.total for cost in guessed.values()) / found.total - 1
    known = {name: found.layers[name].total for name in guessed}
    each = {name: guessed[name].total / known[name] - 1 for name in guessed if known[name]}
    worst = max((each[n] for n in each if known[n] > found.total / 100), key=abs)

    return whole, float(np.median(np.abs(list(each.values())))), worst


def line(found: Counted, costs: Costs) -> str:
    whole, median, worst = errors(found, costs)
    guessed = sum(cost.total for cost in layer_costs(found.program, costs).values())

    return (
        f"{found.core:6}{found.name:48}{found.total / MILLION:9.1f}{guessed / MILLION:11.1f}"
        f"{whole:+8.1%}{median:8.1%}{worst:+8.1%}"
    )


HEAD = f"{'core':6}{'network and plan':48}{'counted M':>9}{'estimated M':>11}{'error':>8}"
HEAD += f"{'layer':>8}{'worst':>8}"


def unit(core: CoreClass, term: str) -> Costs:
    """Costs by which TERM alone costs anything, once each."""
    return replace(costs_of(core), **{other: float(other == term) for other in TERMS})


def equations(all_found: Sequence[Counted]) -> tuple[np.ndarray, np.ndarray]:
    """
    (how often each term occurs [layers and phases, TERMS], what was counted), a row divided by the
    count and FLOOR of the whole plan.
    """
    rows, counts = [], []
    for found in all_found:
        costs = [layer_costs(found.program, unit(found.core, term)) for term in TERMS]
        for name in costs[0]:
            for phase in ("decode", "convolve", "pool"):
                count = getattr(found.layers[name], phase)
                often = [getattr(each[name], phase) for each in costs]
                if any(often):
                    scale = count + FLOOR * found.total
                    rows.append([value / scale for value in often])
                    counts.append(count / scale)

    return np.array(rows), np.array(counts)


def fitted(all_found: Sequence[Counted], before: Costs) -> Costs:
    """
    BEFORE with terms by least squares of relative errors, none of them negative; what nothing says
    much about stays.
    """
    often, counts = equations(all_found)
    start = np.array([getattr(before, term) for term in TERMS])
    size = np.sqrt((often**2).sum(axis=0))
    pull = RIDGE * np.sqrt(len(counts)) / np.maximum(start, 1.0)
    free = size > 0
    terms = np.where(free, 0.0, start)
    while True:
        a = np.vstack([often[:, free], np.diag(pull[free])])
        found = np.linalg.lstsq(a, np.concatenate([counts, (pull * start)[free]]), rcond=None)[0]
        terms[free] = np.maximum(found, 0)
        if (found >= 0).all():
            break
        free[np.flatnonzero(free)[found < 0]] = False
    rounded = [float(f"{value:.3g}") for value in terms]

    return replace(before, **dict(zip(TERMS, rounded, strict=True)))


def measured(only: str, cores: Sequence[CoreClass]) -> Iterator[Counted]:
    for name, case in CASES.items():
        if only in name:
            for plan, program in programs(case):
                yield from counted(f"{name}: {plan}", program, cores)


def show_fit(all_found: Sequence[Counted], core: CoreClass) -> None:
    """The terms of CORE and its errors by them."""
    own = [found for found in all_found if found.core == core]
    costs = fitted(own, costs_of(core))
    print(f"\n{core}: " + ", ".join(f"{term}={getattr(costs, term):g}" for term in TERMS))
    for found in own:
        print(line(found, costs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", nargs="+", default=list(CORE_CLASSES), choices=CORE_CLASSES)
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--fit", action="store_true", help="fit the model's terms to the counts")
    given = parser.parse_args()
    print(HEAD)
    all_found = []
    for found in measured(given.only, given.core):
        all_found.append(found)
        print(line(found, costs_of(found.core)), flush=True)
    for core in given.core if given.fit else ():
        show_fit(all_found, core)


if __name__ == "__main__":
    main()
