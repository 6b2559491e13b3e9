"""
The training loop: seeded, and it learns.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn

from sqz2c.train.data import Dataset, Pixels
from sqz2c.train.fit import Schedule, Trainer, accuracy

PIXELS = Pixels((0.0,), (1 / 255,))
SCHEDULE = Schedule(epochs=12, batch_size=16, bfloat16=False, label_smoothing=0.0)


def separable() -> Dataset:
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 200, (96, 1, 4, 4), generator=generator, dtype=torch.uint8)
    labels = torch.arange(96) % 2
    images[labels == 1, :, :2] += 50

    return Dataset(images, labels)


def linear() -> nn.Module:
    torch.manual_seed(2)

    return nn.Sequential(nn.Flatten(), nn.Linear(16, 2))


def trained(schedule: Schedule, teacher: nn.Module | None = None, **more: object) -> nn.Module:
    network = linear()
    trainer = Trainer(separable(), PIXELS, schedule, teacher=teacher, **more)
    trainer.fit(network, torch.optim.Adam(network.parameters(), lr=0.1))

    return network


@pytest.mark.slow
def test_training_learns():
    """A separable set is learnt."""
    assert accuracy(trained(SCHEDULE), separable(), PIXELS) > 0.9


def test_the_same_seed_gives_the_same_weights():
    """Two runs with one seed are equal to the bit, another seed is not."""
    expected = trained(SCHEDULE)[1].weight

    assert torch.equal(expected, trained(SCHEDULE)[1].weight)
    assert not torch.equal(expected, trained(replace(SCHEDULE, seed=1))[1].weight)


def test_a_teacher_alone_is_enough():
    """With the whole loss from the teacher, the pupil learns the teacher's answers."""
    teacher = trained(SCHEDULE)

    pupil = trained(replace(SCHEDULE, teacher_share=1.0), teacher)

    assert accuracy(pupil, separable(), PIXELS) > 0.9


def test_the_average_replaces_the_weights():
    """A moving average of decay near 1 keeps the weights near those after the first step."""
    start = linear()[1].weight
    averaged = trained(replace(SCHEDULE, average_decay=0.9999))[1].weight
    moved = (trained(SCHEDULE)[1].weight - start).abs().max()

    assert (averaged - start).abs().max() < 0.2 * moved


@pytest.mark.parametrize(("progress", "expected"), [(0.05, 0.5), (0.1, 1.0), (1.0, 0.0)])
def test_rate_climbs_then_falls_to_zero(progress, expected):
    """A tenth of warm-up, then a cosine."""
    assert pytest.approx(expected, abs=1e-9) == SCHEDULE.rate(progress)


def test_watchers_see_every_step_and_epoch():
    """Steps done of all steps, and the mean loss of each epoch."""
    steps, epochs = [], []
    trained(
        replace(SCHEDULE, epochs=2),
        on_step=lambda done, all_steps: steps.append((done, all_steps)),
        on_epoch=lambda epoch, loss: epochs.append((epoch, loss < 1)),
    )

    assert [(n, 12) for n in range(1, 13)] == steps
    assert [(1, True), (2, True)] == epochs


class StoppedError(Exception):
    pass


def varied(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return images + torch.randint(0, 9, images.shape, generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_an_interrupted_run_ends_with_the_same_bits(tmp_path, decay):
    """StoppedError within the third epoch, it goes on after the second."""
    schedule = replace(SCHEDULE, epochs=4, average_decay=decay)

    def stop(done: int, all_steps: int) -> None:
        if done == 15:
            raise StoppedError

    expected = trained(schedule, augment=varied)
    with pytest.raises(StoppedError):
        trained(schedule, augment=varied, kept=tmp_path / "run.pt", on_step=stop)
    epochs = []
    resumed = trained(
        schedule,
        augment=varied,
        kept=tmp_path / "run.pt",
        on_epoch=lambda epoch, loss: epochs.append(epoch),
    )

    assert [3, 4] == epochs
    for key, value in expected.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key])


def test_a_last_picture_alone_joins_the_batch_before_it() -> None:
    """BatchNorm refuses to learn from one value a channel, as a map of 1x1 has it."""
    data = separable()
    odd = Dataset(data.images[:33], data.labels[:33])
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2), nn.BatchNorm1d(2))
    steps: list[tuple[int, int]] = []
    trainer = Trainer(odd, PIXELS, replace(SCHEDULE, epochs=1),
                      on_step=lambda done, of: steps.append((done, of)))  # fmt: skip
    trainer.fit(network, torch.optim.SGD(network.parameters(), lr=0.1))

    assert [(1, 2), (2, 2)] == steps
