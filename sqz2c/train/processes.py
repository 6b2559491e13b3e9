"""
One process or several: who I am, as torchrun tells it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

LONGEST_WAIT = timedelta(hours=12)  # for the first process to compress alone


@dataclass(frozen=True)
class Processes:
    """This one is number RANK of COUNT; number 0 writes files."""

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def share(self, network: nn.Module) -> nn.Module:
        """Give NETWORK so that gradients are averaged over all processes."""
        if self.count == 1:
            return network

        return DistributedDataParallel(network)

    def sum(self, value: float) -> float:
        """Add up VALUE over all processes."""
        if self.count == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64)
        dist.all_reduce(total)

        return float(total)

    def agree(self, text: str | None) -> str | None:
        """Give all processes the TEXT of the first."""
        if self.count == 1:
            return text
        shared = [text]
        dist.broadcast_object_list(shared)

        return shared[0]

    def wait(self) -> None:
        """Go on when all processes are here, so that what the first has written is there."""
        if self.count > 1:
            dist.barrier()


ALONE = Processes()


@contextmanager
def joined_processes() -> Iterator[Processes]:
    """
    Within this context processes that torchrun has started know each other (gloo); any other
    process is alone.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    dist.init_process_group("gloo", timeout=LONGEST_WAIT)
    try:
        yield Processes(dist.get_rank(), count)
    finally:
        dist.destroy_process_group()
