"""
The work folder of a run: its options, the stages that are done, and a log of JSON lines.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from sqz2c.errors import CompressError, TrainError
from sqz2c.train.kept import keep, kept, write_whole
from sqz2c.train.processes import ALONE, Processes
from sqz2c.train.squeezenet import SqueezeNet

OPTIONS, LOG = "options.json", "log.jsonl"


@dataclass(frozen=True)
class Work:
    """FOLDER holds what an interrupted run goes on from; one process of PROCESSES writes it."""

    folder: Path
    processes: Processes = ALONE
    tell: Callable[[Mapping[str, object]], None] = lambda record: None

    def begin(self, options: Mapping[str, object]) -> None:
        """
        Open the folder for a run with OPTIONS (JSON). Raise TrainError where it holds another's.
        """
        path = self.folder / OPTIONS
        text = json.dumps(options, indent=1, sort_keys=True, default=str) + "\n"
        if path.exists():
            if path.read_text("utf-8") != text:
                raise TrainError(
                    f"{self.folder} holds a run with other options or data: give another --work "
                    "or remove it."
                )
        elif self.processes.is_first:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, text.encode())
        self.processes.wait()

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
