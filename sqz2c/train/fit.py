"""
The training loop: seeded, resumable, with a warm-up, a cosine to zero, and a teacher where there
is one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from sqz2c.errors import TrainError
from sqz2c.train.data import Dataset, Pixels
from sqz2c.train.kept import keep, kept
from sqz2c.train.processes import ALONE, Processes

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train. SEED fixes the order of images and their augmentation."""

    epochs: int
    batch_size: int = 128
    warmup: float = 0.1  # share of all steps in which the rate climbs to its peak
    label_smoothing: float = 0.1
    temperature: float = 2.0  # of a teacher's answers
    teacher_share: float = 0.7  # of the loss, where there is a teacher
    average_decay: float = 0.0  # of a moving average of the weights; 0: none
    largest_gradient: float = 0.0  # norm that gradients are cut to; 0: none
    bfloat16: bool = True
    seed: int = 0

    def rate(self, progress: float) -> float:
        """Give the learning rate at PROGRESS 0..1, relative to its peak."""
        if progress < self.warmup:
            return max(progress, 0.01 * self.warmup) / self.warmup
        return 0.5 + 0.5 * math.cos(math.pi * (progress - self.warmup) / (1 - self.warmup))


class AfterStep(Protocol):
    """Called with the progress 0..1 after every step; what it remembers is kept with the rest."""

    def __call__(self, progress: float) -> None: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True, eq=False)
class Trainer:
    """
    Trains on DATA, of which a network sees PIXELS. KEPT is a file that holds all that the next
    epoch needs, so that a run which was interrupted goes on after the last whole one.

    ON_STEP is told (steps done, all steps), ON_EPOCH (epoch, mean loss).
    """

    data: Dataset
    pixels: Pixels
    schedule: Schedule
    augment: Augment = lambda images, generator: images
    teacher: nn.Module | None = None
    on_step: Callable[[int, int], None] = lambda done, all_steps: None
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None
    kept: Path | None = None
    processes: Processes = ALONE

    def fit(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        after_step: AfterStep | None = None,
    ) -> None:
        """Train NETWORK in place; it is set to eval at the end."""
        _Run(self, network, optimizer, after_step).run()
        network.eval()


class _Run:
    def __init__(
        self,
        trainer: Trainer,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        after_step: AfterStep | None,
    ) -> None:
        self.trainer, self.network, self.optimizer = trainer, network, optimizer
        self.after_step = after_step
        self.schedule = trainer.schedule
        self.peaks = [group["lr"] for group in optimizer.param_groups]
        self.order = torch.Generator().manual_seed(self.schedule.seed)
        self.averaged = self._averaged()
        self.epoch = 0
        self._resume()
        self.shared = trainer.processes.share(network)
        count, batch = len(trainer.data.labels), self.schedule.batch_size
        self.epoch_steps = len(_batches(torch.arange(count), batch))
        self.steps = self.schedule.epochs * self.epoch_steps
        self.step = self.epoch * self.epoch_steps

    def run(self) -> None:
        while self.epoch < self.schedule.epochs:
            loss = self._run_epoch()
            self.epoch += 1
            if not math.isfinite(loss):
                raise TrainError(
                    f"In epoch {self.epoch} the loss is no finite number any more: give a smaller "
                    "--rate."
                )
            self._keep()
            self.trainer.on_epoch(self.epoch, loss)
        if self.averaged is not None:
            self.network.load_state_dict(self.averaged.module.state_dict())

    def _run_epoch(self) -> float:
        processes, schedule = self.trainer.processes, self.schedule
        varied = self._seed_epoch()
        total = 0.0
        count = len(self.trainer.data.labels)
        self.shared.train()
        order = torch.randperm(count, generator=self.order)
        for batch in _batches(order, schedule.batch_size):
            chosen = batch[processes.rank :: processes.count]
            if len(batch) >= processes.count:
                loss = self._learn(chosen, varied, len(chosen) * processes.count / len(batch))
                total += loss * len(chosen)
            self.step += 1
            if self.after_step is not None:
                self.after_step(self.step / self.steps)
            if self.averaged is not None:
                self.averaged.update_parameters(self.network)
            self.trainer.on_step(self.step, self.steps)

        return processes.sum(total) / count

    def _learn(self, chosen: torch.Tensor, varied: torch.Generator, share: float) -> float:
        """One step on the pictures CHOSEN, whose loss counts SHARE times; give the loss."""
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * self.schedule.rate(self.step / self.steps)
        data = self.trainer.data
        images = self.trainer.augment(data.images[chosen], varied)
        loss = self._loss(self.trainer.pixels(images), data.labels[chosen])
        self.optimizer.zero_grad()
        (loss * share if share != 1 else loss).backward()
        if self.schedule.largest_gradient:
            parameters = self.network.parameters()
            nn.utils.clip_grad_norm_(parameters, self.schedule.largest_gradient)
        self.optimizer.step()

        return float(loss.detach())

    def _seed_epoch(self) -> torch.Generator:
        """Seed what dropout draws from; give what augmentation draws from."""
        processes = self.trainer.processes
        seed = (self.schedule.seed * 1000 + self.epoch) * 1000 + processes.rank
        torch.manual_seed(seed)

        return self.order if processes.count == 1 else torch.Generator().manual_seed(seed)

    def _averaged(self) -> AveragedModel | None:
        decay = self.schedule.average_decay
        if not decay:
            return None
        average = get_ema_multi_avg_fn(decay)

        return AveragedModel(self.network, multi_avg_fn=average, use_buffers=True)

    def _loss(self, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        schedule, teacher = self.schedule, self.trainer.teacher
        with torch.autocast("cpu", torch.bfloat16, enabled=schedule.bfloat16):
            logits = self.shared(inputs)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=schedule.label_smoothing)
        if teacher is None:
            return loss
        with (
            torch.no_grad(),
            torch.autocast("cpu", torch.bfloat16, enabled=schedule.bfloat16),
        ):
            answers = teacher(inputs)
        warmth, share = schedule.temperature, schedule.teacher_share
        distance = F.kl_div(
            F.log_softmax(logits.float() / warmth, 1),
            F.log_softmax(answers.float() / warmth, 1),
            reduction="batchmean",
            log_target=True,
        )

        return (1 - share) * loss + share * warmth**2 * distance

    def _keep(self) -> None:
        path = self.trainer.kept
        if path is not None and self.trainer.processes.is_first:
            keep(
                path,
                {
                    "epoch": self.epoch,
                    "order": self.order.get_state(),
                    "network": self.network.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "average": self.averaged.state_dict() if self.averaged else None,
                    "after_step": self.after_step.state_dict() if self.after_step else None,
                },
            )

    def _resume(self) -> None:
        path = self.trainer.kept
        state = kept(path) if path is not None else None
        if state is None:
            return
        self.epoch = state["epoch"]
        self.order.set_state(state["order"])
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["average"])
        if self.after_step is not None:
            self.after_step.load_state_dict(state["after_step"])


@torch.no_grad()
def accuracy(network: nn.Module, data: Dataset, pixels: Pixels) -> float:
    """Give the share of DATA whose largest logit is its label's; the network is set to eval."""
    network.eval()
    right = 0
    for images, labels in zip(data.images.split(500), data.labels.split(500), strict=True):
        right += int((network(pixels(images)).argmax(1) == labels).sum())

    return right / len(data.labels)


def _batches(order: torch.Tensor, size: int) -> list[torch.Tensor]:
    """ORDER in parts of SIZE; a last picture alone, of which BatchNorm learns nothing, joins."""
    batches = list(order.split(size))
    if len(batches) > 1 and len(batches[-1]) == 1 < size:
        batches[-2:] = [torch.cat(batches[-2:])]

    return batches
