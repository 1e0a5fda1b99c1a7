"""Prediction of networks that cannot be streamed: whole, or in tiles blended into one another.

Tiles go row after row along Z. A row adds to a slab of as many planes as a tile has; planes that no
later row touches are written at once, so that neither the volume nor the result is ever held.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, prod

import numpy as np
import torch

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.errors import ResourcesMissing
from gvtstudio.imaging.open_volume import OpenVolume, whole_box
from gvtstudio.imaging.seams import SeamCheck
from gvtstudio.imaging.tiling import (
    BlendedSlab,
    TileSpan,
    borders_between,
    split_axis,
    tile_starts,
)
from gvtstudio.prediction.device import is_out_of_memory
from gvtstudio.prediction.mirrored import SMALLEST_DEPTH

Shape3 = tuple[int, int, int]
Answer = Callable[[np.ndarray], np.ndarray]
Place = tuple[TileSpan, ...]

TILES: tuple[Shape3, ...] = (
    (64, 256, 256), (64, 192, 192), (32, 128, 128), (16, 128, 128), (16, 64, 64),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BlendSettings:
    """How to cut the work.

    Args:
        needs: Of the network.
        bytes_per_voxel: Tells what the network takes of a tile; only asked where it matters.
        free_bytes: Of memory, where the network computes.
        slab_bytes: Of the computer's memory, for the slab; ``None`` where it comes out of
            ``free_bytes``.
        tile: Given by the user; ``None`` to choose.
        batch: Most tiles at once; of a network for images, most planes.
        begin: Planes before this one are written already.
    """

    needs: PredictionNeeds
    bytes_per_voxel: Callable[[], float]
    free_bytes: int
    slab_bytes: int | None = None
    tile: Shape3 | None = None
    batch: int = 1
    begin: int = 0


@dataclass(frozen=True, slots=True)
class Blended:
    """What came of it.

    Args:
        tile: The last that was used, (Z, Y, X).
        seam_ratio: Steps where tiles meet, see ``SeamCheck``; ``None`` for a single tile.
    """

    tile: Shape3
    seam_ratio: float | None


@dataclass(frozen=True, slots=True)
class _Cut:
    tile: Shape3
    overlap: Shape3
    batch: int


def predict_blended(
    answer: Answer,
    volume: OpenVolume,
    settings: BlendSettings,
    report: Callable[[float], None],
    note: Callable[[int], None] | None = None,
) -> Blended:
    """The volume through the network, in the largest tiles that fit.

    Args:
        answer: The network: tiles side by side, (B, Z, Y, X) or (B, C, Z, Y, X) float32.
        volume: On the normalised scale, float32. What ``write`` is given is only valid
            during the call.
        settings: How to cut the work.
        report: Called with the share done; may raise ``Cancelled``.
        note: Called after each writing with the number of planes that are written.

    Raises:
        ResourcesMissing: Not enough memory even for the smallest tiles.
    """
    worst: list[float] = []
    for cut in _cuts(volume.shape, settings):
        work = _Blending(answer, volume, cut, settings)
        is_finished = _succeeds(work, report, note)
        if work.seam_ratio is not None:
            worst.append(work.seam_ratio)
        if is_finished:
            return Blended(cut.tile, max(worst, default=None))
        # only now, because the error held the tensors of the attempt
        torch.cuda.empty_cache()
        settings = replace(settings, begin=work.done)
    raise ResourcesMissing(
        f"There is not enough memory to restore {' × '.join(map(str, volume.shape))} voxels.",
        "Close other programs, or choose smaller tiles (--tile 16,64,64).",
    )


def _succeeds(
    work: "_Blending", report: Callable[[float], None], note: Callable[[int], None] | None
) -> bool:
    """Whether the memory sufficed to the end."""
    try:
        work.run(report, note)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    return True


class _Blending:
    """One attempt; what is written stays written.

    Args:
        answer: The network.
        volume: On the normalised scale.
        cut: Size of the tiles.
        settings: What the network needs, and how many planes are written already.
    """

    def __init__(
        self, answer: Answer, volume: OpenVolume, cut: _Cut, settings: BlendSettings
    ) -> None:
        self.done = settings.begin
        self._answer = answer
        self._volume = volume
        self._batch = cut.batch
        rows, *across = (
            split_axis(*axis) for axis in zip(volume.shape, cut.tile, cut.overlap, strict=True)
        )
        self._rows = [row for row in rows if row.stop > self.done]
        self._across = list(product(*across))
        borders = [borders_between(axis) for axis in (rows, *across)]
        if settings.needs.dims == 2:
            borders[0] = []  # planes are restored each by itself wherever they are cut
        self._seams = SeamCheck(volume.shape, borders)

    @property
    def seam_ratio(self) -> float | None:
        """Of the planes written in this attempt."""
        return self._seams.ratio

    def run(self, report: Callable[[float], None], note: Callable[[int], None] | None) -> None:
        """Row after row."""
        depth, height, width = self._volume.shape
        rows, begin = self._rows, self.done
        if not rows:
            return
        slab = BlendedSlab((len(rows[0].weights), height, width), rows[0].start)
        next_starts = [row.start for row in rows[1:]] + [depth]
        count, in_row = 0, len(self._across)
        for row, stop in zip(rows, next_starts, strict=True):
            for first in range(0, in_row, self._batch):
                places = [(row, *place) for place in self._across[first : first + self._batch]]
                self._add(slab, places)
                count += len(places)
                report((begin + count / (len(rows) * in_row) * (depth - begin)) / depth)
            self._write(slab, stop, note)

    def _add(self, slab: BlendedSlab, places: list[Place]) -> None:
        read = self._volume.read
        tiles = np.stack([read(tuple(axis.span for axis in place)) for place in places])
        for place, values in zip(places, self._answer(tiles), strict=True):
            slab.add(place, values)

    def _write(self, slab: BlendedSlab, stop: int, note: Callable[[int], None] | None) -> None:
        if self.done < stop:
            planes = slab.planes(self.done, stop)
            self._volume.write(((self.done, stop), *whole_box(planes.shape[-2:])), planes)
            self._seams.add(self.done, planes.reshape(-1, *planes.shape[-3:])[0])
            self.done = stop
            if note is not None:
                note(stop)
        slab.drop(stop)


def _cuts(shape: Shape3, settings: BlendSettings) -> Iterator[_Cut]:
    """What to try, one after the other: fewer tiles at once, then smaller ones."""
    tiles = [settings.tile] if settings.tile else [shape, *TILES]
    fitted = list(dict.fromkeys(_fitted(tile, shape, settings) for tile in tiles))
    for tile in fitted:
        overlap = _overlap(tile, shape, settings.needs)
        least = 1 if tile == fitted[-1] else 0
        most = tile[0] if settings.needs.dims == 2 else settings.batch
        fits = (
            least if most == least else max(min(_how_many_fit(tile, shape, settings), most), least)
        )
        if settings.needs.dims == 2:
            for n in _halves(fits):
                planes = ceil(shape[0] / ceil(shape[0] / n))  # as even as can be: none twice
                yield _Cut((planes, *tile[1:]), overlap, 1)
        else:
            axes = zip(shape[1:], tile[1:], overlap[1:], strict=True)
            in_row = prod(len(tile_starts(*axis)) for axis in axes)
            yield from (_Cut(tile, overlap, n) for n in _halves(min(fits, in_row)))


def _halves(count: int) -> Iterator[int]:
    while count >= 1:
        yield count
        count //= 2


def _fitted(tile: Shape3, shape: Shape3, settings: BlendSettings) -> Shape3:
    """Not larger than the volume; of images, not more than go side by side."""
    z, y, x = (min(t, n) for t, n in zip(tile, shape, strict=True))
    return (min(z, settings.batch) if settings.needs.dims == 2 else z), y, x


def _how_many_fit(tile: Shape3, shape: Shape3, settings: BlendSettings) -> int:
    """Tiles, or planes of a network for images, for which there is memory beside the slab."""
    free, depth = settings.free_bytes, tile[0]
    slab = np.dtype(np.float32).itemsize * depth * prod(shape[1:])
    if settings.slab_bytes is None:
        free -= slab
    elif slab > settings.slab_bytes:
        return 0
    planes = 1 if settings.needs.dims == 2 else max(depth, SMALLEST_DEPTH)
    return int(free // (settings.bytes_per_voxel() * planes * prod(tile[1:])))


def _overlap(tile: Shape3, shape: Shape3, needs: PredictionNeeds) -> Shape3:
    """Voxels that tiles share: what convolutions see, from a quarter to half of the tile.

    Windows share half of their width, as published (Liu et al. 2019: 128 with a stride of 64).
    """
    if needs.window:
        across = zip(tile[1:], shape[1:], strict=True)
        y, x = (0 if t >= n else t // 2 for t, n in across)
        return 0, y, x
    field = needs.receptive_field if needs.dims == 3 else (0, *needs.receptive_field)
    z, y, x = (
        0 if t >= n else min(max(reach or 0, t // 4), t // 2)
        for t, n, reach in zip(tile, shape, field, strict=True)
    )
    return (z if needs.dims == 3 else 0), y, x
