"""Volumes through a network that streams exactly, in three dimensions or plane by plane."""

from dataclasses import replace

import numpy as np
from torch import Tensor

from gvtstudio.imaging.open_volume import Box, OpenVolume, Span, slices_of, whole_box
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.checkpoint import Checkpoint, Watch, kept_is_there, work_left
from gvtstudio.prediction.device import DTYPES, on_device
from gvtstudio.prediction.flow import Flow, Region
from gvtstudio.prediction.mirrored import MirroredVolume, padded_size, padding_for
from gvtstudio.prediction.plan import (
    CARD_TILES,
    WORTH_MEASURING,
    Limits,
    Plan,
    fitted_tile,
    plan_prediction,
)
from gvtstudio.prediction.room import Room
from gvtstudio.prediction.settings import PredictionSettings, Shape3, parsed_size
from gvtstudio.prediction.spill_watch import SpillWatch
from gvtstudio.prediction.streaming import Ends, Read, StreamedPrediction, Write, tiles_of

PLANES_AT_ONCE = 16
"""Of a stack that goes plane by plane through a network for images."""


class StreamedVolumes:
    """Predicts volumes in tiles that exchange sums, so that tiles never change the result.

    Args:
        network: On its device, in prediction mode.
        settings: How to compute.
        precision: Of the arithmetic.
        room: What may be taken of memory and disk.
        watch: Hears how long every tile takes.

    Attributes:
        tile_used: Of the last volume, (Z, Y, X).
    """

    def __init__(
        self,
        network: Network,
        settings: PredictionSettings,
        precision: str,
        room: Room,
        watch: SpillWatch | None,
    ) -> None:
        self._flow = Flow(network, settings.outputs)
        self._needs = network.needs
        self._device = next(network.parameters()).device
        self._settings = settings
        self._precision = DTYPES[precision]
        self._room = room
        self._watch = watch
        self._tile = parsed_size(settings.tile, "tile", ("auto", "whole"))
        self._context = parsed_size(settings.context, "context", ("whole",))
        self._preferred: tuple[int, ...] = ()
        self.tile_used: Shape3 | None = None

    @property
    def projects(self) -> bool:
        """Whether volumes become images of a single plane."""
        return len(self._flow.steps[self._flow.answer].scale) < self._needs.dims

    def stream(self, volume: OpenVolume, watch: Watch) -> None:
        """Predict one volume."""
        if self._needs.dims == 2:
            self._stream_planes(volume, watch)
        else:
            self._stream_volume(volume, watch)

    def plan(self, shape: Shape3, *, lasts: bool) -> Plan:
        """How a volume would be predicted now.

        Args:
            shape: (Z, Y, X).
            lasts: Whether it may be gone on with after an interruption.
        """
        batch = min(PLANES_AT_ONCE, shape[0]) if self._needs.dims == 2 else 1
        return self._plan(padded_size(self._needs, shape), batch, lasts=lasts)

    def tile_choices(self, shape: Shape3) -> list[tuple[int, ...]]:
        """Sizes of tiles among which the fastest is worth finding; none where it is given.

        Args:
            shape: Of the volume, (Z, Y, X).
        """
        if self._tile != "auto":
            return []
        size = padded_size(self._needs, shape)
        sizes = (CARD_TILES if self._room.card() is not None else WORTH_MEASURING)[len(size)]
        fitted = [fitted_tile(self._needs, tile, size) for tile in sizes]
        return list(dict.fromkeys(fitted))

    def prefer(self, tile: tuple[int, ...]) -> None:
        """Take tiles of this size where it is not given and they fit."""
        self._preferred = tile

    def _stream_volume(self, volume: OpenVolume, watch: Watch) -> None:
        padded = MirroredVolume(volume.shape, volume.read, padding_for(self._needs, volume.shape))

        def read_tensor(region: Region) -> Tensor:
            return on_device(_with_channels(volume, padded.read(region))[None], self._device)

        def write_tensor(region: Region, values: Tensor) -> None:
            missing = len(padded.size) - len(region)  # a projection has no Z
            there, here = padded.inside((*whole_box(padded.size)[:missing], *region))
            if all(b > a for a, b in there):
                block = values[0].cpu().numpy()[(slice(None), *slices_of(here[missing:]))]
                if missing:
                    there, block = ((0, 1), *there[1:]), block[:, None]
                _write(volume, there, block)

        self._run(padded.size, 1, (read_tensor, write_tensor), watch)

    def _stream_planes(self, volume: OpenVolume, watch: Watch) -> None:
        """Planes go through a network for images side by side, a few at a time."""
        depth = volume.shape[0]
        begin = watch.start.plane // PLANES_AT_ONCE * PLANES_AT_ONCE
        for first in range(begin, depth, PLANES_AT_ONCE):
            count = min(PLANES_AT_ONCE, depth - first)
            self._stream_images(
                volume, (first, first + count), watch.of_planes(first, count, depth)
            )

    def _stream_images(self, volume: OpenVolume, planes: Span, watch: Watch) -> None:
        first, last = planes
        padding = padding_for(self._needs, volume.shape)
        padded = MirroredVolume(
            (last - first, *volume.shape[1:]),
            lambda region: volume.read((planes, *region[1:])),
            ((0, 0), *padding),
        )
        count, *size = padded.size

        def read_tensor(region: Region) -> Tensor:
            block = _with_channels(volume, padded.read(((0, count), *region)))
            return on_device(block.swapaxes(0, 1), self._device)

        def write_tensor(region: Region, values: Tensor) -> None:
            there, here = padded.inside(((0, count), *region))
            if all(b > a for a, b in there):
                block = values.cpu().numpy().swapaxes(0, 1)[(slice(None), *slices_of(here))]
                _write(volume, (planes, *there[1:]), block)

        self._run(tuple(size), count, (read_tensor, write_tensor), watch)

    def _run(
        self, size: tuple[int, ...], batch: int, ends: tuple[Read, Write], watch: Watch
    ) -> None:
        """Window after window; there is one, the whole, unless the context is limited."""
        plan, start = self._plan_from(size, batch, watch)
        work = StreamedPrediction(self._flow, plan.settings, self._watch)
        windows = self._windows(size)
        if len(windows) == 1:
            work.run(size, Ends(*ends, watch.report, watch.note), start=start)
        else:
            for number, window in enumerate(windows):
                work.run(size, Ends(*ends, watch.part(number, len(windows)).report), window)
        tile = work.smallest_tile
        self.tile_used = tile if len(tile) == 3 else (1, *tile)  # type: ignore[assignment]

    def _plan_from(
        self, size: tuple[int, ...], batch: int, watch: Watch
    ) -> tuple[Plan, Checkpoint]:
        """How to go on from a checkpoint with the least work, and from where."""
        start, lasts = watch.start, watch.note is not None
        fresh = self._plan(size, batch, lasts=lasts)
        if not start.tile or len(start.tile) != len(size):
            return fresh, Checkpoint()
        plan = self._plan(size, batch, start.tile, lasts=lasts)
        folder = plan.settings.folder if plan.settings.lasting else None
        if kept_is_there(self._flow, plan.settings.keep, folder, start):
            return plan, start
        if work_left(self._flow, start, size) * batch < fresh.work:
            bare = replace(plan.settings, keep=(), scratch=())
            return replace(plan, settings=bare), replace(start, kept={})
        return fresh, Checkpoint()

    def _plan(
        self, size: tuple[int, ...], batch: int, tile: tuple[int, ...] = (), *, lasts: bool = False
    ) -> Plan:
        limits = Limits(
            self._room.memory(), self._room.scratch(), self._settings.scratch,
            self._precision, self._room.card(),
            keeps=isinstance(self._context, str),  # else it would be of another window
            # a card is done sooner than a disk has taken all that
            lasting=lasts and self._settings.lasting and self._device.type == "cpu",
        )  # fmt: skip
        if tile:
            pass
        elif self._tile == "whole":
            tile = size
        elif not isinstance(self._tile, str):
            tile = fitted_tile(self._needs, self._tile[-len(size) :], size)
        return plan_prediction(
            self._flow, size, limits, batch=batch, tile=tile, first=self._preferred
        )

    def _windows(self, size: tuple[int, ...]) -> list[Region]:
        """What global operators see at once: the whole, or pieces of it side by side."""
        everything = whole_box(size)
        if isinstance(self._context, str):
            return [everything]
        return tiles_of(everything, fitted_tile(self._needs, self._context[-len(size) :], size))


def _with_channels(volume: OpenVolume, block: np.ndarray) -> np.ndarray:
    return block if volume.has_channels else block[None]


def _write(volume: OpenVolume, box: Box, block: np.ndarray) -> None:
    volume.write(box, block if volume.has_channels else block[0])
