"""The voxels of an image of a Leica experiment whose planes are TIFF files."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from tifffile import TiffFile

from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.file_stack import opening
from gvtstudio.io.formats.tiff_log import collected_log
from gvtstudio.io.formats.xlef_parts import Frame

_KEPT_FRAMES = 8


class FrameFiles:
    """All bytes of an image, of which each file holds some.

    Args:
        frames: The files.
    """

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = sorted(frames, key=lambda frame: frame.offset)
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def read_at(self, position: int, count: int) -> bytes:
        """Exactly that many bytes from a place.

        Raises:
            FileUnreadable: A file of them is missing or damaged.
            ValueError: No file holds them.
        """
        found = bytearray(count)
        left = count
        for frame in self._frames:
            low = max(position, frame.offset)
            high = min(position + count, frame.offset + frame.size)
            if low < high:
                part = self._bytes(frame)[low - frame.offset : high - frame.offset]
                found[low - position : high - position] = part
                left -= high - low
        if left:
            raise ValueError(f"{left} bytes lie in none of its files")
        return bytes(found)

    def _bytes(self, frame: Frame) -> bytes:
        if frame.offset in self._kept:
            self._kept.move_to_end(frame.offset)
            return self._kept[frame.offset]
        self._kept[frame.offset] = _read(frame)
        if len(self._kept) > _KEPT_FRAMES:
            self._kept.popitem(last=False)
        return self._kept[frame.offset]

    def close(self) -> None:
        """Free the memory; no file stays open."""
        self._kept.clear()


def _read(frame: Frame) -> bytes:
    """The voxels of one file.

    Raises:
        FileUnreadable: It is missing, damaged, or of another size.
    """
    with collected_log(), opening(frame.path), TiffFile(frame.path) as tif:
        voxels = np.asarray(tif.pages.first.asarray())
    if voxels.ndim == 3 and voxels.nbytes == 3 * frame.size:
        voxels = voxels[:, :, 0]  # grey values that were written as colours
    if voxels.nbytes != frame.size:
        raise damaged(frame.path.name, f"it holds {voxels.nbytes} bytes instead of {frame.size}")
    return voxels.tobytes()
