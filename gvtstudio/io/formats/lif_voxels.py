"""The voxels of one dataset of a LIF, wherever in its memory block they lie."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.region import Region

# Bytes between the voxels wanted are read along with them where they are few, or cheaper than
# another access; more than the largest read is never asked for at once.
_MOST_WASTE = 4
_CHEAP_BYTES = 1 << 16
_LARGEST_READ = 1 << 26


class LifLayout(NamedTuple):
    """Where the voxels of a stack lie.

    Args:
        shape: Sizes along T, Z, C, Y, X.
        strides: Bytes between neighbours along T, Z, Y and X; 0 where there are none.
        channels: Byte of the first voxel of each channel, counted in the file, with its type.
    """

    shape: Shape5
    strides: Mapping[str, int]
    channels: Sequence[tuple[int, np.dtype]]


class Memory(Protocol):
    """All bytes of an image, wherever they are kept."""

    def read_at(self, position: int, count: int) -> bytes:
        """Exactly that many bytes from a place."""
        ...

    def close(self) -> None:
        """Free what keeps them."""
        ...


class LifVoxels:
    """Reads blocks of voxels.

    Args:
        file: Holds them; closed together with its voxels.
        layout: Where they lie.
    """

    def __init__(self, file: Memory, layout: LifLayout) -> None:
        self._file = file
        self._layout = layout

    def fill(self, result: np.ndarray, region: Region) -> None:
        """Put the voxels of a region into an array of its shape, (T, Z, C, Y, X)."""
        strides = self._layout.strides
        spans = {"T": region.t, "Z": region.z, "Y": region.y, "X": region.x}
        start = sum(span[0] * strides[axis] for axis, span in spans.items())
        for i, c in enumerate(range(*region.c)):
            first, dtype = self._layout.channels[c]
            wanted = result[:, :, i]
            self._fill(wanted, first + start, [strides[axis] for axis in spans], dtype)

    def _fill(self, wanted: np.ndarray, start: int, strides: list[int], dtype: np.dtype) -> None:
        """Read at once where little lies between, else along the outermost axis piece by piece."""
        reach = [(n - 1) * stride for n, stride in zip(wanted.shape, strides, strict=True)]
        count = sum(reach) + dtype.itemsize
        enough = max(_CHEAP_BYTES, _MOST_WASTE * wanted.size * dtype.itemsize)
        if count <= min(enough, _LARGEST_READ) or wanted.size == 1:
            found = self._file.read_at(start, count)
            wanted[...] = np.ndarray(wanted.shape, dtype, found, 0, tuple(strides))
            return
        outer = reach.index(max(reach))
        for place in range(wanted.shape[outer]):
            part = wanted[(slice(None),) * outer + (slice(place, place + 1),)]
            self._fill(part, start + place * strides[outer], strides, dtype)

    def close(self) -> None:
        """Free the file."""
        self._file.close()
