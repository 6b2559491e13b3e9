"""
The planner's units: a stage is a step and the 1x1 convolution that takes its rows at once.

In a SqueezeNet: the stem with the first squeeze; each pair of expands (with their pool) and the
next squeeze; the last expands and the head. Stages are cut at squeezes, the smallest tensors; a
fire module with a bypass is not cut inside, but before its input, which its last step reads again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqz2c.ir.graph import Graph
from sqz2c.ir.layer import PixelTable
from sqz2c.ir.program import TILE_CHANNELS, Kernel, Step
from sqz2c.ir.scratch import most_tile_channels, scratch_of
from sqz2c.plan.cost import quickest, step_cost
from sqz2c.plan.costs import Costs
from sqz2c.plan.fitted import DSP
from sqz2c.plan.flow import Turn, Wait, turns, waits
from sqz2c.plan.layout import aligned
from sqz2c.plan.steps import geometry

TILES = (TILE_CHANNELS, 8, 16, 64)  # filters a tile that are worth trying, beside these:
GAIN = 0.99  # more scratch at the same pace has to bring the cost down to so much
PARTS = (1, 2)  # parts of the largest convolution that are worth trying as tiles
MAX_SUMMED = 2  # convolutions that sqz_fire sums into one squeeze


@dataclass(frozen=True)
class Choice:
    """
    How a stage runs: ROWS of its last step a turn; SUMMED: straight into the squeeze's sums;
    TILE_CHANNELS filters a tile, in each step as many as it can use; QUICK: each convolution by the
    kernel that costs least, instead of by products, which take the least room.
    """

    rows: int
    summed: bool = False
    tile_channels: int = TILE_CHANNELS
    quick: bool = False

    @property
    def pace(self) -> tuple[int, bool]:
        """What decides how rows wait."""
        return self.rows, self.summed


@dataclass(frozen=True, eq=False)
class Stage:
    """
    STEPS of GRAPH, which a Choice sets in motion; COSTS say what they take.
    """

    graph: Graph
    steps: tuple[Step, ...]
    costs: Costs = DSP

    @cached_property
    def limit(self) -> int:
        return self.steps[-1].limit

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """
        Worth trying: the least rows for each number of turns, stored or summed, with few or many
        filters a tile, by products or quicker.
        """
        counts = range(1, self.limit + 1)
        rows = sorted({-(-self.limit // count) for count in counts}, reverse=True)
        ways = (False, True) if self.can_sum else (False,)

        return tuple(
            choice for count in rows for summed in ways for choice in self._paces(count, summed)
        )

    def _paces(self, rows: int, summed: bool) -> list[Choice]:
        """Choices of this pace, least scratch first; none that another one nearly matches."""
        choices = [
            Choice(rows, summed, channels, quick)
            for quick in (False, True)
            for channels in self.tiles(summed, quick)
        ]
        sized = sorted((max(self._scratch(c).values(), default=0), self.cost(c), k)
                       for k, c in enumerate(choices))  # fmt: skip
        kept: list[Choice] = []
        for _, cost, at in sized:
            if not kept or cost < GAIN * self.cost(kept[-1]):
                kept.append(choices[at])

        return kept

    def tiles(self, summed: bool, quick: bool = False) -> tuple[int, ...]:
        """
        Numbers of filters a tile, up to all of the largest convolution; none that takes as much
        scratch as the next one, which costs less, and none that is not quicker if QUICK.
        """
        steps = self.steps_for(Choice(1, summed))
        most = max(most_tile_channels(step) for step in steps)
        halves = {-(-most // (TILE_CHANNELS * parts)) * TILE_CHANNELS for parts in PARTS}
        tiles = sorted({*(channels for channels in TILES if channels < most), *halves})
        choices = [Choice(1, summed, channels, quick) for channels in tiles]
        sizes = [max(self._scratch(choice).values(), default=0) for choice in choices]

        return tuple(
            choice.tile_channels
            for choice, size, following in zip(choices, sizes, [*sizes[1:], -1], strict=True)
            if size != following
            and (not quick or any(step.kernels for step in self.steps_for(choice)))
        )

    @cached_property
    def can_sum(self) -> bool:
        """Whether its last two steps can be one that sums into the squeeze."""
        if len(self.steps) < 2 or self.steps[-1].is_head:
            return False
        makers, last = self.steps[-2], self.steps[-1]
        firsts = [conv.first_channel for conv in makers.convs]
        squeeze = last.convs[0] if len(last.convs) == 1 else None

        return (
            squeeze is not None
            and last.input == makers.output
            and last.addend is None
            and (squeeze.stride, squeeze.padding, squeeze.first_channel) == (1, 0, 0)
            and 0 < len(firsts) <= MAX_SUMMED
            and firsts == sorted(firsts)
        )

    def steps_for(self, choice: Choice) -> tuple[Step, ...]:
        """
        The steps as CHOICE has them; a table makes single rows, padding of the last adds to its
        first turn.
        """
        if choice not in self._stepped:
            self._stepped[choice] = tuple(
                replace(
                    step,
                    tile_channels=min(choice.tile_channels, most_tile_channels(step)),
                    kernels=self._quickest(step, choice.tile_channels) if choice.quick else (),
                )
                for step in self._paced(choice)
            )
        return self._stepped[choice]

    @cached_property
    def _stepped(self) -> dict[Choice, tuple[Step, ...]]:
        return {}

    @cached_property
    def _kernels(self) -> dict[tuple[str, int], tuple[tuple[str, Kernel], ...]]:
        return {}

    def _quickest(self, step: Step, tile_channels: int) -> tuple[tuple[str, Kernel], ...]:
        """What `quickest` says; it does not depend on rows."""
        channels = min(tile_channels, most_tile_channels(step))
        key = step.name, channels
        if key not in self._kernels:
            sized = replace(step, tile_channels=channels)
            self._kernels[key] = quickest(self.costs, self.graph, sized)
        return self._kernels[key]

    def _paced(self, choice: Choice) -> tuple[Step, ...]:
        rows = choice.rows
        last = self.steps[-1]
        if choice.summed:
            merged = Step((*self.steps[-2].layers, *last.layers), rows, last.limit)
            first = (replace(step, rows=self._ahead(step, rows)) for step in self.steps[:-2])
            return (*first, merged)
        before = min(rows, self.steps[-2].limit) if len(self.steps) > 1 else rows
        result = []
        for step in self.steps:
            if isinstance(step.layers[0], PixelTable):
                result.append(replace(step, rows=1))
            elif step is last:
                result.append(replace(step, rows=rows))
            elif self.bypasses:
                result.append(replace(step, rows=self._ahead(step, rows)))
            else:
                result.append(
                    replace(
                        step,
                        rows=max(1, before - last.convs[0].padding)
                        if rows < self.limit
                        else step.limit,
                    )
                )

        return tuple(result)

    @cached_property
    def bypasses(self) -> bool:
        """Whether something is added in it."""
        return any(step.add for step in self.steps)

    def _ahead(self, step: Step, rows: int) -> int:
        """Rows a turn of a STEP before those that decide, if the last one makes ROWS."""
        if not step.convs:
            return 1
        return step.limit if rows == self.limit else min(
            step.limit, rows * max(1, step.limit // self.limit)
        )

    def cost(self, choice: Choice) -> int:
        """Instructions that depend on CHOICE."""
        if choice not in self._costs:
            steps = self.steps_for(choice)
            self._costs[choice] = sum(step_cost(self.costs, self.graph, step) for step in steps)
        return self._costs[choice]

    @cached_property
    def _costs(self) -> dict[Choice, int]:
        return {}

    @cached_property
    def output_bytes(self) -> int:
        output = self.steps[-1].output
        return aligned(self.graph.tensor(output).size_bytes) if output else 0

    @cached_property
    def input_row_bytes(self) -> int:
        tensor = self.graph.tensor(self.steps[0].input)
        return tensor.width * tensor.channels

    @cached_property
    def input_rows(self) -> int:
        return self.graph.tensor(self.steps[0].input).height

    def inside(self, choice: Choice) -> tuple[int, int]:
        """
        (bytes that stay between turns, bytes needed during a turn) of what is inside the stage.
        """
        staying, passing = self._waiting(*choice.pace)
        scratch = max(self._scratch(choice).values(), default=0)

        return sum(staying.values()), scratch + max(passing.values(), default=0)

    def passing(self, choice: Choice) -> dict[str, int]:
        """
        A place for each buffer inside the stage of which nothing waits while other stages take
        turns: scratch lies at the bottom, rows and sums on it.
        """
        scratch = self._scratch(choice)
        above = max(scratch.values(), default=0)
        _, passing = self._waiting(*choice.pace)

        return dict.fromkeys(scratch, 0) | dict.fromkeys(passing, above)

    @cached_property
    def _known(self) -> dict[tuple[int, bool], tuple[dict[str, int], dict[str, int]]]:
        return {}

    def _waiting(self, rows: int, summed: bool) -> tuple[dict[str, int], dict[str, int]]:
        """Bytes of tensors that stay, and of those that pass."""
        if (rows, summed) not in self._known:
            self._known[rows, summed] = self._measure(Choice(rows, summed))
        return self._known[rows, summed]

    @cached_property
    def _scratches(self) -> dict[tuple[bool, int, bool], dict[str, int]]:
        return {}

    def _scratch(self, choice: Choice) -> dict[str, int]:
        """Bytes of scratch of each step that has some, however many rows."""
        key = choice.summed, choice.tile_channels, choice.quick
        if key not in self._scratches:
            steps = self.steps_for(replace(choice, rows=1))
            found = {step.scratch: scratch_of(self.graph, step) for step in steps}
            self._scratches[key] = {str(name): s.size for name, s in found.items() if s}
        return self._scratches[key]

    def _measure(self, choice: Choice) -> tuple[dict[str, int], dict[str, int]]:
        steps = self.steps_for(choice)
        geometries = [geometry(self.graph, step) for step in steps]
        order = turns(steps, geometries, fed=False)
        staying: dict[str, int] = {}
        passing: dict[str, int] = {}
        taken = 0  # bit t: something that passes is needed in turn t, all of it lies in one place
        squeeze = steps[-1].squeeze
        if squeeze is not None:
            taken = sum(1 << at for at, turn in enumerate(order) if turn.step == len(steps) - 1)
            width = self.graph.tensor(squeeze.output).width
            passing[str(steps[-1].sums)] = choice.rows * width * steps[-1].sums_bytes
        for step, wait in list(zip(steps, waits(steps, geometries, order)[1:], strict=True))[
            :-1
        ]:
            tensor = self.graph.tensor(str(step.output))
            size = aligned(min(wait.held, tensor.height) * tensor.width * tensor.channels)
            passes = not wait.alive & taken and _is_empty_between(wait, order, len(steps) - 1)
            taken |= wait.alive if passes else 0
            (passing if passes else staying)[tensor.name] = size

        return staying, passing


def _is_empty_between(wait: Wait, order: Sequence[Turn], last: int) -> bool:
    """
    Whether nothing of a tensor inside a stage waits whenever other stages may take turns: after
    the stage's LAST step went, and when its first step has to wait for input.
    """
    return all(
        wait.begun[at] <= wait.needed[at + 1]
        for at in range(len(order) - 1)
        if order[at].step == last or order[at + 1].step == 0
    )


def stages_of(graph: Graph, steps: Sequence[Step], costs: Costs = DSP) -> tuple[Stage, ...]:
    """
    All of STEPS, in order, in stages that cost COSTS.
    """
    groups: list[list[Step]] = []
    inside, begins = _bypasses(steps)
    for index, step in enumerate(steps):
        ends = bool(groups) and (index in begins or _ends_stage(groups[-1]))
        if not groups or (ends and index not in inside):
            groups.append([step])
        else:
            groups[-1].append(step)

    return tuple(Stage(graph, tuple(group), costs) for group in groups)


def _bypasses(steps: Sequence[Step]) -> tuple[set[int], set[int]]:
    """
    (indices of steps that a stage must not begin with, indices that one begins with): between the
    first and the last reader of a map lies no end of a stage, before the first one there is one.
    """
    inside: set[int] = set()
    begins: set[int] = set()
    for tensor in {step.input for step in steps}:
        readers = [i for i, step in enumerate(steps) if tensor in (step.input, step.addend)]
        inside |= set(range(readers[0] + 1, readers[-1] + 1))
        begins |= {readers[0]} if len(readers) > 1 else set()

    return inside, begins


def _ends_stage(group: Sequence[Step]) -> bool:
    """A stage ends after a 1x1 convolution that is stored as it is."""
    last = group[-1]
    convs = last.convs
    if last.add is not None:
        return False

    return len(convs) == 1 and last.pool is None and convs[0].kernel_height == 1
