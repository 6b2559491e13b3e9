"""
The study: trials in a file or a database that several machines may share (Optuna).

Imported only when something is explored: Optuna is optional.
"""

import json
import time
import warnings
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from sqz2c.errors import ExploreError
from sqz2c.explore.costs import Costs
from sqz2c.explore.front import Entry, Explored
from sqz2c.explore.space import Candidate, Space

NAME = "sqz2c"
OPTIONS = "options"
AT_ONCE = ("already exists", "UNIQUE constraint failed")  # another machine was quicker
ATTEMPTS, PAUSE_SECONDS, PATIENCE_SECONDS = 5, 0.2, 60
DIRECTIONS = ("maximize", "minimize", "minimize", "minimize")


class SeededSampler(TPESampler):
    """
    TPE whose choice depends on SEED, the trial's number and the finished trials alone: a study
    that was stopped goes on as if it had not been, and two machines never try the same by chance.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(multivariate=False)
        self.start = seed

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, distribution: BaseDistribution
    ) -> Any:
        """Sample one parameter."""
        words = f"{self.start} {trial.number} {param_name}"
        sampler = TPESampler(multivariate=False, seed=zlib.crc32(words.encode()))

        return sampler.sample_independent(study, trial, param_name, distribution)


class Trials:
    """The trials of the study at WHERE; OPTIONS must be those of whoever began it."""

    def __init__(self, where: str, options: Mapping[str, Any], seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        self.study = _opened(where, seed)
        known = self.study.user_attrs.get(OPTIONS)
        wanted = json.loads(json.dumps(options))
        if known is None:
            self.study.set_user_attr(OPTIONS, wanted)
        elif known != wanted:
            differing = sorted(k for k in {*known, *wanted} if known.get(k) != wanted.get(k))
            raise ExploreError(
                f"{where} holds a study with other {', '.join(differing)}: give another --study, "
                "or the same options."
            )

    @property
    def trained(self) -> int:
        """How many networks the study has, of all machines."""
        return len(self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))

    def ask(self, space: Space) -> tuple[Trial, Candidate]:
        """Begin a trial; what it tries."""
        trial = self.study.ask()

        def whole(name: str, low: int, high: int, step: int) -> int:
            return trial.suggest_int(name, low, high, step=step)

        return trial, space.candidate(whole, trial.suggest_float)

    def tell(self, trial: Trial, accuracy: float, costs: Costs) -> None:
        """The network of TRIAL is trained."""
        values = [accuracy, costs.flash_bytes, costs.ram_bytes, costs.instructions]
        self.study.tell(trial, values)

    def reject(self, trial: Trial, reason: str) -> None:
        """The network of TRIAL does not fit."""
        trial.set_user_attr("reason", reason)
        self.study.tell(trial, state=TrialState.PRUNED)

    def drop(self, trial: Trial) -> None:
        """TRIAL was interrupted."""
        self.study.tell(trial, state=TrialState.FAIL)

    def explored(self) -> Explored:
        """What the study holds so far."""
        trials = self.study.get_trials(deepcopy=False)
        done = [_entry(t) for t in trials if t.state == TrialState.COMPLETE]
        pruned = sum(t.state == TrialState.PRUNED for t in trials)

        return Explored(tuple(done), pruned)


def _entry(trial: FrozenTrial) -> Entry:
    accuracy, flash, ram, instructions = trial.values
    costs = Costs(int(flash), int(ram), int(instructions))

    return Entry(trial.number, Candidate(**trial.params), accuracy, costs)


def _opened(where: str, seed: int) -> Study:
    """The study at WHERE, begun where there is none; another machine may begin it just then."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return optuna.create_study(
                storage=_storage(where),
                sampler=SeededSampler(seed),
                study_name=NAME,
                directions=list(DIRECTIONS),
                load_if_exists=True,
            )
        except ExploreError:
            raise
        except Exception as error:  # of whatever database it is
            if any(words in str(error) for words in AT_ONCE) and attempt < ATTEMPTS:
                time.sleep(attempt * PAUSE_SECONDS)
                continue
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ExploreError(f"{where} cannot be opened as a study: {reason}.") from error
    raise AssertionError("unreachable")


def _check_journal(path: Path) -> None:
    """Refuse a file that something else has written, before Optuna adds to it."""
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb") as file:
        first = file.readline()
    try:
        is_journal = "op_code" in json.loads(first)
    except (ValueError, TypeError):
        is_journal = False
    if not is_journal:
        raise ExploreError(f"{path} is no journal of a study: give --study another name.")


def _storage(where: str) -> BaseStorage:
    """A database by its URL; anything else is the name of a journal file."""
    if "://" not in where:
        _check_journal(Path(where))
        return JournalStorage(JournalFileBackend(where))
    patience = {"connect_args": {"timeout": PATIENCE_SECONDS}}  # while others write the file

    return RDBStorage(where, engine_kwargs=patience if where.startswith("sqlite") else None)
