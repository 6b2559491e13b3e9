"""
The work folder of a run: its options, the stages that are done, and a log of JSON lines.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sqz2c.errors import CompressError, TrainError
from sqz2c.train.kept import alone_in, keep, kept, write_whole
from sqz2c.train.processes import ALONE, Processes
from sqz2c.train.squeezenet import SqueezeNet

OPTIONS, LOG = "options.json", "log.jsonl"


@dataclass(frozen=True)
class Work:
    """FOLDER holds what an interrupted run goes on from; one process of PROCESSES writes it."""

    folder: Path
    processes: Processes = ALONE
    tell: Callable[[Mapping[str, object]], None] = lambda record: None

    @contextmanager
    def begun(self, options: Mapping[str, object]) -> Iterator[None]:
        """
        In this context the folder is that of a run with OPTIONS (JSON), and of nobody else. Raise
        TrainError where it holds another run, or somebody is at work there.
        """
        with ExitStack() as stack:
            refusal = self._taken(options, stack) if self.processes.is_first else None
            refusal = self.processes.agree(refusal)
            if refusal is not None:
                raise TrainError(refusal)
            yield

    def _taken(self, options: Mapping[str, object], stack: ExitStack) -> str | None:
        """Take the folder until STACK ends, or say why not."""
        path = self.folder / OPTIONS
        text = json.dumps(options, indent=1, sort_keys=True, default=str) + "\n"
        self.folder.mkdir(parents=True, exist_ok=True)
        if not stack.enter_context(alone_in(self.folder)):
            return f"{self.folder}: another sqz2c is at work there; give another --work, or wait."
        if not path.exists():
            write_whole(path, text.encode())
            return None
        try:
            differing = _differing(json.loads(path.read_bytes()), json.loads(text))
        except (ValueError, AttributeError):
            return f"{path} is damaged: give another --work or remove {self.folder}."
        if not differing:
            return None

        return (
            f"{self.folder} holds a run with other options or data ({', '.join(differing)}): give "
            "another --work or remove it."
        )

    def stage(
        self,
        name: str,
        blank: Callable[[], SqueezeNet],
        train: Callable[[Path], SqueezeNet],
    ) -> SqueezeNet:
        """
        Give the network of stage NAME: the kept one's weights in a BLANK one, or what TRAIN gives,
        which may keep its epochs in the file it is told.
        """
        path, epochs = self.folder / f"{name}.pt", self.folder / f"{name}.epoch.pt"
        state = kept(path)
        if state is not None:
            network = blank().to(memory_format=torch.channels_last).eval()
            network.load_state_dict(state)
            return network
        network = train(epochs)
        if self.processes.is_first:
            keep(path, network.state_dict())
            epochs.unlink(missing_ok=True)
        self.processes.wait()

        return network

    def file(self, name: str, make: Callable[[], bytes]) -> bytes:
        """
        Give the kept file NAME; the first process MAKEs it where it is missing. Its CompressError
        is raised in all of them.
        """
        path, refusal = self.folder / name, None
        if self.processes.is_first and not path.exists():
            try:
                write_whole(path, make())
            except CompressError as error:
                refusal = str(error)
        refusal = self.processes.agree(refusal)
        if refusal is not None:
            raise CompressError(refusal)

        return path.read_bytes()

    def log(self, **record: object) -> None:
        """Append RECORD to the log, and tell it."""
        if self.processes.is_first:
            with (self.folder / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            self.tell(record)


def _differing(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Names of what is WANTED and not KNOWN so, sorted; those in mappings by their own names."""
    names = set()
    for name, value in wanted.items():
        if isinstance(value, dict) and isinstance(known.get(name), dict):
            names.update(_differing(known[name], value))
        elif name not in known or known[name] != value:
            names.add(name.replace("_", "-"))

    return sorted(names)
