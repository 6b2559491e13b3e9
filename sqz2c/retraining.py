"""
Compression with training, told on one page: a float network and labelled pictures in, a small
quantized checkpoint out that is as good.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from sqz2c.compress import without_deviation
from sqz2c.encode import encode
from sqz2c.errors import CompressError, TrainError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.load import load_model, read_labelled
from sqz2c.logits import integer_logits
from sqz2c.plan import plan
from sqz2c.quantize import with_final_layers
from sqz2c.split import read_split
from sqz2c.stages import RetrainOptions, Stages
from sqz2c.train.from_graph import dequantized, network_of
from sqz2c.train.processes import ALONE, Processes
from sqz2c.train.work import Work
from sqz2c.training import OnStep, Tell, class_names, fingerprint, tell_ignored


@dataclass(frozen=True, eq=False)
class RetrainedModel:
    """
    The quantized GRAPH, its CHECKPOINT (the file's bytes), FLASH_BYTES of all read-only data,
    RAM_BYTES, and how many of the OF held-out pictures are right: BEFORE in the network that came
    in, SHARED with the final weights (both in float), INTEGER in the arithmetic of GRAPH.
    """

    graph: Graph
    checkpoint: bytes
    flash_bytes: int
    ram_bytes: int
    before: int
    shared: int
    integer: int
    of: int


def retrain_model(
    model: Path,
    options: RetrainOptions,
    processes: Processes = ALONE,
    tell: Tell = lambda record: None,
    on_step: OnStep = lambda stage, done, steps: None,
) -> RetrainedModel:
    """
    Prune the float MODEL, give its weights few values, train on with the deployed arithmetic.
    TELL gets what the log gets, ON_STEP the stage, steps done and all steps.

    Raise Sqz2cError where model, data and options do not go together, or a budget is not met.
    """
    graph = load_model(model, options.load)
    labelled = read_labelled(options.data.path)
    names = class_names(options.load, labelled)
    _check(graph, options, labelled.names, str(model))
    graph = without_deviation(replace(graph, labels=names))
    size = (graph.image.height, graph.image.width, graph.order)
    split = read_split(options.data, labelled, size)
    work = Work(options.work, processes, tell)
    with work.begun(fingerprint(options, split, model)):
        tell_ignored(labelled, lambda record: work.log(**record))
        return _retrained(Stages(options, graph, split, work, on_step))


def _retrained(run: Stages) -> RetrainedModel:
    options, graph, split, work = run.options, run.graph, run.split, run.work
    density = options.density or run.density()
    pruned = run.pruned("pruned", density, options.epochs)
    grid, coded = run.coded(pruned)
    final = run.better(coded, run.tuned(grid, coded))
    flash, budget = run.flash_bytes(final), options.budget_bytes
    if budget is not None and flash > budget:
        raise CompressError(
            f"With this bound on RAM the network takes {flash:,} bytes, not {budget:,}: give a "
            "little less for --budget-bytes, or more for --ram."
        )
    program = encode(plan(final, options.input_mode, options.ram_bytes))
    held = split.held_out
    made = RetrainedModel(
        graph=final,
        checkpoint=to_bytes(final),
        flash_bytes=flash,
        ram_bytes=program.ram_bytes,
        before=run.right(graph),
        shared=run.right(dequantized(final)),
        integer=int((integer_logits(final, held).argmax(1) == held.labels).sum()),
        of=len(held.labels),
    )
    work.log(
        stage="result",
        flash_bytes=made.flash_bytes,
        ram_bytes=made.ram_bytes,
        before=made.before,
        shared=made.shared,
        integer=made.integer,
        of=made.of,
    )

    return made


def _check(graph: Graph, options: RetrainOptions, names: tuple[str, ...], path: str) -> None:
    """Refuse before anything is trained."""
    network_of(graph)
    known = () if options.load.labels else graph.labels
    if graph.classes != len(names) or known not in ((), names):
        raise TrainError(
            f"{path} tells {graph.classes} classes apart ({_some(graph.labels)}), but the data "
            f"has {len(names)} ({_some(names)}): train it on them first (sqz2c train --from), or "
            "name them with --labels."
        )
    if options.ram_bytes is not None:
        plan(with_final_layers(graph), options.input_mode, options.ram_bytes)
    assert graph.preprocessing is not None
    if any(graph.preprocessing.mean) and graph.convs[0].padding:
        raise TrainError(
            "conv1 has padding, which adds zeros that stand for no raw pixel under this mean: "
            "train with --preprocess unit, or without padding."
        )


def _some(names: tuple[str, ...]) -> str:
    """The first of NAMES, as a sentence lists them."""
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "") if names else "unnamed"
