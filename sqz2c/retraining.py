"""
Compression with training, told on one page: a float network and labelled pictures in, a small
quantized checkpoint out that is as good.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from sqz2c.compress import divergence, without_deviation
from sqz2c.compression import Compression, flash_bytes_of
from sqz2c.encode import encode
from sqz2c.errors import CompressError, TrainError
from sqz2c.ir.checkpoint import from_bytes, to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.lessons import DataOptions, Lessons, read_lessons
from sqz2c.load import LoadOptions, load_model, read_labelled
from sqz2c.plan import plan
from sqz2c.quantize import attach_requantizers, quantize, with_final_layers
from sqz2c.train.data import Dataset
from sqz2c.train.deployed import deployed_network, integers_of, optimizer_of, shared
from sqz2c.train.fit import Schedule, Trainer, accuracy
from sqz2c.train.from_graph import dequantized, network_of, pixels_of
from sqz2c.train.processes import ALONE, Processes
from sqz2c.train.prune import GradualPruning, pruning_optimizer
from sqz2c.train.squeezenet import SqueezeNet, convs
from sqz2c.train.work import Work
from sqz2c.training import OnStep, Tell, fingerprint, with_weights
from sqz2c.verify import Reference

DENSITY, BITS, EPOCHS = 0.33, 6, 20
PRUNING_ENDS = 0.6  # of that stage; the rest retrains
PRUNING_RATE = 0.01  # of a layer's weights, a step of Adam
TUNING_RATE = 0.004  # of a codebook's values
TUNING_SHARE = 4  # one epoch of tuning for so many of pruning: they are slower
SEARCH_SHARE = 8  # one epoch to try a density for so many of pruning
BITS_KEPT = (5.0, 7.5, 11.0)  # of all weights' budget for each that is kept: densities to try
MOST_DENSE = 0.9
SAMPLE, PROBE = 1000, 200  # training pictures: to compress with, to try and to compare with
SLACK = 64  # bytes of a budget, for what tuning may add


@dataclass(frozen=True)
class RetrainOptions:
    """
    Learn from DATA; WORK holds what an interrupted run goes on from. Of the weights DENSITY stays
    (None: 0.33, or what suits BUDGET_BYTES best), each one of 2^BITS values a layer, from START;
    with BUDGET_BYTES (of all read-only data but code) and no BITS, values by rate against
    distortion. RAM_BYTES bounds the library's RAM, with the picture as INPUT_MODE says.
    """

    data: DataOptions
    work: Path
    load: LoadOptions = field(default_factory=LoadOptions)
    density: float | None = None
    bits: int | None = None
    start: str = "linear"
    budget_bytes: int | None = None
    ram_bytes: int | None = None
    input_mode: InputMode = "image"
    epochs: int = EPOCHS
    batch: int = 64
    rate: float = PRUNING_RATE
    seed: int = 0


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
    _check(graph, options, labelled.names, str(model))
    graph = without_deviation(replace(graph, labels=labelled.names))
    work = Work(options.work, processes, tell)
    work.begin(fingerprint(options, labelled, model))
    size = (graph.image.height, graph.image.width, graph.order)
    lessons = read_lessons(options.data, labelled, size)
    run = _Run(options, graph, lessons, work, on_step)
    density = options.density or run.density()
    pruned = run.pruned("pruned", density, options.epochs)
    grid, coded = run.coded(pruned)
    final = run.better(coded, run.tuned(grid, coded))
    program = encode(plan(final, options.input_mode, options.ram_bytes))
    held = lessons.held_out
    made = RetrainedModel(
        graph=final,
        checkpoint=to_bytes(final),
        flash_bytes=flash_bytes_of(final),
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
    if graph.classes != len(names) or graph.labels not in ((), names):
        raise TrainError(
            f"{path} tells {graph.classes} classes apart, but the data has others, "
            f"{len(names)} of them: train it on them first (sqz2c train --from)."
        )
    if options.ram_bytes is not None:
        plan(with_final_layers(graph), options.input_mode, options.ram_bytes)
    assert graph.preprocessing is not None
    if any(graph.preprocessing.mean) and graph.convs[0].padding:
        raise TrainError(
            "conv1 has padding, which adds zeros that stand for no raw pixel under this mean: "
            "train with --preprocess unit, or without padding."
        )


@dataclass(frozen=True, eq=False)
class _Run:
    options: RetrainOptions
    graph: Graph
    lessons: Lessons
    work: Work
    on_step: OnStep

    def density(self) -> float:
        """Give the density to prune to: with a budget, the one that keeps the answers best."""
        budget = self.options.budget_bytes
        if budget is None or self.options.bits is not None:
            return DENSITY
        weights = sum(conv.weights.size for conv in self.graph.convs)
        sample = self.lessons.sample(PROBE)
        answers = float_logits(self.graph, sample)
        densities = {round(min(8 * budget / weights / b, MOST_DENSE), 3) for b in BITS_KEPT}
        tried: dict[float, float] = {}
        refused: CompressError | None = None
        for density in sorted(densities, reverse=True):
            name = f"try {density}"
            pruned = self.pruned(name, density, max(self.options.epochs // SEARCH_SHARE, 1))
            try:
                grid, _ = self._within_budget(pruned, sample, name)
            except CompressError as error:
                refused = error
                continue
            tried[density] = divergence(answers, float_logits(grid, sample))
            self.work.log(stage="density", density=density, divergence=tried[density])
        if refused is not None and not tried:
            raise refused

        return min(tried, key=lambda density: tried[density])

    def pruned(self, name: str, density: float, epochs: int) -> Graph:
        """Prune gradually to DENSITY and retrain, taught by the network that came in."""
        teacher = network_of(self.graph)

        def train(state: Path) -> SqueezeNet:
            network = network_of(self.graph)
            optimizer = pruning_optimizer(convs(network), self.options.rate)
            pruning = GradualPruning(convs(network), density, PRUNING_ENDS)
            schedule = self._schedule(epochs, 1, warmup=0.05)
            self._trainer(name, schedule, teacher, state).fit(network, optimizer, pruning)
            return network

        network = self.work.stage(name, lambda: network_of(self.graph), train)

        return with_weights(self.graph, network)

    def coded(self, pruned: Graph) -> tuple[Graph, Graph]:
        """Give PRUNED with few values a layer, float, and the same as integers."""
        sample = self.lessons.sample(SAMPLE)
        if self.options.budget_bytes is not None and self.options.bits is None:
            return self._within_budget(pruned, sample, "coded")
        bits = self.options.bits or BITS

        def make() -> tuple[Graph, Graph]:
            torch.manual_seed(self.options.seed)
            grid = shared(pruned, 2**bits, self.options.start)
            return grid, quantize(grid, pictures_of(sample))

        grid, coded = self._kept("coded", make)
        budget, flash = self.options.budget_bytes, flash_bytes_of(coded)
        if budget is not None and flash > budget:
            raise CompressError(
                f"With {bits} bits a weight the network takes {flash:,} bytes, not {budget:,}: "
                "leave --bits out, so that they are found, or give a smaller --density."
            )

        return grid, coded

    def _within_budget(self, pruned: Graph, sample: Dataset, name: str) -> tuple[Graph, Graph]:
        budget = self.options.budget_bytes
        assert budget is not None

        def tell(what: str) -> None:
            self.on_step(f"{name}: {what}", 0, 1)

        def make() -> tuple[Graph, Graph]:
            compression = Compression(pruned, pictures_of(sample), tell)
            result = compression.result(budget - SLACK)
            return result.graph, compression.integers(result)

        return self._kept(name, make)

    def _kept(self, name: str, make: Callable[[], tuple[Graph, Graph]]) -> tuple[Graph, Graph]:
        """Two graphs, by the first process, kept as files."""
        made: list[Graph] = []

        def part(number: int) -> Callable[[], bytes]:
            def give() -> bytes:
                if not made:
                    made.extend(make())
                return to_bytes(made[number])

            return give

        grid = self.work.file(f"{name}.grid", part(0))
        integers = self.work.file(f"{name}.integers", part(1))

        return from_bytes(grid, name), attach_requantizers(from_bytes(integers, name))

    def tuned(self, grid: Graph, coded: Graph) -> Graph:
        """Train values and biases on with the deployed arithmetic; which weight has which stays."""
        teacher = network_of(self.graph)

        def train(state: Path) -> SqueezeNet:
            network = deployed_network(grid, coded)
            schedule = self._schedule(
                max(self.options.epochs // TUNING_SHARE, 1), 2, warmup=0.1, bfloat16=False
            )
            trainer = self._trainer("tuned", schedule, teacher, state)
            trainer.fit(network, optimizer_of(network, TUNING_RATE))
            return network

        network = self.work.stage("tuned", lambda: deployed_network(grid, coded), train)

        return attach_requantizers(integers_of(network, grid))

    def better(self, coded: Graph, tuned: Graph) -> Graph:
        """Give the one whose integers answer more like the network that came in, and fits."""
        sample = self.lessons.sample(PROBE)
        answers = float_logits(self.graph, sample)
        before, after = (
            divergence(answers, integer_logits(graph, sample)) for graph in (coded, tuned)
        )
        flash, budget = flash_bytes_of(tuned), self.options.budget_bytes
        is_better = after < before and (budget is None or flash <= budget)
        self.work.log(
            stage="tuned", divergence=after, untuned=before, flash_bytes=flash, taken=is_better
        )

        return tuned if is_better else coded

    def right(self, graph: Graph) -> int:
        """How many held-out pictures the float GRAPH gets right."""
        held = self.lessons.held_out

        return round(accuracy(network_of(graph), held, pixels_of(graph)) * len(held.labels))

    def _schedule(self, epochs: int, stage: int, **more: object) -> Schedule:
        return Schedule(
            epochs=epochs,
            batch_size=self.options.batch,
            label_smoothing=0.0,
            seed=1000 * stage + self.options.seed,
            **more,  # type: ignore[arg-type]
        )

    def _trainer(
        self, name: str, schedule: Schedule, teacher: SqueezeNet, state: Path
    ) -> Trainer:
        return Trainer(
            self.lessons.training,
            pixels_of(self.graph),
            schedule,
            self.lessons.vary,
            teacher,
            on_step=lambda done, steps: self.on_step(name, done, steps),
            on_epoch=lambda epoch, loss: self.work.log(stage=name, epoch=epoch, loss=loss),
            kept=state,
            processes=self.work.processes,
        )


def pictures_of(data: Dataset) -> list[np.ndarray]:
    """Give DATA's images as the deployed network takes them: uint8 [height, width, channels]."""
    return [image.permute(1, 2, 0).contiguous().numpy() for image in data.images]


@torch.no_grad()
def float_logits(graph: Graph, data: Dataset) -> torch.Tensor:
    """Give the float GRAPH's answers [n, classes]."""
    network, pixels = network_of(graph), pixels_of(graph)

    return torch.cat([network(pixels(images)) for images in data.images.split(100)])


def integer_logits(graph: Graph, data: Dataset) -> torch.Tensor:
    """Give the integer GRAPH's answers [n, classes], in the unit of the float network's."""
    head = graph.tensor(graph.head.input)
    assert head.quantization is not None
    unit = head.quantization.scale / (head.height * head.width)
    reference = Reference(graph)
    sums = [reference(image)[graph.head.name] for image in pictures_of(data)]

    return torch.from_numpy(np.stack(sums)).double() * unit
