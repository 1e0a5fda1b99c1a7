"""Holds the volumes of a training in memory, or on disk where they would take too much of it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gvtstudio.domain.region import Region
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.stack import Stack
from gvtstudio.imaging.open_volume import Box, blocks_of, slices_of, whole_box
from gvtstudio.io.failures import unwritable
from gvtstudio.io.scratch_stack import refuse_too_little_room
from gvtstudio.prediction.memory import available_bytes

MEMORY_SHARE = 0.4
"""Of what is free at the beginning; the rest is for the training itself."""


class VolumeHolder:
    """Volumes that patches are cut from.

    What no longer fits into memory is written to files without a name, which vanish with the
    process, and mapped: only what is looked at takes memory, and is given back when others need it.

    Args:
        folder: On the disk for what does not fit; made when needed.
        reporter: Hears when the disk is used.
        room_bytes: For what is held in memory; ``None`` takes a share of what is free.
    """

    def __init__(self, folder: Path, reporter: JobReporter, room_bytes: int | None = None) -> None:
        self._folder = folder
        self._reporter = reporter
        self._room = int(MEMORY_SHARE * available_bytes()) if room_bytes is None else room_bytes
        self._has_spoken = False

    def hold(self, stack: Stack, t: int, c: int) -> np.ndarray:
        """The volume (Z, Y, X) of one time point and channel, in the file's type; read it only.

        Raises:
            FileUnreadable: The file is damaged or has vanished.
            OutputUnwritable: It needs the disk, and that is full.
        """
        _, z, _, y, x = stack.info.shape
        dtype = np.dtype(stack.info.dtype)
        needed = z * y * x * dtype.itemsize
        if needed <= self._room:
            self._room -= needed
            volume = np.empty((z, y, x), dtype)
            for box, block in _blocks(stack, t, c):
                volume[slices_of(box)] = block
            return volume
        return self._mapped(stack, t, c, needed)

    def _mapped(self, stack: Stack, t: int, c: int, needed: int) -> np.ndarray:
        if not self._has_spoken:
            self._has_spoken = True
            self._reporter.log(
                f"The stacks are larger than the memory they may take; the rest is kept on the "
                f"disk of {self._folder} while the training runs."
            )
        _, z, _, y, x = stack.info.shape
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            refuse_too_little_room(self._folder, needed)
            with tempfile.TemporaryFile(dir=self._folder) as file:
                for _, block in _blocks(stack, t, c):
                    file.write(np.ascontiguousarray(block).data)
                file.flush()
                # the map outlives the file object; as a plain array, because it is only read
                return np.asarray(
                    np.memmap(file, np.dtype(stack.info.dtype), mode="r", shape=(z, y, x))
                )
        except OSError as error:
            raise unwritable(self._folder / "training volumes", error) from error


def _blocks(stack: Stack, t: int, c: int) -> Iterator[tuple[Box, np.ndarray]]:
    """Pieces of a volume in the order they lie in a file, with where they lie."""
    _, z, _, y, x = stack.info.shape
    whole = Region.whole(stack.info.shape).only(t=t, c=c)
    for box in blocks_of(whole_box((z, y, x))):
        region = whole.within(**dict(zip("zyx", box, strict=True)))
        yield box, stack.read(region)[0, :, 0]
