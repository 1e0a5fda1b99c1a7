"""One volume through one network: exactly, in bounded memory, where the network allows it.

Networks that stream exactly are predicted in tiles that exchange sums, so that tiles never change
the result. The others (softmax attention, instance norm) are predicted whole where that fits, and
else in overlapping tiles blended into one another.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import psutil
import torch
from torch import Tensor

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import Precision
from gvtstudio.imaging.open_volume import OpenVolume, slices_of, whole_box
from gvtstudio.imaging.tiling import mirrored_to_depth
from gvtstudio.networks.layers.memory_format import channels_last, lay_out
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.blended import BlendSettings, predict_blended
from gvtstudio.prediction.device import DTYPES, choose_device, choose_precision
from gvtstudio.prediction.flow import Flow, Region
from gvtstudio.prediction.mirrored import (
    SMALLEST_DEPTH,
    MirroredVolume,
    ReadArray,
    padded_size,
    padding_for,
)
from gvtstudio.prediction.plan import Limits, Plan, fitted_tile, plan_prediction
from gvtstudio.prediction.streaming import (
    Ends,
    Read,
    StreamedPrediction,
    StreamSettings,
    Write,
    tiles_of,
)

Shape3 = tuple[int, int, int]
Report = Callable[[int, int], None]
WriteArray = Callable[[Region, np.ndarray], None]

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
        memory: Bytes the whole program may take; 0 takes a share of what is free.
        context: What global operators may see: ``whole`` or ``Z,Y,X``.
        scratch: Folder for activations that do not fit the memory.
    """

    device: str = "auto"
    precision: Precision = "auto"
    tile: str = "auto"
    memory: int = 0
    context: str = "whole"
    scratch: Path | None = None


class VolumePredictor:
    """Applies a network to normalised volumes.

    Args:
        network: With its weights, in float32.
        settings: How to compute.

    Raises:
        UsageError: No such device, or a tile that is none.
        ResourcesMissing: The graphics card cannot be used.
    """

    def __init__(self, network: Network, settings: PredictionSettings) -> None:
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

        self.stream(volume.shape, lambda region: volume[slices_of(region)], write, report)
        return restored

    def stream(self, shape: Shape3, read: ReadArray, write: WriteArray, report: Report) -> None:
        """Restore one volume that need not be in memory.

        Args:
            shape: (Z, Y, X).
            read: Gives normalised voxels of a region, float32; called many times.
            write: Takes the result of a region, float32, every voxel once.
            report: Called with (voxels done, voxels in all); may raise ``Cancelled``.

        Raises:
            ResourcesMissing: Not enough memory even for the smallest tiles.
        """
        total = prod(shape)

        def report_share(share: float) -> None:
            report(int(share * total), total)

        if self._flow is None:
            self._blend(OpenVolume(shape, read, write), report_share)
        elif self._dims == 2:
            self._stream_planes(shape, read, write, report_share)
        else:
            padded = MirroredVolume(shape, read, padding_for(self._network.needs, shape))
            self._stream_volume(padded, write, report_share)
        report(total, total)

    def _blend(self, volume: OpenVolume, report: Callable[[float], None]) -> None:
        on_card = self.device.type != "cpu"
        tile = None if isinstance(self._tile, str) else self._tile
        settings = BlendSettings(
            self._network.needs,
            self._free_bytes(),
            slab_bytes=int(MEMORY_SHARE * psutil.virtual_memory().available) if on_card else None,
            tile=volume.shape if self._tile == "whole" else tile,
            # small tiles stay in the processor's cache, and leave a card idle
            batch=PLANES_AT_ONCE if self._dims == 2 else TILES_ON_CARD if on_card else 1,
        )
        blended = predict_blended(self._answer, volume, settings, report)
        self.tile_used, self.seam_ratio = blended.tile, blended.seam_ratio

    def plan(self, shape: Shape3) -> Plan | None:
        """How a volume would be predicted now; ``None`` for networks that do not stream."""
        if self._flow is None:
            return None
        batch = min(PLANES_AT_ONCE, shape[0]) if self._dims == 2 else 1
        return self._plan(padded_size(self._network.needs, shape), batch)

    def _stream_volume(
        self, padded: MirroredVolume, write: WriteArray, report: Callable[[float], None]
    ) -> None:
        plan = self._plan(padded.size, 1)

        def read_tensor(region: Region) -> Tensor:
            return self._tensor(padded.read(region)[None, None])

        def write_tensor(region: Region, values: Tensor) -> None:
            there, here = padded.inside(region)
            if all(b > a for a, b in there):
                write(there, values[0, 0].float().cpu().numpy()[slices_of(here)])

        self._run(plan, padded.size, (read_tensor, write_tensor), report)

    def _stream_planes(
        self, shape: Shape3, read: ReadArray, write: WriteArray, report: Callable[[float], None]
    ) -> None:
        """Planes go through a network for images side by side, a few at a time."""
        for first in range(0, shape[0], PLANES_AT_ONCE):
            planes = (first, min(first + PLANES_AT_ONCE, shape[0]))
            count = planes[1] - first
            padding = padding_for(self._network.needs, shape)
            padded = MirroredVolume(
                (count, *shape[1:]),
                lambda region, p=planes: read((p, *region[1:])),  # type: ignore[misc]
                ((0, 0), *padding),
            )
            self._stream_images(padded, first, write, lambda s, a=first, n=count: report(  # type: ignore[misc]
                (a + s * n) / shape[0]
            ))  # fmt: skip

    def _stream_images(
        self,
        padded: MirroredVolume,
        first: int,
        write: WriteArray,
        report: Callable[[float], None],
    ) -> None:
        count, *size = padded.size
        planes = (0, count)
        plan = self._plan(tuple(size), count)

        def read_tensor(region: Region) -> Tensor:
            return self._tensor(padded.read((planes, *region))[:, None])

        def write_tensor(region: Region, values: Tensor) -> None:
            there, here = padded.inside((planes, *region))
            if all(b > a for a, b in there):
                result = values[:, 0].float().cpu().numpy()[slices_of(here)]
                write(((first, first + count), *there[1:]), result)

        self._run(plan, tuple(size), (read_tensor, write_tensor), report)

    def _run(
        self,
        plan: Plan,
        size: tuple[int, ...],
        ends: tuple[Read, Write],
        report: Callable[[float], None],
    ) -> None:
        """Window after window; there is one, the whole, unless the context is limited."""
        work = StreamedPrediction(self._flow_here, plan.settings)
        windows = self._windows(size)
        for number, window in enumerate(windows):
            work.run(
                size,
                Ends(*ends, lambda share, n=number: report((n + share) / len(windows))),  # type: ignore[misc]
                None if len(windows) == 1 else window,
            )
        tile = work.smallest_tile
        self.tile_used = tile if len(tile) == 3 else (1, *tile)  # type: ignore[assignment]

    def _plan(self, size: tuple[int, ...], batch: int) -> Plan:
        flow = self._flow_here
        limits = Limits(
            self._free_bytes(), self._scratch_bytes(), self._settings.scratch,
            DTYPES[self.precision],
        )  # fmt: skip
        tile: tuple[int, ...] = ()
        if self._tile == "whole":
            tile = size
        elif not isinstance(self._tile, str):
            tile = fitted_tile(self._network.needs, self._tile[-len(size) :], size)
        plan = plan_prediction(flow, size, limits, batch=batch, tile=tile)
        if isinstance(self._context, str):
            return plan
        # what is kept would be of another window
        return Plan(StreamSettings(plan.settings.tile, precision=limits.precision), 0, 0, plan.work)

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
        """What may be taken beside the program itself."""
        if self.device.type == "cuda":
            free = int(torch.cuda.mem_get_info(self.device)[0])
            return int(MEMORY_SHARE * free)
        available = int(psutil.virtual_memory().available)
        if not self._settings.memory:
            return int(MEMORY_SHARE * available)
        taken = int(psutil.Process().memory_info().rss)
        return min(self._settings.memory - taken, available)

    def _scratch_bytes(self) -> int:
        folder = self._settings.scratch
        return int(MEMORY_SHARE * shutil.disk_usage(folder).free) if folder else 0


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
