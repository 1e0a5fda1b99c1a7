"""Prediction of networks that cannot be streamed: whole, or in tiles blended into one another."""

from collections.abc import Callable, Iterator
from math import prod

import numpy as np
import torch

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.errors import ResourcesMissing
from gvtstudio.imaging.tiling import BlendedVolume, split_into_tiles
from gvtstudio.prediction.device import is_out_of_memory

Shape3 = tuple[int, int, int]
Answer = Callable[[np.ndarray], np.ndarray]

BYTES_PER_VOXEL = 12_000
"""Of CNNT in float32, the hungriest of them, measured on the processor."""
TILES: tuple[Shape3, ...] = ((64, 256, 256), (32, 128, 128), (16, 128, 128), (16, 64, 64))


def predict_blended(
    answer: Answer,
    volume: np.ndarray,
    needs: PredictionNeeds,
    tile: Shape3 | None,
    free_bytes: int,
    report: Callable[[float], None],
) -> tuple[np.ndarray, Shape3]:
    """The volume through the network, in the largest tiles that fit.

    Args:
        answer: The network.
        volume: (Z, Y, X) float32, normalised.
        needs: Of the network.
        tile: Given by the user; ``None`` to choose.
        free_bytes: Of memory.
        report: Called with the share done; may raise ``Cancelled``.

    Returns:
        (Z, Y, X) float32, and the tile that was used.

    Raises:
        ResourcesMissing: Not enough memory even for the smallest tiles.
    """
    shape: Shape3 = volume.shape
    for one in [tile] if tile else _choices(shape, free_bytes):
        try:
            return _predicted(answer, volume, needs, one, report), one
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            torch.cuda.empty_cache()
    raise ResourcesMissing(
        f"There is not enough memory to restore {' × '.join(map(str, shape))} voxels.",
        "Close other programs, or choose smaller tiles (--tile 16,64,64).",
    )


def _choices(shape: Shape3, free_bytes: int) -> Iterator[Shape3]:
    fits = free_bytes // BYTES_PER_VOXEL
    if prod(shape) <= fits:
        yield shape
    for tile in TILES:
        if prod(tile) <= fits or tile == TILES[-1]:
            yield tile


def _predicted(
    answer: Answer,
    volume: np.ndarray,
    needs: PredictionNeeds,
    tile: Shape3,
    report: Callable[[float], None],
) -> np.ndarray:
    shape = volume.shape
    overlap = tuple(
        0 if t >= n else min(max(reach, t // 4), t // 2)
        for t, n, reach in zip(tile, shape, _reach(needs), strict=True)
    )
    tiles = split_into_tiles(shape, tile, overlap)
    if len(tiles) == 1:
        restored = answer(volume)
        report(1.0)
        return restored
    blended = BlendedVolume(shape, overlap)
    for number, place in enumerate(tiles, start=1):
        blended.add(place, answer(volume[place]))
        report(number / len(tiles))
    return blended.finished()


def _reach(needs: PredictionNeeds) -> tuple[int, ...]:
    """How far the convolutions see, (Z, Y, X); an axis seen as a whole has no reach."""
    field = needs.receptive_field
    reach = field if len(field) == 3 else (0, *field)
    return tuple(0 if r is None else r for r in reach)
