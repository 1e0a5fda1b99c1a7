"""One volume through one network: exactly, in bounded memory, where the network allows it.

Networks that stream exactly are predicted in tiles that exchange sums, so that tiles never change
the result. The others (softmax attention, instance norm) are predicted whole where that fits, and
else in overlapping tiles blended into one another.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np
import psutil
import torch
from torch import Tensor

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import Precision
from gvtstudio.imaging.open_volume import OpenVolume, Span, slices_of, whole_box
from gvtstudio.imaging.tiling import mirrored_to_depth
from gvtstudio.networks.layers.memory_format import channels_last, lay_out
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.blended import BlendSettings, predict_blended
from gvtstudio.prediction.checkpoint import (
    Checkpoint,
    Course,
    Watch,
    kept_bytes,
    kept_is_there,
    work_left,
)
from gvtstudio.prediction.device import DTYPES, choose_device, choose_precision
from gvtstudio.prediction.flips import flipped, with_flips
from gvtstudio.prediction.flow import Flow, Region
from gvtstudio.prediction.memory import BESIDE_THE_TILES, available_bytes
from gvtstudio.prediction.mirrored import SMALLEST_DEPTH, MirroredVolume, padded_size, padding_for
from gvtstudio.prediction.plan import Limits, Plan, fitted_tile, plan_prediction
from gvtstudio.prediction.spill_watch import SpillWatch
from gvtstudio.prediction.streaming import (
    Ends,
    Read,
    StreamedPrediction,
    Write,
    tiles_of,
)

Shape3 = tuple[int, int, int]
Report = Callable[[int, int], None]

MEMORY_SHARE = 0.6
"""Of the free memory that is used unless the user says how much; the rest is for others."""
PLANES_AT_ONCE = 16
"""Of a stack that goes plane by plane through a network for images."""
TILES_ON_CARD = 8
"""At most, side by side, of a network that is predicted in blended tiles."""


@dataclass(frozen=True, slots=True)
class PredictionSettings:
    """How to compute.

    Args:
        device: ``auto``, ``cpu``, ``cuda:0`` …
        precision: Of the arithmetic.
        tile: How the work is cut: ``auto``, ``whole`` or ``Z,Y,X``. Changes nothing of the result
            where the network streams exactly.
        memory: Bytes of the computer's memory that the whole program may take; 0 takes a share of
            what is free.
        context: What global operators may see: ``whole`` or ``Z,Y,X``.
        scratch: Folder for activations that do not fit the memory.
        lasting: Whether these outlast an interruption, so that it can be gone on from there.
        flips: Whether to average over the volume and its mirror images.
    """

    device: str = "auto"
    precision: Precision = "auto"
    tile: str = "auto"
    memory: int = 0
    context: str = "whole"
    scratch: Path | None = None
    lasting: bool = False
    flips: bool = False


class VolumePredictor:
    """Applies a network to normalised volumes.

    Args:
        network: With its weights, in float32.
        settings: How to compute.
        warn: Hears that a graphics card has become slow, and what to do.

    Raises:
        UsageError: No such device, or a tile that is none.
        ResourcesMissing: The graphics card cannot be used.
    """

    def __init__(
        self,
        network: Network,
        settings: PredictionSettings,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.device = choose_device(settings.device)
        self.precision = choose_precision(settings.precision, self.device)
        self._tile = parsed_size(settings.tile, "tile", ("auto", "whole"))
        self._context = parsed_size(settings.context, "context", ("whole",))
        self._settings = settings
        self._network: Network = network.to(self.device).eval()
        lay_out(self._network)
        self._dims = network.needs.dims
        self._flow = Flow(self._network) if network.needs.streams_exactly else None
        if self._flow is None and not isinstance(self._context, str):
            raise UsageError(
                "This network cannot be told how far to look.",
                "Leave out --context, or choose smaller tiles (--tile), which limit it too.",
            )
        may_spill = self.device.type == "cuda" and sys.platform == "win32"
        self._watch = SpillWatch(warn) if warn is not None and may_spill else None
        self.tile_used: Shape3 | None = None
        self.seam_ratio: float | None = None

    def predict(self, volume: np.ndarray, report: Report) -> np.ndarray:
        """Restore one volume that is in memory.

        Args:
            volume: (Z, Y, X) float32, normalised.
            report: Called with (voxels done, voxels in all); may raise ``Cancelled``.

        Returns:
            (Z, Y, X) float32 on the normalised scale.

        Raises:
            ResourcesMissing: Not enough memory even for the smallest tiles.
        """
        restored = np.empty(volume.shape, np.float32)

        def write(region: Region, values: np.ndarray) -> None:
            restored[slices_of(region)] = values

        shape: Shape3 = volume.shape
        self.stream(
            OpenVolume(shape, lambda region: volume[slices_of(region)], write), Course(report)
        )
        return restored

    def stream(self, volume: OpenVolume, course: Course) -> None:
        """Restore one volume that need not be in memory.

        Args:
            volume: Normalised voxels in, float32, and restored ones out.
            course: Hears how it goes.

        Raises:
            ResourcesMissing: Not enough memory even for the smallest tiles.
        """
        total = prod(volume.shape)

        def report(share: float) -> None:
            course.report(int(share * total), total)

        if self._settings.flips:
            # what is summed up over the flips does not outlast an interruption
            for part in flipped(volume, self._settings.scratch, report):
                self._stream(part.volume, Watch(part.report))
        else:
            self._stream(volume, Watch(report, course.note, course.start))
        course.report(total, total)

    def _stream(self, volume: OpenVolume, watch: Watch) -> None:
        if self._flow is None:
            self._blend(volume, watch)
        elif self._dims == 2:
            self._stream_planes(volume, watch)
        else:
            self._stream_volume(volume, watch)

    def _blend(self, volume: OpenVolume, watch: Watch) -> None:
        on_written = watch.note
        note = None if on_written is None else lambda done: on_written(lambda: Checkpoint(done))
        card = self._card_bytes()
        tile = None if isinstance(self._tile, str) else self._tile
        settings = BlendSettings(
            self._network.needs,
            self._free_bytes() if card is None else card,
            slab_bytes=None if card is None else self._free_bytes(),
            tile=volume.shape if self._tile == "whole" else tile,
            # small tiles stay in the processor's cache, and leave a card idle
            batch=PLANES_AT_ONCE if self._dims == 2 else 1 if card is None else TILES_ON_CARD,
            begin=watch.start.plane,
        )
        blended = predict_blended(self._answer, volume, settings, watch.report, note)
        self.tile_used, self.seam_ratio = blended.tile, blended.seam_ratio

    def plan(self, shape: Shape3) -> Plan | None:
        """How a volume would be predicted now; ``None`` for networks that do not stream."""
        if self._flow is None:
            return None
        batch = min(PLANES_AT_ONCE, shape[0]) if self._dims == 2 else 1
        plan = self._plan(
            padded_size(self._network.needs, shape), batch, lasts=self._settings.lasting
        )
        return with_flips(plan, shape, self._settings.scratch) if self._settings.flips else plan

    def _stream_volume(self, volume: OpenVolume, watch: Watch) -> None:
        padded = MirroredVolume(
            volume.shape, volume.read, padding_for(self._network.needs, volume.shape)
        )

        def read_tensor(region: Region) -> Tensor:
            return self._tensor(padded.read(region)[None, None])

        def write_tensor(region: Region, values: Tensor) -> None:
            there, here = padded.inside(region)
            if all(b > a for a, b in there):
                volume.write(there, values[0, 0].float().cpu().numpy()[slices_of(here)])

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
        padding = padding_for(self._network.needs, volume.shape)
        padded = MirroredVolume(
            (last - first, *volume.shape[1:]),
            lambda region: volume.read((planes, *region[1:])),
            ((0, 0), *padding),
        )
        count, *size = padded.size

        def read_tensor(region: Region) -> Tensor:
            return self._tensor(padded.read(((0, count), *region))[:, None])

        def write_tensor(region: Region, values: Tensor) -> None:
            there, here = padded.inside(((0, count), *region))
            if all(b > a for a, b in there):
                result = values[:, 0].float().cpu().numpy()[slices_of(here)]
                volume.write((planes, *there[1:]), result)

        self._run(tuple(size), count, (read_tensor, write_tensor), watch)

    def _run(
        self, size: tuple[int, ...], batch: int, ends: tuple[Read, Write], watch: Watch
    ) -> None:
        """Window after window; there is one, the whole, unless the context is limited."""
        plan, start = self._plan_from(size, batch, watch)
        work = StreamedPrediction(self._flow_here, plan.settings, self._watch)
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
        start, lasts = watch.start, self._settings.lasting and watch.note is not None
        fresh = self._plan(size, batch, lasts=lasts)
        if not start.tile or len(start.tile) != len(size):
            return fresh, Checkpoint()
        flow, plan = self._flow_here, self._plan(size, batch, start.tile, lasts=lasts)
        folder = plan.settings.folder if plan.settings.lasting else None
        if kept_is_there(flow, plan.settings.keep, folder, start):
            return plan, start
        if work_left(flow, start, size) * batch < fresh.work:
            bare = replace(plan.settings, keep=(), scratch=())
            return replace(plan, settings=bare), replace(start, kept={})
        return fresh, Checkpoint()

    def _plan(
        self, size: tuple[int, ...], batch: int, tile: tuple[int, ...] = (), *, lasts: bool = False
    ) -> Plan:
        flow = self._flow_here
        limits = Limits(
            self._free_bytes(), self._scratch_bytes(), self._settings.scratch,
            DTYPES[self.precision], self._card_bytes(),
            keeps=isinstance(self._context, str),  # else it would be of another window
            # a card is done sooner than a disk has taken all that
            lasting=lasts and self.device.type == "cpu",
        )  # fmt: skip
        if tile:
            pass
        elif self._tile == "whole":
            tile = size
        elif not isinstance(self._tile, str):
            tile = fitted_tile(self._network.needs, self._tile[-len(size) :], size)
        return plan_prediction(flow, size, limits, batch=batch, tile=tile)

    def _windows(self, size: tuple[int, ...]) -> list[Region]:
        """What global operators see at once: the whole, or pieces of it side by side."""
        everything = whole_box(size)
        if isinstance(self._context, str):
            return [everything]
        return tiles_of(
            everything, fitted_tile(self._network.needs, self._context[-len(size) :], size)
        )

    @property
    def _flow_here(self) -> Flow:
        assert self._flow is not None
        return self._flow

    def _answer(self, tiles: np.ndarray) -> np.ndarray:
        """The network's answer for tiles side by side, (B, Z, Y, X); thin ones are mirrored."""
        count, depth, *size = tiles.shape
        if self._dims == 2:
            planes = self._tensor(tiles.reshape(count * depth, 1, *size))
            return self._mean(planes).reshape(tiles.shape)
        deep = np.stack([mirrored_to_depth(tile, SMALLEST_DEPTH) for tile in tiles])
        before = (deep.shape[1] - depth) // 2
        return self._mean(self._tensor(deep[:, None]))[:, before : before + depth]

    def _mean(self, values: Tensor) -> np.ndarray:
        """What the network makes of one channel, without its axis."""
        precision = DTYPES[self.precision]
        with (
            torch.inference_mode(),
            torch.autocast(self.device.type, precision, enabled=self.precision != "float32"),
        ):
            mean: np.ndarray = self._network(values).mean[:, 0].float().cpu().numpy()
        return mean

    def _tensor(self, values: np.ndarray) -> Tensor:
        return channels_last(torch.from_numpy(np.ascontiguousarray(values)).to(self.device))

    def _free_bytes(self) -> int:
        """What may be taken of the computer's memory beside the program itself."""
        available = available_bytes()
        if not self._settings.memory:
            return int(MEMORY_SHARE * available)
        taken = int(psutil.Process().memory_info().rss)
        return min(self._settings.memory - taken - BESIDE_THE_TILES, available)

    def _card_bytes(self) -> int | None:
        """What may be taken of the card's memory; ``None`` where the processor computes."""
        if self.device.type == "cpu":
            return None
        free = int(torch.cuda.mem_get_info(self.device)[0])
        # torch holds on to what earlier tiles took, and gives it to the next ones
        held = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return int(MEMORY_SHARE * (free + held))

    def _scratch_bytes(self) -> int:
        folder = self._settings.scratch
        if folder is None:
            return 0
        return int(MEMORY_SHARE * shutil.disk_usage(folder).free) + kept_bytes(folder)


def parsed_size(text: str, what: str, words: tuple[str, ...]) -> Shape3 | str:
    """``Z,Y,X`` or one of the words.

    Raises:
        UsageError: Neither of them.
    """
    if text in words:
        return text
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(
            f'"{text}" is no {what} size.',
            f"Give {', '.join(words)}, or Z,Y,X in voxels such as 32,128,128.",
        )
    z, y, x = (int(part) for part in parts)
    return (z, y, x)
