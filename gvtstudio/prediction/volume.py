"""One volume through one network: exactly, in bounded memory, where the network allows it.

Networks that stream exactly are predicted in tiles that exchange sums, so that tiles never change
the result. The others (softmax attention, instance norm) are predicted whole where that fits, and
else in overlapping tiles blended into one another.
"""

import sys
from collections.abc import Callable
from functools import partial
from math import prod

import numpy as np
import torch

from gvtstudio.domain.errors import UsageError
from gvtstudio.imaging.brightness import with_brightness_of
from gvtstudio.imaging.open_volume import OpenVolume, slices_of
from gvtstudio.imaging.tiling import mirrored_to_depth
from gvtstudio.networks.layers.memory_format import lay_out
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.allocation import freed_memory_reused
from gvtstudio.prediction.blended import BlendSettings, predict_blended
from gvtstudio.prediction.checkpoint import Checkpoint, Course, Watch
from gvtstudio.prediction.device import DTYPES, choose_device, choose_precision, on_device
from gvtstudio.prediction.exact import PLANES_AT_ONCE, StreamedVolumes
from gvtstudio.prediction.flips import flipped, with_flips
from gvtstudio.prediction.flow import Region
from gvtstudio.prediction.footprint import bytes_per_voxel
from gvtstudio.prediction.mirrored import SMALLEST_DEPTH
from gvtstudio.prediction.plan import Plan
from gvtstudio.prediction.room import Room
from gvtstudio.prediction.settings import PredictionSettings, Shape3, parsed_size
from gvtstudio.prediction.spill_watch import SpillWatch
from gvtstudio.prediction.surroundings import with_surroundings

Report = Callable[[int, int], None]

TILES_ON_CARD = 8
"""At most, side by side, of a network that is predicted in blended tiles."""


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
        self._settings = settings
        self._network: Network = network.to(self.device).eval()
        lay_out(self._network)
        self._dims = network.needs.dims
        self.room = Room(self.device, settings)
        self._streamed = self._streamed_volumes(warn)
        self._footprint: float | None = None
        self.tile_used: Shape3 | None = None
        self.seam_ratio: float | None = None
        self.learning_steps = 0

    def _streamed_volumes(self, warn: Callable[[str], None] | None) -> StreamedVolumes | None:
        context = parsed_size(self._settings.context, "context", ("whole",))
        if self._network.needs.streams_exactly:
            may_spill = self.device.type == "cuda" and sys.platform == "win32"
            watch = SpillWatch(warn) if warn is not None and may_spill else None
            return StreamedVolumes(self._network, self._settings, self.precision, self.room, watch)
        if not isinstance(context, str):
            raise UsageError(
                "This network cannot be told how far to look.",
                "Leave out --context, or choose smaller tiles (--tile), which limit it too.",
            )
        return None

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
        self.seam_ratio = None

        def report(share: float) -> None:
            course.report(int(share * total), total)

        if self._settings.flips:
            # what is summed up over the flips does not outlast an interruption
            depth = 1 if self.projects else volume.shape[0]
            for part in flipped(volume, depth, self._settings.scratch, report):
                self._stream(part.volume, Watch(part.report))
        else:
            self._stream(volume, Watch(report, course.note, course.start))
        course.report(total, total)

    def _stream(self, volume: OpenVolume, watch: Watch) -> None:
        if self._streamed is None:
            self._blend(volume, watch)
        else:
            with freed_memory_reused():
                self._streamed.stream(volume, watch)
            self.tile_used = self._streamed.tile_used

    def _blend(self, volume: OpenVolume, watch: Watch) -> None:
        on_written = watch.note
        note = None if on_written is None else lambda done: on_written(lambda: Checkpoint(done))
        card = self.room.card()
        window = self._network.needs.window
        if window:
            volume = with_surroundings(volume, window)
        settings = BlendSettings(
            self._network.needs,
            partial(self._bytes_per_voxel, volume),
            self.room.memory() if card is None else card,
            slab_bytes=None if card is None else self.room.memory(),
            tile=self._blended_tile(volume.shape, window),
            # small tiles stay in the processor's cache, and leave a card idle
            batch=PLANES_AT_ONCE if self._dims == 2 else 1 if card is None else TILES_ON_CARD,
            begin=watch.start.plane,
        )
        blended = predict_blended(self._answer, volume, settings, watch.report, note)
        self.tile_used = blended.tile
        # the worst of all mirror images
        ratios = [one for one in (self.seam_ratio, blended.seam_ratio) if one is not None]
        self.seam_ratio = max(ratios, default=None)

    def _bytes_per_voxel(self, volume: OpenVolume) -> float:
        """Counted on the first volume, for all."""
        if self._footprint is None:
            self._footprint = bytes_per_voxel(self._answer, volume, self._network.needs)
        return self._footprint

    def _blended_tile(self, shape: Shape3, window: int) -> Shape3 | None:
        """What tiles are wanted; a network that works in windows knows no other size."""
        if window:
            return shape[0], window, window
        if isinstance(self._tile, str):
            return shape if self._tile == "whole" else None
        return self._tile

    def plan(self, shape: Shape3) -> Plan | None:
        """How a volume would be predicted now; ``None`` for networks that do not stream."""
        if self._streamed is None:
            return None
        flips = self._settings.flips
        plan = self._streamed.plan(shape, lasts=not flips)
        return with_flips(plan, shape, self._settings.scratch) if flips else plan

    @property
    def in_channels(self) -> int:
        """Channels that go in together."""
        return self._network.in_channels

    @property
    def takes_images(self) -> bool:
        """Whether planes go in one by one, and not volumes."""
        return self._dims == 2

    @property
    def outputs(self) -> tuple[str, ...]:
        """The network's words for what becomes the channels of a result; empty for its first."""
        return self._settings.outputs

    @property
    def projects(self) -> bool:
        """Whether volumes become images of a single plane."""
        return self._streamed is not None and self._streamed.projects

    def tile_choices(self, shape: Shape3) -> list[tuple[int, ...]]:
        """Sizes of tiles among which the fastest is worth finding, for volumes of a shape."""
        return [] if self._streamed is None else self._streamed.tile_choices(shape)

    def prefer(self, tile: tuple[int, ...]) -> None:
        """Take tiles of this size where it is not given and they fit."""
        if self._streamed is not None:
            self._streamed.prefer(tile)

    def _answer(self, tiles: np.ndarray) -> np.ndarray:
        """The network's answer for tiles side by side, (B, Z, Y, X) or with channels (B, C, …).

        Thin ones are mirrored.
        """
        has_channels = tiles.ndim == 5
        tiles = tiles if has_channels else tiles[:, None]
        count, channels, depth, *size = tiles.shape
        if self._dims == 2:
            planes = tiles.swapaxes(1, 2).reshape(count * depth, channels, *size)
            answers = self._answers(planes)
            answer = answers.reshape(count, depth, *answers.shape[1:]).swapaxes(1, 2)
        else:
            deep = np.stack([mirrored_to_depth(tile, SMALLEST_DEPTH) for tile in tiles])
            before = (deep.shape[2] - depth) // 2
            answer = self._answers(deep)[:, :, before : before + depth]
            if self._network.needs.forgets_brightness:
                answer = with_brightness_of(tiles, answer)
        return answer if has_channels else answer[:, 0]

    def _answers(self, values: np.ndarray) -> np.ndarray:
        """What the network makes of a batch, (B, C, *size) float32."""
        precision = DTYPES[self.precision]
        with (
            torch.inference_mode(),
            torch.autocast(self.device.type, precision, enabled=self.precision != "float32"),
        ):
            takes_windows = self._network.needs.window > 0
            answer = self._network.evaluate_centre if takes_windows else self._network
            every = answer(on_device(values, self.device))
            names = self._settings.outputs or every._fields[:1]
            wanted = [getattr(every, name).float() for name in names]
            answers: np.ndarray = torch.cat(wanted, 1).cpu().numpy()
        return answers
