"""The answer of a network on its own voxels, on the way to those of the result."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np

from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.volume_source import volume_reader, volume_region
from gvtstudio.imaging.open_volume import Box, blocks_of, whole_box
from gvtstudio.imaging.resampling import AxisResampling, Resampling
from gvtstudio.io.scratch_stack import ScratchStack


@dataclass(frozen=True, slots=True)
class WayBack:
    """From a network's answer on its own voxels to those of the result.

    Args:
        resampling: Of every channel.
        is_labels: Whether a voxel of the answer is a label, of which there is no mean.
        images: Channels of the answer that are images; behind them come heights and widths, which
            are never negative.
        heights: How planes become planes of the stack, where the first channel behind the images
            says in which of them the surface lies.
    """

    resampling: Resampling
    is_labels: bool = False
    images: int = 1
    heights: AxisResampling | None = None

    def corrected(self, values: np.ndarray) -> np.ndarray:
        """The resampled answer (C, Z, Y, X) with what else than images must be minded."""
        beside = values[self.images :]
        np.maximum(beside, 0, out=beside)  # interpolation swings over at edges
        if self.heights is not None:
            planes = (beside[0] + 0.5 - self.heights.origin) * self.heights.factor - 0.5
            beside[0] = planes.clip(0, self.heights.result - 1)
        return values


class AnswerOnGrid:
    """Keeps what a network says of one volume until it is whole, and resamples it then.

    Args:
        result: Of the restoration.
        shape: (C, Z, Y, X) of the answer.
        folder: For scratch.
    """

    def __init__(self, result: StackInfo, shape: tuple[int, int, int, int], folder: Path) -> None:
        channels, z, y, x = shape
        info = msgspec.structs.replace(result, shape=(1, z, channels, y, x), dtype="float32")
        self._scratch = ScratchStack(info, folder)
        self._readers = [volume_reader(self._scratch, 0, c) for c in range(channels)]

    def __enter__(self) -> Self:
        self._scratch.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scratch.close()

    def write(self, box: Box, values: np.ndarray) -> None:
        """Keep a box of the answer, (Z, Y, X) or (C, Z, Y, X)."""
        blocks = values.astype(np.float32).reshape(-1, *values.shape[-3:])
        for channel, block in enumerate(blocks):
            self._scratch.put_region(volume_region(box, 0, channel), block[None, :, None])

    def returned(self, way: WayBack) -> Iterator[tuple[Box, np.ndarray]]:
        """Boxes of the result one after the other, and what is in them, (C, Z, Y, X)."""
        read = way.resampling.read_nearest if way.is_labels else way.resampling.read
        for box in blocks_of(whole_box(way.resampling.shape)):
            yield box, way.corrected(np.stack([read(box, reader) for reader in self._readers]))
