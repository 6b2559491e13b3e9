"""
SqueezeNets as different authors write them: small, seeded, ready for torch.export.
"""

import io
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import prune


class PlainFire(nn.Module):
    """As in the well known class, under other names."""

    def __init__(self, inputs: int, squeezed: int, left: int, right: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(inputs, squeezed, 1)
        self.reduce_act = nn.ReLU(inplace=True)
        self.one = nn.Conv2d(squeezed, left, 1)
        self.one_act = nn.ReLU(inplace=True)
        self.three = nn.Conv2d(squeezed, right, 3, padding=1)
        self.three_act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce_act(self.reduce(x))
        return torch.cat([self.one_act(self.one(x)), self.three_act(self.three(x))], 1)


class Plain(nn.Module):
    """Version 1.0 (wide stem, late pools) or 1.1 (small stem, early pools)."""

    def __init__(self, version: str) -> None:
        super().__init__()
        late = version == "1.0"
        pool = lambda: nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)  # noqa: E731
        self.body = nn.Sequential(
            nn.Conv2d(3, 6, 7 if late else 3, stride=2),
            nn.ReLU(inplace=True),
            pool(),
            PlainFire(6, 3, 4, 5),
            *([] if late else [pool()]),
            PlainFire(9, 3, 5, 4),
            *([pool()] if late else []),
            PlainFire(9, 4, 4, 4),
        )
        last = nn.Conv2d(8, 5, 1)
        self.top = nn.Sequential(
            nn.Dropout(0.5), last, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1))
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.top(self.body(x)), 1)


def conv_norm(inputs: int, outputs: int, size: int, **options: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, bias=False, **options),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class NormedFire(nn.Module):
    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = conv_norm(inputs, squeezed, 1)
        self.e1 = conv_norm(squeezed, expanded, 1)
        self.e3 = conv_norm(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x)
        return torch.cat((self.e1(x), self.e3(x)), dim=1)


class Normed(nn.Module):
    """BatchNorm after each convolution, fully connected head behind the average."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_norm(3, 8, 3, stride=2, padding=1)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.fire2, self.fire3 = NormedFire(8, 3, 6), NormedFire(12, 4, 5)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(10, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fire3(self.fire2(self.pool(self.stem(x))))
        x = F.dropout(self.gap(x), training=self.training)
        return self.fc(x.view(x.size(0), -1))


class Functional(nn.Module):
    """No modules but convolutions; head without ReLU, averaged by mean."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 6, 3, 2)
        self.s2, self.a2, self.b2 = (
            nn.Conv2d(6, 3, 1),
            nn.Conv2d(3, 4, 1),
            nn.Conv2d(3, 4, 3, 1, 1),
        )
        self.s3, self.a3, self.b3 = (
            nn.Conv2d(8, 4, 1),
            nn.Conv2d(4, 5, 1),
            nn.Conv2d(4, 3, 3, 1, 1),
        )
        self.c4 = nn.Conv2d(8, 9, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.c1(x)), 3, 2)
        x = F.relu(self.s2(x))
        x = F.relu(torch.cat([self.a2(x), self.b2(x)], 1))
        x = torch.relu(self.s3(F.max_pool2d(x, 2)))
        x = torch.cat([self.a3(x), self.b3(x)], -3).clamp(min=0)
        return self.c4(x).mean((2, 3))


class Beside(nn.ModuleList):
    """Branches of one map, joined."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self], 1)


def sequential() -> nn.Module:
    """Containers only; an average pool of the whole 7x7 map, then a convolution and Flatten."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 5, 2, 2),
        nn.ReLU(),
        nn.MaxPool2d(2, 2),
        nn.Conv2d(6, 3, 1),
        nn.ReLU(),
        Beside(
            [
                nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU()),
                nn.Sequential(nn.Conv2d(3, 4, 3, padding="same"), nn.ReLU()),
            ]
        ),
        nn.Identity(),
        nn.Conv2d(8, 9, 1),
        nn.AvgPool2d(8),
        nn.Flatten(),
    )


class Swapped(nn.Module):
    """Expands in another order, BatchNorm and ReLU behind them; some branches have no ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2, bias=False)
        self.squeeze = nn.Conv2d(6, 4, 1)
        self.branches = Beside([nn.Conv2d(4, 5, 3, 1, 1), nn.Conv2d(4, 3, 1)])
        self.norm = nn.BatchNorm2d(8)
        self.squeeze2 = nn.Conv2d(8, 4, 1)
        self.wide, self.mid, self.thin = (nn.Conv2d(4, n, n, 1, n // 2) for n in (5, 3, 1))
        self.head = nn.Conv2d(9, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.stem(x), 3, 2, ceil_mode=True).relu()
        x = F.relu_(self.norm(self.branches(self.squeeze(x))))
        x = self.squeeze2(x)
        x = torch.cat([self.wide(x), F.relu(self.mid(x)), self.thin(x)], 1)
        return F.adaptive_avg_pool2d(self.head(x), 1).squeeze(-1).squeeze(-1)


class Padded(nn.Module):
    """Zeros around the image, strides instead of pools, linear layers over a whole map."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.ZeroPad2d(2), nn.Conv2d(1, 5, 5, 2), nn.ReLU())
        self.down = nn.Conv2d(5, 4, 1, stride=2)
        self.left, self.right = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, padding=1)
        self.hidden, self.out = nn.Linear(8 * 3 * 3, 11), nn.Linear(11, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.down(self.stem(x)))
        x = F.max_pool2d(F.relu(torch.cat([self.left(x), self.right(x)], 1)), 3, 2, 0)
        return self.out(F.relu(self.hidden(x.flatten(1))))


class Averaged(nn.Module):
    """Gray; the average over flattened pixels, BatchNorm between linear layers without ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
            PlainFire(6, 2, 4, 3),
        )  # fmt: skip
        self.low, self.norm, self.high = nn.Linear(7, 4), nn.BatchNorm1d(4), nn.Linear(4, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x).flatten(2).mean(-1)
        return self.high(self.norm(self.low(x)))


AUTHORS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int, int]]] = {
    "version 1.0": (lambda: Plain("1.0"), (3, 41, 41)),
    "version 1.1": (lambda: Plain("1.1"), (3, 33, 40)),
    "batch norm": (Normed, (3, 32, 32)),
    "functional": (Functional, (3, 35, 35)),
    "sequential": (sequential, (3, 32, 32)),
    "swapped": (Swapped, (3, 30, 27)),
    "padded": (Padded, (1, 28, 28)),
    "averaged": (Averaged, (1, 28, 28)),
}


def written_by(author: str) -> nn.Module:
    """
    The network of AUTHOR, in eval mode.
    """
    torch.manual_seed(1)

    return as_if_trained(AUTHORS[author][0]())


def as_if_trained(network: nn.Module) -> nn.Module:
    """
    NETWORK in eval mode, with weights and statistics that are worth comparing.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.weight, std=1.4 * module.weight[0].numel() ** -0.5)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.2)
        elif isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.normal_(module.weight, mean=1.0, std=0.6)
            nn.init.normal_(module.bias, std=0.3)
            module.running_mean.normal_(std=0.3)
            module.running_var.uniform_(0.3, 2.0)

    return network.eval()


def pruned(author: str) -> nn.Module:
    """
    The same with half of each convolution pruned, masks still attached.
    """
    network = written_by(author)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            prune.l1_unstructured(module, "weight", amount=0.5)

    return network


def export(
    network: nn.Module,
    shape: tuple[int, ...],
    batch: int = 1,
    dynamic: bool = False,
    decomposed: bool = False,
) -> bytes:
    """
    What torch.export.save writes of NETWORK for images of SHAPE.
    """
    sizes = ({0: torch.export.Dim("n")},) if dynamic else None
    with warnings.catch_warnings(), io.BytesIO() as buffer:
        warnings.simplefilter("ignore")
        program = torch.export.export(
            network, (torch.zeros(batch, *shape),), dynamic_shapes=sizes
        )
        torch.export.save(program.run_decompositions() if decomposed else program, buffer)
        return buffer.getvalue()


@cache
def export_of(author: str) -> bytes:
    """
    The file of AUTHOR's network.
    """
    return export(written_by(author), AUTHORS[author][1])


def saved(author: str, path: Path) -> Path:
    """
    The same at PATH.
    """
    path.write_bytes(export_of(author))

    return path
