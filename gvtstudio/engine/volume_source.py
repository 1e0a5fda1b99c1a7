"""One volume of a stack, copied to the scratch disk once and then read as often as it takes.

Prediction reads every voxel several times and in small boxes: a compressed plane would be decoded
anew for each of them, and a network share be asked again for hours. A copy in the stack's own type
costs one reading and one writing in sequence, little beside the prediction. It is the same for any
format and holds no memory, where a cache of decoded planes would have to hold all that a row of
tiles touches, gigabytes if planes are large. Once copied, the share may go.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np

from gvtstudio.domain.region import Region
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.stack import Stack
from gvtstudio.imaging.open_volume import (
    Box,
    ReadBox,
    blocks_of,
    box_shape,
    shifted_box,
    whole_box,
)
from gvtstudio.imaging.statistics import VolumeStatistics, measure_volume
from gvtstudio.io.scratch_stack import ScratchStack

BLOCK_BYTES = 1 << 24
"""Read from the stack at once."""
LONG_READING_BYTES = 1 << 28
"""From here on reading is shown; below, the time left of a series would begin anew all the time."""


class VolumeSource:
    """A part of one volume to be restored, and the statistics of the whole.

    Args:
        stack: Holds the volume.
        place: Its time point and channel.
        part: Which box of it will be read.
        folder: For the copy.
        reporter: Hears of a long reading, and is asked whether to stop.
    """

    def __init__(
        self,
        stack: Stack,
        place: tuple[int, int],
        part: Box,
        folder: Path,
        reporter: JobReporter,
    ) -> None:
        _, depth, _, height, width = stack.info.shape
        self._whole = whole_box((depth, height, width))
        self._part = part
        self._read_stack = volume_reader(stack, *place)
        self._reporter = reporter
        self._itemsize = np.dtype(stack.info.dtype).itemsize
        z, y, x = box_shape(part)
        self._copy = ScratchStack(
            msgspec.structs.replace(stack.info, shape=(1, z, 1, y, x)), folder
        )
        self._read_copy = volume_reader(self._copy, 0, 0)
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            cleanup.enter_context(self._copy)
            self._fill_copy()
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    @property
    def depth(self) -> int:
        """Planes of the whole volume."""
        return self._whole[0][1]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X) of the part."""
        _, z, _, y, x = self._copy.info.shape
        return z, y, x

    def read(self, box: Box) -> np.ndarray:
        """Raw intensities of a box, whose coordinates begin where the part begins."""
        return self._read_copy(box)

    def measure(self, percentiles: tuple[float, ...]) -> VolumeStatistics:
        """Statistics of the whole volume; of the stack only what is not copied is read again."""
        if self._part == self._whole:
            return measure_volume(lambda: self._walk(self._read_copy), percentiles)
        return measure_volume(lambda: self._walk(self._read_stack), percentiles)

    def _walk(self, read: ReadBox) -> Iterator[np.ndarray]:
        for box in blocks_of(self._whole, BLOCK_BYTES // self._itemsize):
            self._reporter.check_cancelled()
            yield read(box)

    def _fill_copy(self) -> None:
        total = self._copy.info.voxel_count
        done = 0
        for box in blocks_of(whole_box(self.shape), BLOCK_BYTES // self._itemsize):
            if self._copy.info.byte_count < LONG_READING_BYTES:
                self._reporter.check_cancelled()
            else:
                self._reporter.progress("Reading", done, total, "voxels")
            block = self._read_stack(shifted_box(box, self._part))
            self._copy.put_region(volume_region(box, 0, 0), block[None, :, None])
            done += block.size


def volume_reader(stack: Stack, t: int, c: int) -> ReadBox:
    """Reads boxes of the volume of one time point and channel."""
    return lambda box: stack.read(volume_region(box, t, c))[0, :, 0]


def volume_region(box: Box, t: int, c: int) -> Region:
    """Where a box of the volume of one time point and channel lies in a stack."""
    z, y, x = box
    return Region((t, t + 1), z, (c, c + 1), y, x)
