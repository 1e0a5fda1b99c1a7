"""The batch of every step, drawn ahead by threads while the step before is computed."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.domain.training_parameters import NO_AUGMENTATION
from gvtstudio.training.augmentations import AUGMENTATIONS

SEED_STRIDE = 1_000_003
AHEAD_PER_WORKER = 2

Batch = tuple[Tensor, Tensor]
"""Input and target, both with the axis of the batch in front."""
DrawPatch = Callable[[int, torch.Generator], tuple[Tensor, Tensor]]
"""Number of the patch, source of randomness → input and target, (C, Z, Y, X)."""


def step_seed(seed: int, step: int) -> int:
    """Seed of everything random in one step."""
    return seed * SEED_STRIDE + step


class PatchBatches:
    """Batches of patches; that of step n follows from the seed and n alone.

    Args:
        draw: Gives one patch.
        size: Patches of a batch.
        seed: Of the training.
        augmentation: Row of ``AUGMENTATIONS``, or none.
    """

    def __init__(
        self, draw: DrawPatch, size: int, seed: int, augmentation: str = NO_AUGMENTATION
    ) -> None:
        self._draw = draw
        self._size = size
        self._seed = seed
        self._augment: Callable[..., Batch] | None = None
        if augmentation != NO_AUGMENTATION:
            row = look_up(AUGMENTATIONS, "augmentation", augmentation)
            self._augment = load_callable(row.apply)

    def __call__(self, step: int) -> Batch:
        """The batch of a step, counted from 0: input and target, (B, C, Z, Y, X)."""
        generator = torch.Generator().manual_seed(step_seed(self._seed, step))
        drawn = []
        for i in range(self._size):
            image, target = self._draw(step * self._size + i, generator)
            if self._augment is not None:
                image, target = self._augment(image, target, generator)
            drawn.append((image, target))
        images, targets = zip(*drawn, strict=True)
        return torch.stack(images), torch.stack(targets)


class AheadOfTime:
    """Draws the next batches in threads; which one is given does not depend on how many there are.

    Args:
        draw: Gives the batch of a step; called from several threads.
        workers: Threads; with 0 a batch is drawn when it is asked for.
        stop: Steps from this one on are not drawn ahead.
    """

    def __init__(self, draw: Callable[[int], Batch], workers: int, stop: int) -> None:
        self._draw = draw
        self._stop = stop
        self._ahead = AHEAD_PER_WORKER * workers
        self._pool = ThreadPoolExecutor(workers, "batches") if workers else None
        self._coming: dict[int, Future[Batch]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._coming.clear()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def batch(self, step: int) -> Batch:
        """The batch of a step; the following ones are begun."""
        if self._pool is None:
            return self._draw(step)
        wanted = range(step, min(step + 1 + self._ahead, self._stop))
        # after a step back, what was begun for later steps is begun again
        kept = {n: self._coming[n] for n in wanted if n in self._coming}
        self._coming = {n: kept.get(n) or self._pool.submit(self._draw, n) for n in wanted}
        return self._coming.pop(step).result()
