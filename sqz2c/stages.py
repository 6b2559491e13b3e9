"""
The stages of compression with training: prune, give few values, tune.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from sqz2c.compress import divergence
from sqz2c.compression import Compression, fixed_bytes_of, flash_bytes_of
from sqz2c.errors import CompressError, QuantizeError
from sqz2c.ir.checkpoint import from_bytes, to_bytes
from sqz2c.ir.graph import Graph
from sqz2c.ir.program import InputMode
from sqz2c.load import LoadOptions
from sqz2c.logits import float_logits, integer_logits, pictures_of
from sqz2c.quantize import attach_requantizers, quantize
from sqz2c.split import DataOptions, Split
from sqz2c.train.data import Dataset
from sqz2c.train.deployed import deployed_network, integers_of, optimizer_of, shared
from sqz2c.train.fit import Schedule, Trainer, accuracy
from sqz2c.train.from_graph import network_of, pixels_of
from sqz2c.train.prune import GradualPruning, pruning_optimizer
from sqz2c.train.squeezenet import SqueezeNet, convs
from sqz2c.train.work import Work
from sqz2c.training import OnStep, with_weights

DENSITY, BITS, EPOCHS = 0.33, 6, 20
PRUNING_ENDS = 0.6  # of that stage; the rest retrains
PRUNING_RATE = 0.01  # of a layer's weights, a step of Adam
TUNING_RATE = 0.002  # of a codebook's values
TUNING_SHARE = 4  # one epoch of tuning for so many of pruning: they are slower
SEARCH_SHARE = 8  # one epoch to try a density for so many of pruning
BITS_KEPT = (5.0, 7.5, 11.0)  # of all weights' budget for each that is kept: densities to try
MOST_DENSE = 0.9
SAMPLE, PROBE = 500, 200  # training pictures: to compress with, to try and to compare with
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
class Stages:
    """
    The stages by which GRAPH, float, becomes small: each is kept in WORK.
    """

    options: RetrainOptions
    graph: Graph
    split: Split
    work: Work
    on_step: OnStep

    def density(self) -> float:
        """Give the density to prune to: with a budget, the one that keeps the answers best."""
        budget = self.options.budget_bytes
        if budget is None or self.options.bits is not None:
            return DENSITY
        weights = sum(conv.weights.size for conv in self.graph.convs)
        sample = self.split.sample(PROBE)
        bits = 8 * max(budget - self._fixed_bytes(sample), 1)
        answers = float_logits(self.graph, sample)
        densities = {round(min(bits / weights / kept, MOST_DENSE), 3) for kept in BITS_KEPT}
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
        sample = self.split.sample(SAMPLE)
        if self.options.budget_bytes is not None and self.options.bits is None:
            return self._within_budget(pruned, sample, "coded")
        bits = self.options.bits or BITS

        def make() -> tuple[Graph, Graph]:
            torch.manual_seed(self.options.seed)
            grid = shared(pruned, 2**bits, self.options.start)
            return grid, quantize(grid, pictures_of(sample))

        grid, coded = self._kept("coded", make)
        budget, flash = self.options.budget_bytes, self.flash_bytes(coded)
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
            try:
                result = compression.result(max(budget - SLACK, 1))
            except CompressError:
                result = compression.result(budget)
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
        """
        Train values and biases on with the deployed arithmetic; which weight has which stays. CODED
        itself where what comes out cannot be rescaled.
        """
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

        try:
            return attach_requantizers(integers_of(network, grid))
        except QuantizeError as error:  # few pictures can lead it astray
            self.work.log(stage="tuned", refused=str(error))
            return coded

    def better(self, coded: Graph, tuned: Graph) -> Graph:
        """Give the one whose integers answer more like the network that came in, and fits."""
        sample = self.split.sample(PROBE)
        answers = float_logits(self.graph, sample)
        before, after = (
            divergence(answers, integer_logits(graph, sample)) for graph in (coded, tuned)
        )
        flash, budget = self.flash_bytes(tuned), self.options.budget_bytes
        is_better = after < before and (budget is None or flash <= budget)
        self.work.log(
            stage="tuned", divergence=after, untuned=before, flash_bytes=flash, taken=is_better
        )

        return tuned if is_better else coded

    def flash_bytes(self, graph: Graph) -> int:
        """What GRAPH's read-only data takes with the plan that was asked for."""
        return flash_bytes_of(graph, self.options.input_mode, self.options.ram_bytes)

    def _fixed_bytes(self, sample: Dataset) -> int:
        """What of a budget is not the weights': most of it where the network is tiny."""
        plain = quantize(self.graph, pictures_of(sample))

        return fixed_bytes_of(plain, self.options.input_mode, self.options.ram_bytes)

    def right(self, graph: Graph) -> int:
        """How many held-out pictures the float GRAPH gets right."""
        held = self.split.held_out

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
            self.split.training,
            pixels_of(self.graph),
            schedule,
            self.split.vary,
            teacher,
            on_step=lambda done, steps: self.on_step(name, done, steps),
            on_epoch=lambda epoch, loss: self.work.log(stage=name, epoch=epoch, loss=loss),
            kept=state,
            processes=self.work.processes,
        )
