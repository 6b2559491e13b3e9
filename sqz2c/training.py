"""
Training, told on one page: labelled pictures in, a float checkpoint out.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from sqz2c.errors import TrainError
from sqz2c.ir.checkpoint import to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.load import (
    Labelled,
    LoadOptions,
    graph_of_state,
    load_model,
    read_labelled,
)
from sqz2c.split import DataOptions, Split, read_split
from sqz2c.train.batchnorm import HEAD, add_batchnorm, fold_batchnorm
from sqz2c.train.fit import Schedule, Trainer, accuracy
from sqz2c.train.from_graph import network_of, pixels_of
from sqz2c.train.processes import ALONE, Processes
from sqz2c.train.squeezenet import Architecture, SqueezeNet
from sqz2c.train.work import Work

SCRATCH_RATE, SCRATCH_EPOCHS, WEIGHT_DECAY = 0.1, 30, 5e-4  # SGD, BatchNorm
TUNING_RATE, TUNING_EPOCHS = 2e-4, 20  # AdamW
NEW_HEAD = 10  # times that rate, for a head that knows nothing yet
AVERAGED = 0.05  # share of the steps over which the weights are averaged, about
MOST_PARAMETERS = 100_000_000  # eighty times as many as the published networks have
Tell = Callable[[Mapping[str, object]], None]
OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TrainOptions:
    """
    Train on DATA, from the weights in START or else an untrained ARCHITECTURE (its classes and
    channels follow from the data; its dropout is used with START too). WORK holds what an
    interrupted run goes on from. LOAD says what START does not: image size, preprocessing, order.
    None: as it suits a start from weights or from nothing.
    """

    data: DataOptions
    work: Path
    start: Path | None = None
    architecture: Architecture = field(default_factory=Architecture)
    load: LoadOptions = field(default_factory=LoadOptions)
    epochs: int | None = None
    batch: int = 64
    rate: float | None = None
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """The float GRAPH, its CHECKPOINT (the file's bytes), and how many it gets RIGHT, of OF."""

    graph: Graph
    checkpoint: bytes
    right: int
    of: int


def train_model(
    options: TrainOptions,
    processes: Processes = ALONE,
    tell: Tell = lambda record: None,
    on_step: OnStep = lambda stage, done, steps: None,
) -> TrainedModel:
    """
    Train a float network. TELL gets what the log gets, ON_STEP the stage, steps done and all steps.

    Raise Sqz2cError where data, weights and options do not go together.
    """
    labelled = read_labelled(options.data.path)
    blank, new = _start(options, labelled)
    size = (blank.image.height, blank.image.width, blank.order)
    split = read_split(options.data, labelled, size)
    work = Work(options.work, processes, tell)
    with work.begun(fingerprint(options, split, options.start)):
        tell_ignored(labelled, lambda record: work.log(**record))

        def train(epochs: Path) -> SqueezeNet:
            network = network_of(blank, options.architecture.dropout)
            trainer = Trainer(
                split.training,
                pixels_of(blank),
                _schedule(options, split),
                split.vary,
                on_step=lambda done, steps: on_step("train", done, steps),
                on_epoch=lambda epoch, loss: work.log(stage="train", epoch=epoch, loss=loss),
                kept=epochs,
                processes=processes,
            )
            if options.start is None:
                return _from_nothing(options, network, trainer)
            return _from_weights(options, network, trainer, new)

        network = work.stage("float", lambda: network_of(blank), train)
        graph = with_weights(blank, network)
        share = accuracy(network, split.held_out, pixels_of(blank))
        right = round(share * len(split.held_out.labels))
        work.log(stage="train", right=right, of=len(split.held_out.labels))

    return TrainedModel(graph, to_bytes(graph), right, len(split.held_out.labels))


def fingerprint(options: Any, split: Split, model: Path | None) -> dict[str, object]:
    """
    What makes a run another run: OPTIONS, the pictures and their classes, the bytes of MODEL; not
    where these are.
    """
    given = _without_paths(asdict(options))
    digest = hashlib.sha256(model.read_bytes()).hexdigest() if model is not None else None
    pictures = hashlib.sha256()
    for data in (split.training, split.held_out):
        pictures.update(data.images.numpy())
        pictures.update(data.labels.numpy())

    return given | {
        "model": digest, "classes": split.names, "pictures": pictures.hexdigest()
    }  # fmt: skip


def _without_paths(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_paths(value) if isinstance(value, dict) else value
        for name, value in options.items()
        if not isinstance(value, Path)
    }


def class_names(load: LoadOptions, labelled: Labelled) -> tuple[str, ...]:
    """Names of the classes of LABELLED: those that LOAD gives, or else its own."""
    if not load.labels:
        return labelled.names
    if len(load.labels) != len(labelled.names):
        raise TrainError(
            f"{len(load.labels)} labels do not name {len(labelled.names)} classes: give --labels "
            "a file with one line a class."
        )

    return load.labels


def tell_ignored(labelled: Labelled, tell: Tell) -> None:
    """TELL what is no picture, where something is not."""
    if labelled.ignored is not None:
        tell({"stage": "data", "ignored": labelled.ignored})


def use_threads(count: int | None) -> None:
    """Compute with COUNT threads; None: as many as PyTorch likes."""
    if count is not None:
        torch.set_num_threads(count)


def with_weights(graph: Graph, network: SqueezeNet) -> Graph:
    """The float GRAPH with NETWORK's weights, which has the same layers."""
    preprocessing = graph.preprocessing
    assert preprocessing is not None
    architecture = network.architecture
    load = LoadOptions(
        input_height=graph.image.height,
        input_width=graph.image.width,
        order=graph.order,
        trained_order=None if graph.order == "GRAY" else graph.order,
        mean=preprocessing.mean,
        std=preprocessing.std,
        stem_stride=architecture.stem_stride,
        stem_padding=architecture.stem_padding,
        head_padding=architecture.head_padding,
        bypass=None if architecture.bypass == "none" else architecture.bypass,
        labels=graph.labels,
    )

    return graph_of_state(network.state_dict(), load)


def _start(options: TrainOptions, labelled: Labelled) -> tuple[Graph, bool]:
    """Give the network to begin with, as a float graph, and whether its head is new."""
    torch.manual_seed(options.seed)
    labels = class_names(options.load, labelled)
    load = replace(options.load, labels=())
    if options.start is None:
        graph = untrained(options.architecture, labelled, load)
        return replace(graph, labels=labels), True
    graph = load_model(options.start, load)
    network = network_of(graph)
    is_new = graph.classes != len(labels) or graph.labels not in ((), labels)
    if is_new:
        fresh = SqueezeNet(replace(network.architecture, classes=len(labels)))
        known = {k: v for k, v in network.state_dict().items() if not k.startswith(HEAD)}
        fresh.load_state_dict(fresh.state_dict() | known)
        network = fresh

    return with_weights(replace(graph, labels=labels), network), is_new


def untrained(architecture: Architecture, labelled: Labelled, load: LoadOptions) -> Graph:
    """
    Give a float graph of ARCHITECTURE for the pictures LABELLED, its weights random.

    Raise TrainError where nothing says how large they are.
    """
    height, width = load.input_height, load.input_width
    if height is None and labelled.size is not None:
        height, width = labelled.size
    if height is None:
        raise TrainError("Folders do not say how large pictures shall be: give --input-size.")
    order = load.order or labelled.order
    channels = 1 if order == "GRAY" else 3
    architecture = replace(architecture, classes=len(labelled.names), in_channels=channels)
    if architecture.parameters > MOST_PARAMETERS:
        raise TrainError(
            f"The network would have {architecture.parameters:,} parameters, more than "
            f"{MOST_PARAMETERS:,}: take fewer filters."
        )
    network = SqueezeNet(architecture)
    load = replace(
        load,
        input_height=height,
        input_width=width,
        order=order,
        preset=load.preset or "unit",
        stem_stride=architecture.stem_stride,
        stem_padding=architecture.stem_padding,
        head_padding=architecture.head_padding,
        bypass=None if architecture.bypass == "none" else architecture.bypass,
    )

    return graph_of_state(network.state_dict(), load)


def _schedule(options: TrainOptions, split: Split) -> Schedule:
    is_new = options.start is None
    epochs = options.epochs or (SCRATCH_EPOCHS if is_new else TUNING_EPOCHS)
    steps = epochs * -(-len(split.training.labels) // options.batch)

    return Schedule(
        epochs=epochs,
        batch_size=options.batch,
        average_decay=max(1 - 1 / (AVERAGED * steps), 0.0),
        seed=options.seed,
    )


def _from_nothing(options: TrainOptions, network: SqueezeNet, trainer: Trainer) -> SqueezeNet:
    """Train with BatchNorm, and fold it in."""
    network = add_batchnorm(network).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=options.rate or SCRATCH_RATE,
        momentum=0.9,
        nesterov=True,
        weight_decay=WEIGHT_DECAY,
    )
    trainer.fit(network, optimizer)

    return fold_batchnorm(network)


def _from_weights(
    options: TrainOptions, network: SqueezeNet, trainer: Trainer, new_head: bool
) -> SqueezeNet:
    """Train on with a small rate; a new head learns faster."""
    rate = options.rate or TUNING_RATE
    head = network.get_submodule(HEAD)
    rest = [p for name, p in network.named_parameters() if not name.startswith(HEAD)]
    groups = [
        {"params": rest, "lr": rate},
        {"params": head.parameters(), "lr": rate * (NEW_HEAD if new_head else 1)},
    ]
    trainer.fit(network, torch.optim.AdamW(groups, weight_decay=0.01))

    return network
