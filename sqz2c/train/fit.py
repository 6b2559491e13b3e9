"""
The training loop: seeded, with a warm-up, a cosine to zero, and a teacher where there is one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@dataclass(frozen=True, eq=False)
class Dataset:
    """IMAGES uint8 [n, channels, height, width], LABELS int64 [n]."""

    images: torch.Tensor
    labels: torch.Tensor

    def first(self, count: int) -> "Dataset":
        """Give the first COUNT images with their labels."""
        return Dataset(self.images[:count], self.labels[:count])


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
    bfloat16: bool = True
    seed: int = 0

    def rate(self, progress: float) -> float:
        """Give the learning rate at PROGRESS 0..1, relative to its peak."""
        if progress < self.warmup:
            return max(progress, 0.01 * self.warmup) / self.warmup
        return 0.5 + 0.5 * math.cos(math.pi * (progress - self.warmup) / (1 - self.warmup))


@dataclass(frozen=True, eq=False)
class Trainer:
    """
    Trains NETWORK on DATA. SCALE maps a pixel to the network's input (pixel * scale).
    """

    data: Dataset
    scale: float
    schedule: Schedule
    augment: Augment = lambda images, generator: images
    teacher: nn.Module | None = None
    log: Callable[[str], None] = print

    def fit(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        after_step: Callable[[float], None] = lambda progress: None,
    ) -> None:
        """
        Train NETWORK in place; call AFTER_STEP with the progress 0..1 after every step.
        """
        generator = torch.Generator().manual_seed(self.schedule.seed)
        count = len(self.data.labels)
        steps = self.schedule.epochs * math.ceil(count / self.schedule.batch_size)
        peaks = [group["lr"] for group in optimizer.param_groups]
        averaged = self._averaged(network)
        step = 0
        network.train()
        for epoch in range(1, self.schedule.epochs + 1):
            total = 0.0
            for chosen in torch.randperm(count, generator=generator).split(
                self.schedule.batch_size
            ):
                for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                    group["lr"] = peak * self.schedule.rate(step / steps)
                images = self.augment(self.data.images[chosen], generator)
                loss = self._loss(network, images, self.data.labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                step += 1
                after_step(step / steps)
                if averaged is not None:
                    averaged.update_parameters(network)
                total += float(loss.detach()) * len(chosen)
            self.log(f"epoch {epoch}/{self.schedule.epochs} loss {total / count:.4f}")
        if averaged is not None:
            network.load_state_dict(averaged.module.state_dict())
        network.eval()

    def _averaged(self, network: nn.Module) -> AveragedModel | None:
        decay = self.schedule.average_decay
        if not decay:
            return None
        average = get_ema_multi_avg_fn(decay)

        return AveragedModel(network, multi_avg_fn=average, use_buffers=True)

    def _loss(
        self, network: nn.Module, images: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        inputs = to_input(images, self.scale)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.schedule.bfloat16):
            logits = network(inputs)
        loss = F.cross_entropy(
            logits.float(), labels, label_smoothing=self.schedule.label_smoothing
        )
        if self.teacher is None:
            return loss
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            answers = self.teacher(inputs)
        warmth, share = self.schedule.temperature, self.schedule.teacher_share
        distance = F.kl_div(
            F.log_softmax(logits.float() / warmth, 1),
            F.log_softmax(answers.float() / warmth, 1),
            reduction="batchmean",
            log_target=True,
        )

        return (1 - share) * loss + share * warmth**2 * distance


def to_input(images: torch.Tensor, scale: float) -> torch.Tensor:
    """Give pixels uint8 as float32 pixel * scale, channels last in memory."""
    return (images.float() * scale).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def accuracy(network: nn.Module, data: Dataset, scale: float) -> float:
    """Give the share of DATA whose largest logit is its label's; the network is set to eval."""
    network.eval()
    right = 0
    for images, labels in zip(data.images.split(500), data.labels.split(500), strict=True):
        right += int((network(to_input(images, scale)).argmax(1) == labels).sum())

    return right / len(data.labels)
