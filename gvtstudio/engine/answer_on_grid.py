"""The answer of a network on its own voxels, on the way to those of the result."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np

from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.volume_source import volume_reader, volume_region
from gvtstudio.imaging.open_volume import Box, blocks_of, whole_box
from gvtstudio.imaging.resampling import Resampling
from gvtstudio.io.scratch_stack import ScratchStack


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

    def resampled(self, resampling: Resampling) -> Iterator[tuple[Box, np.ndarray]]:
        """Boxes of the result one after the other, and what is in them, (C, Z, Y, X)."""
        for box in blocks_of(whole_box(resampling.shape)):
            yield box, np.stack([resampling.read(box, read) for read in self._readers])
