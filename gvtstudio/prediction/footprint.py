"""How much memory a network takes for each voxel, counted while it works on one small tile.

What torch gives out is counted tensor by tensor, because what the process holds also tells of
everything it ever did. Beside that there are the tile and its answer, and what the library of the
convolutions lays out anew for itself.
"""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.imaging.open_volume import OpenVolume
from gvtstudio.prediction.mirrored import SMALLEST_DEPTH

COUNTED_ON = (SMALLEST_DEPTH, 64, 64)
"""Voxels: so many that the weights hardly count, and a second of work."""
BESIDE_TORCH = 150
"""Bytes per voxel; the process grew by 20 to 190 beyond the tensors of narrow networks, the most in
float32, where the library of the convolutions lays few channels out as sixteen."""
SAFETY = 1.2
"""The process grew by 0.95 to 1.18 times the tensors of wide networks, the most where layers with
many channels out are laid out anew."""


def bytes_per_voxel(
    answer: Callable[[np.ndarray], np.ndarray], volume: OpenVolume, needs: PredictionNeeds
) -> float:
    """Most that is held at once, over the voxels of the tile that are answered.

    Args:
        answer: The network: tiles side by side, (B, Z, Y, X) or (B, C, Z, Y, X) float32.
        volume: Whose first voxels are the tile.
        needs: Of the network.
    """
    depth, *across = volume.shape
    most = COUNTED_ON if not needs.window else (depth, needs.window, needs.window)
    height, width = (min(n, least) for n, least in zip(across, most[1:], strict=True))
    planes = 1 if needs.dims == 2 else min(depth, most[0])
    tile = volume.read(((0, planes), (0, height), (0, width)))[None]
    with _Tensors() as tensors:
        answer(tile)
    counted = 1 if needs.dims == 2 else max(planes, SMALLEST_DEPTH)
    of_tensors: float = tensors.most_bytes / (counted * height * width)
    return SAFETY * of_tensors + BESIDE_TORCH


class _Tensors(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all tensors that are made within and not yet given back."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most_bytes = 0
        self._held: dict[int, int] = {}

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, torch.Tensor):
                self._hold(leaf.untyped_storage())
        return made

    def _hold(self, storage: torch.UntypedStorage) -> None:
        if id(storage) not in self._held:  # several tensors may share one
            self._held[id(storage)] = storage.nbytes()
            weakref.finalize(storage, self._held.pop, id(storage))
            self.most_bytes = max(self.most_bytes, sum(self._held.values()))
