"""What the processes say to each other that train one network together, each on its own device."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from torch import distributed as dist

LONGEST_SILENCE = timedelta(hours=12)
"""A validation of large volumes may take long; those who are gone are noticed at once."""


class Team(Protocol):
    """What a learner needs of the others."""

    rank: int
    """Number of this process; that with 0 leads."""

    def mean(self, value: float) -> float:
        """Of all processes."""
        ...

    def average(self, gradients: Sequence[Tensor]) -> None:
        """Make of each gradient the mean over all processes."""
        ...


class Alone:
    """One process."""

    rank = 0

    def mean(self, value: float) -> float:
        """The value itself."""
        return value

    def average(self, gradients: Sequence[Tensor]) -> None:
        """They are the mean."""


ALONE = Alone()


class Together:
    """Several processes of one computer; all must do the same in the same order.

    Args:
        rank: Number of this process.
        size: How many there are.
        meeting_place: File by which they find each other; it must not exist yet.
    """

    def __init__(self, rank: int, size: int, meeting_place: Path) -> None:
        self.rank = rank
        self._size = size
        has_nccl = torch.cuda.is_available() and dist.is_nccl_available()
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if has_nccl else "gloo",
            store=dist.FileStore(str(meeting_place.absolute()), size),  # type: ignore[attr-defined]
            rank=rank,
            world_size=size,
            timeout=LONGEST_SILENCE,
        )

    def mean(self, value: float) -> float:
        """Of all processes; NaN or without end where that of any is."""
        summed = torch.tensor(value, dtype=torch.float64)
        dist.all_reduce(summed)
        return float(summed) / self._size

    def average(self, gradients: Sequence[Tensor]) -> None:
        """Make of each gradient the mean over all processes, in one exchange."""
        together = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(together)
        sizes = [gradient.numel() for gradient in gradients]
        pieces = torch.split_with_sizes(together / self._size, sizes)
        for gradient, piece in zip(gradients, pieces, strict=True):
            gradient.copy_(piece.view_as(gradient))

    def hand_out(self, orders: Sequence[Any] | None = None) -> Any:
        """What this process is to do: of what the leader gives, that with its number."""
        received: list[Any] = [None]
        given = None if orders is None else list(orders)
        dist.scatter_object_list(received, given, src=0)
        return received[0]

    def part(self) -> None:
        """Say nothing more."""
        dist.destroy_process_group()
