"""
Exploration, told on one page: labelled pictures and a budget in, the networks that none beats out.
"""

import importlib.util
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from sqz2c.compress import without_deviation
from sqz2c.errors import ExploreError, Sqz2cError
from sqz2c.explore import (
    Budget,
    Candidate,
    Costs,
    Explored,
    Space,
    Teaching,
    coded,
    costs_of,
    taught,
    tuned,
    untaught,
)
from sqz2c.firmware import Board, library_ram_budget
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.core import core_class
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.load import Labelled, LoadOptions, read_labelled
from sqz2c.logits import integer_logits, pictures_of
from sqz2c.split import DataOptions, Split, read_split
from sqz2c.train import Architecture
from sqz2c.train.kept import write_whole
from sqz2c.training import class_names, tell_ignored, untrained

if TYPE_CHECKING:
    from sqz2c.explore.study import Trials

CODE_BYTES = 32 * 1024  # of a board's flash, for the runtime's code and the firmware around it
SAMPLE, GLIMPSE = 200, 8  # training pictures: to measure ranges, and before anything is trained
MOST_MISSES = 100  # candidates one after another that do not fit, before it gives up
Tell = Callable[[Mapping[str, object]], None]


@dataclass(frozen=True)
class ExploreOptions:
    """
    Train networks of SPACE, the rest of them as in ARCHITECTURE, on DATA, until STUDY (a journal
    file, or a database's URL) has TRIALS of them. BOARD, FLASH_BYTES and RAM_BYTES bound them, as
    INPUT_MODE has the picture. MODELS is a folder for their checkpoints. LOAD has image size and
    preprocessing.
    """

    data: DataOptions
    study: str
    trials: int
    architecture: Architecture
    space: Space = field(default_factory=Space)
    teaching: Teaching = field(default_factory=lambda: Teaching(4))
    board: Board | None = None
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    input_mode: InputMode = "image"
    models: Path | None = None
    load: LoadOptions = field(default_factory=LoadOptions)

    def budget(self, graph: Graph) -> Budget:
        """What is left for a library of GRAPH's kind."""
        flash = [] if self.flash_bytes is None else [self.flash_bytes]
        ram = [] if self.ram_bytes is None else [self.ram_bytes]
        if self.board is not None:
            rows = self.input_mode == "rows"
            row_bytes = graph.image.width * graph.image.channels if rows else None
            flash.append(self.board.flash_bytes - CODE_BYTES)
            ram.append(library_ram_budget(self.board, graph.classes, row_bytes))

        core = core_class(self.board.core if self.board else None)

        return Budget(min(flash, default=None), min(ram, default=None), self.input_mode, core)


def explore(options: ExploreOptions, tell: Tell = lambda record: None) -> Explored:
    """
    Go on with the study until it has its trials; what it holds then. TELL hears of each trial.

    Raise ExploreError without Optuna, or where the study is of other options, or nothing fits.
    """
    labelled = read_labelled(options.data.path)
    tell_ignored(labelled, tell)
    blank = _blank(options, labelled)
    budget = options.budget(blank)
    size = (blank.image.height, blank.image.width, blank.order)
    search = _Search(options, budget, labelled, read_split(options.data, labelled, size))
    trials = _trials(options, fingerprint(options, budget, labelled))
    if trials.trained >= options.trials:
        return trials.explored()
    misses = 0
    while trials.trained < options.trials:
        reason = _try_one(search, trials, tell)
        misses = misses + 1 if reason else 0
        if misses == MOST_MISSES:
            raise ExploreError(
                f"{misses} networks one after another do not fit, the last because: {reason}"
            )

    return trials.explored()


def _blank(options: ExploreOptions, labelled: Labelled) -> Graph:
    """A network with the image and the preprocessing of all; refuse what cannot be deployed."""
    blank = untrained(options.architecture, labelled, replace(options.load, labels=()))
    assert blank.preprocessing is not None
    if blank.convs[0].padding and any(blank.preprocessing.mean):
        raise ExploreError(
            "conv1 has padding, which adds zeros that stand for no raw pixel under this mean: "
            "explore with --preprocess unit, or without padding."
        )

    return blank


def _trials(options: ExploreOptions, common: Mapping[str, Any]) -> "Trials":
    """Open the study; Optuna is optional, and slow to import."""
    if importlib.util.find_spec("optuna") is None:
        raise ExploreError(
            "explore needs Optuna: pip install 'sqz2c[explore]', or pip install optuna."
        )
    from sqz2c.explore.study import Trials

    return Trials(options.study, common, options.teaching.seed)


def _try_one(search: "_Search", trials: "Trials", tell: Tell) -> str | None:
    """Train the next candidate; why it does not fit, or None."""
    trial, candidate = trials.ask(search.options.space)
    try:
        graph, accuracy, costs = search.trained(search.fitting(candidate), candidate)
    except Sqz2cError as error:
        trials.reject(trial, str(error))
        tell({"trial": trial.number, "infeasible": str(error)})
        return str(error)
    except BaseException:
        trials.drop(trial)
        raise
    models = search.options.models
    if models is not None:
        models.mkdir(parents=True, exist_ok=True)
        write_whole(models / f"trial-{trial.number}.pt", to_bytes(graph))
    trials.tell(trial, accuracy, costs)
    tell({"trial": trial.number, "accuracy": accuracy, **vars(costs), **vars(candidate)})

    return None


@dataclass(frozen=True, eq=False)
class _Search:
    options: ExploreOptions
    budget: Budget
    labelled: Labelled
    split: Split

    def fitting(self, candidate: Candidate) -> Graph:
        """The untrained network of CANDIDATE; raise Sqz2cError where it would not fit."""
        seed = self.options.teaching.seed
        torch.manual_seed(seed)
        architecture = candidate.architecture(self.options.architecture)
        load = replace(self.options.load, labels=())
        made = untrained(architecture, self.labelled, load)
        random = without_deviation(untaught(made, candidate.density, seed))
        _, integers = coded(random, candidate.bits, pictures_of(self.split.sample(GLIMPSE)))
        costs_of(integers, self.budget)

        return replace(made, labels=class_names(self.options.load, self.labelled))

    def trained(self, blank: Graph, candidate: Candidate) -> tuple[Graph, float, Costs]:
        """BLANK trained and as integers, its accuracy and costs; raise where it does not fit."""
        teaching, held = self.options.teaching, self.split.held_out
        network = without_deviation(taught(blank, self.split, candidate.density, teaching))
        sample = pictures_of(self.split.sample(SAMPLE))
        grid, integers = coded(network, candidate.bits, sample)
        final = tuned(network, grid, integers, self.split, teaching)
        costs = costs_of(final, self.budget)
        right = integer_logits(final, held).argmax(1) == held.labels

        return final, float(right.double().mean()), costs


def fingerprint(options: ExploreOptions, budget: Budget, labelled: Labelled) -> dict[str, Any]:
    """What all who work on one study must have in common."""
    data = options.data

    return {
        "space": options.space.as_plain(),
        "architecture": {
            name: value
            for name, value in vars(options.architecture).items()
            if name not in ("base_e", "incr_e", "pct_3x3", "squeeze_ratio", "dropout")
        },
        "budget": vars(budget),
        "training": vars(options.teaching),
        "held out": [data.hold_out, data.seed, *(labelled.held_out or ())[:1]],
        "augmentation": [data.augment, data.mirror],
        "preprocessing": {k: v for k, v in vars(options.load).items() if k != "labels"},
        "pictures": [len(labelled.labels), zlib.crc32(labelled.labels.tobytes())],
        "classes": list(class_names(options.load, labelled)),
    }
