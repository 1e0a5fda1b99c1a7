"""One volume through one network: whole where it fits, in blended tiles where not.

A network with global operators sees the whole volume only when it is predicted whole; in tiles it
sees its tile. (Exact streaming of the operators' sums is a later step of the design.)
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import psutil
import torch

from gvtstudio.domain.errors import ResourcesMissing, UsageError
from gvtstudio.domain.job import Precision
from gvtstudio.imaging.tiling import BlendedVolume, mirrored_to_depth, split_into_tiles
from gvtstudio.networks.layers.memory_format import channels_last, lay_out
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.device import DTYPES, choose_device, choose_precision

Shape3 = tuple[int, int, int]
Report = Callable[[int, int], None]

BYTES_PER_VOXEL = 1400
"""Measured peak of the GVTNet for denoising in float32 on the CPU is 1,270; bfloat16 needs half."""
MEMORY_SHARE = 0.5
AUTO_TILES: tuple[Shape3, ...] = ((64, 512, 512), (32, 256, 256), (32, 128, 128), (16, 64, 64))
SMALLEST_DEPTH = 16
"""Thinner stacks are mirrored to this many planes, as in the training of the backbones."""


@dataclass(frozen=True, slots=True)
class PredictionSettings:
    """How to compute; ``tile`` is ``auto``, ``whole`` or ``Z,Y,X``."""

    device: str = "auto"
    precision: Precision = "auto"
    tile: str = "auto"


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
        self._tile = _parsed_tile(settings.tile)
        self._dims = network.needs.dims
        self._network: Network = network.to(self.device).eval()
        lay_out(self._network)
        self.tile_used: Shape3 | None = None

    def predict(self, volume: np.ndarray, report: Report) -> np.ndarray:
        """Restore one volume.

        Args:
            volume: (Z, Y, X) float32, normalised.
            report: Called with (voxels done, voxels in all); may raise ``Cancelled``.

        Returns:
            (Z, Y, X) float32 on the normalised scale.

        Raises:
            ResourcesMissing: Not enough memory even for the smallest tiles.
        """
        shape: Shape3 = volume.shape
        for tile in self._tile_choices(shape):
            self.tile_used = tile
            try:
                return self._predict_tiled(volume, tile, report)
            except (torch.OutOfMemoryError, MemoryError):
                torch.cuda.empty_cache()
            except RuntimeError as error:
                if "not enough memory" not in str(error):  # DefaultCPUAllocator has no own class
                    raise
        raise ResourcesMissing(
            f"There is not enough memory to restore {' × '.join(map(str, shape))} voxels.",
            "Close other programs, or choose smaller tiles (--tile 16,64,64).",
        )

    def _tile_choices(self, shape: Shape3) -> Iterator[Shape3]:
        if self._tile != "auto":
            yield shape if self._tile == "whole" else self._tile  # type: ignore[misc]
            return
        fits = int(MEMORY_SHARE * self._free_bytes() / BYTES_PER_VOXEL)
        if int(np.prod(shape)) <= fits:
            yield shape
        for tile in AUTO_TILES:
            if int(np.prod(tile)) <= fits or tile == AUTO_TILES[-1]:
                yield tile

    def _free_bytes(self) -> int:
        if self.device.type == "cuda":
            return int(torch.cuda.mem_get_info(self.device)[0])
        return int(psutil.virtual_memory().available)

    def _predict_tiled(self, volume: np.ndarray, tile: Shape3, report: Report) -> np.ndarray:
        shape = volume.shape
        overlap = tuple(
            0 if t >= n else min(max(r, t // 8), t // 2)
            for t, n, r in zip(tile, shape, self._halo(shape), strict=True)
        )
        tiles = split_into_tiles(shape, tile, overlap)
        blended = BlendedVolume(shape, overlap)
        total = sum(int(np.prod([s.stop - s.start for s in place])) for place in tiles)
        done = 0
        for place in tiles:
            piece = volume[place]
            start, size = done, piece.size
            with self._reporting(lambda part, s=start, n=size: report(s + int(part * n), total)):  # type: ignore[misc]
                blended.add(place, self._predict_piece(piece))
            done += size
            report(done, total)
        return blended.finished()

    def _halo(self, shape: Shape3) -> tuple[int, ...]:
        field = self._network.needs.receptive_field
        reach = field if len(field) == 3 else (0, *field)
        return tuple(n if r is None else r for r, n in zip(reach, shape, strict=True))

    def _predict_piece(self, piece: np.ndarray) -> np.ndarray:
        """One tile; a thin one is mirrored as in training, other sizes are the network's affair."""
        padded = mirrored_to_depth(piece, SMALLEST_DEPTH) if self._dims == 3 else piece
        tensor = torch.from_numpy(np.ascontiguousarray(padded))
        tensor = tensor[:, None] if self._dims == 2 else tensor[None, None]
        tensor = channels_last(tensor.to(self.device))
        with (
            torch.inference_mode(),
            torch.autocast(
                self.device.type, DTYPES[self.precision], enabled=self.precision != "float32"
            ),
        ):
            mean = self._network(tensor).mean.float().cpu()
        restored = mean[:, 0] if self._dims == 2 else mean[0, 0]
        before = (len(restored) - len(piece)) // 2
        result: np.ndarray = restored[before : before + len(piece)].numpy()
        return result

    @contextmanager
    def _reporting(self, report_part: Callable[[float], None]) -> Iterator[None]:
        """Report after every layer, which is also where a cancelled job stops."""
        layers = [layer for layer in self._network.modules() if not list(layer.children())]
        finished = 0

        def count(*_: object) -> None:
            nonlocal finished
            finished += 1
            report_part(min(finished / len(layers), 1.0))

        handles = [layer.register_forward_hook(count) for layer in layers]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _parsed_tile(text: str) -> Shape3 | str:
    if text in ("auto", "whole"):
        return text
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(
            f'"{text}" is no tile size.', "Give auto, whole, or Z,Y,X in voxels such as 32,128,128."
        )
    z, y, x = (int(part) for part in parts)
    return (z, y, x)
